(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const { names, cases } = data;
  const byId = (id) => document.getElementById(id);
  const controls = Object.fromEntries(["search", "outcome", "implementation", "group", "feature", "tag"].map((id) => [id, byId(id)]));
  const [scroller, body, dialog] = [byId("scroller"), byId("rows"), byId("case")];
  const HEIGHT = 34;
  const SPARE = 10;
  const ORDER = ["failed", "error", "crashed", "timed-out", "known", "unsupported", "passed"];

  for (const each of cases) {
    const said = each.results.flatMap((result) => result?.diagnosis ?? []);
    each.text = [each.id, each.operation, each.group, each.problem, each.padding, each.strides, ...each.features, ...each.tags, ...said].join(" ").toLowerCase();
  }

  const rank = (number) => (each) => (each.results[number] ? ORDER.indexOf(each.results[number].outcome) : ORDER.length);
  const place = new Map(cases.map((each, number) => [each, number]));
  const columns = [
    { name: "case", key: (each) => each.id, cell: opener },
    ...names.map((name, number) => ({ name: names.length > 1 ? name : "outcome", key: rank(number), cell: (each) => make("td", {}, chip(each.results[number])) })),
    { name: "operation", key: (each) => each.operation, cell: (each) => make("td", {}, each.operation) },
    { name: "problem", key: (each) => each.problem, cell: (each) => make("td", { class: "mono quiet" }, each.problem) },
    { name: "padding", key: (each) => each.padding, cell: (each) => make("td", { class: "mono quiet" }, each.padding) },
    { name: "strides", key: (each) => each.strides, cell: (each) => make("td", { class: "mono quiet" }, each.strides) },
    { name: "seconds", key: seconds, cell: (each) => make("td", { class: "quiet" }, seconds(each).toFixed(4)) },
  ];
  const sorting = { column: null, down: false };
  let found = cases;

  function seconds(each) {
    return each.results.reduce((sum, result) => sum + (result?.seconds ?? 0), 0);
  }

  function chip(result) {
    if (!result) return make("span", { class: "quiet" }, "·");
    return make("span", { class: `chip ${result.outcome}` }, make("span", { "aria-hidden": "true" }, `${result.symbol} `), result.outcome);
  }

  function opener(each) {
    const button = make("button", { type: "button", class: "open mono", "aria-haspopup": "dialog" }, each.id);
    button.addEventListener("click", () => show(each));
    return make("th", { scope: "row" }, button);
  }

  /* The table: only the rows in sight are in the document. */

  function heads() {
    byId("heads").replaceChildren(...columns.map((column) => {
      const active = sorting.column === column;
      const button = make("button", { type: "button" }, column.name, make("span", { "aria-hidden": "true" }, active ? (sorting.down ? " ▾" : " ▴") : ""));
      button.addEventListener("click", () => {
        sorting.down = active && !sorting.down;
        sorting.column = column;
        heads();
        filter();
        byId("heads").children[columns.indexOf(column)].firstChild.focus();
      });
      return make("th", active ? { scope: "col", "aria-sort": sorting.down ? "descending" : "ascending" } : { scope: "col" }, button);
    }));
  }

  function gap(rows) {
    const cell = make("td", { colspan: columns.length, style: `height: ${rows * HEIGHT}px` });
    return make("tr", { class: "gap", "aria-hidden": "true" }, cell);
  }

  function draw(whole = false) {
    const first = whole ? 0 : Math.max(0, Math.floor(scroller.scrollTop / HEIGHT) - SPARE);
    const last = whole ? found.length : Math.min(found.length, first + Math.ceil(window.innerHeight / HEIGHT) + 2 * SPARE);
    const active = document.activeElement?.dataset?.id;
    const rows = found.slice(first, last).map((each, number) => {
      const row = make("tr", { "aria-rowindex": first + number + 2 }, ...columns.map((column) => column.cell(each)));
      row.querySelector("button").dataset.id = each.id;
      return row;
    });
    body.replaceChildren(gap(first), ...rows, gap(found.length - last));
    if (active) body.querySelector(`[data-id="${CSS.escape(active)}"]`)?.focus({ preventScroll: true });
  }

  function wanted() {
    const words = controls.search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const { outcome, group, feature, tag } = Object.fromEntries(Object.entries(controls).map(([name, control]) => [name, control.value]));
    const asked = controls.implementation.value === "" ? names.map((_, number) => number) : [Number(controls.implementation.value)];
    const fits = (result) => result && (outcome === "" || (outcome === "bad" ? result.bad : result.outcome === outcome));
    return (each) => words.every((word) => each.text.includes(word))
      && (group === "" || each.group === group) && (feature === "" || each.features.includes(feature))
      && (tag === "" || each.tags.includes(tag)) && asked.some((number) => fits(each.results[number]));
  }

  function filter() {
    found = cases.filter(wanted());
    if (sorting.column) {
      const key = sorting.column.key;
      const keyed = found.map((each) => [key(each), each]);
      const compare = (a, b) => (typeof a === "number" ? a - b : a.localeCompare(b, "en", { numeric: true }));
      keyed.sort(([a, one], [b, other]) => (sorting.down ? -1 : 1) * compare(a, b) || place.get(one) - place.get(other));
      found = keyed.map(([, each]) => each);
    }
    byId("count").textContent = found.length === cases.length ? `${cases.length.toLocaleString("en")} cases` : `${found.length.toLocaleString("en")} of ${cases.length.toLocaleString("en")} cases`;
    byId("table").setAttribute("aria-rowcount", found.length + 1);
    scroller.scrollTop = 0;
    draw();
  }

  /** Set the filters, and go to the table. */
  function narrow(values) {
    byId("filters").reset();
    for (const [name, value] of Object.entries(values)) if (controls[name] && value !== undefined) controls[name].value = value;
    filter();
    byId("cases").scrollIntoView();
    controls.search.focus({ preventScroll: true });
  }

  /* One case, of every implementation. */

  function show(each) {
    byId("case-title").textContent = each.id;
    byId("case-body").replaceChildren(
      make("p", {}, `${each.operation}, `, make("span", { class: "mono" }, each.problem)),
      make("p", { class: "quiet" }, [`padding ${each.padding}`, `strides ${each.strides}`, ...each.features.map((name) => `feature ${name}`), ...each.tags.map((tag) => `tag ${tag}`)].join(" · ")),
      ...each.results.map((result, number) => result && verdict(names[number], result)).filter(Boolean));
    const at = found.indexOf(each);
    for (const [id, step] of [["previous", -1], ["next", 1]]) {
      const other = at < 0 ? undefined : found[at + step];
      byId(id).disabled = !other;
      byId(id).onclick = () => show(other);
    }
    if (!dialog.open) dialog.showModal();
    dialog.scrollTop = 0;
    history.replaceState(null, "", `#case=${encodeURIComponent(each.id)}`);
  }

  function verdict(name, result) {
    const exactness = result.exactness && `${result.exactness.class ?? "no class"}, at ${result.exactness.margin?.toPrecision(2) ?? "∞"} of its bound`;
    const facts = [result.rule && `rule ${result.rule}`, exactness, `${result.seconds.toFixed(4)} s`].filter(Boolean).join(" · ");
    const likely = result.diagnosis.map((each) => make("div", { class: "mistake" }, make("strong", {}, "likely: "), `it ${each}`));
    return make("section", { class: "verdict-of" },
      make("h3", {}, chip(result), make("span", { class: "spec" }, name)),
      make("p", { class: "quiet" }, facts), ...likely,
      ...(result.detail ? [make("pre", { tabindex: "0" }, result.detail), again(result.detail)] : []),
      ...(result.shown ? [pictures(result.shown)] : []));
  }

  /** Return the command that shows a failure again, to be copied. */
  function again(detail) {
    const line = detail.split("\n").find((each) => each.startsWith("again:"));
    if (!line) return "";
    const command = make("div", { class: "command" }, make("code", {}, line.slice("again:".length).trim()));
    copyable(command);
    return command;
  }

  function copyable(command) {
    if (!navigator.clipboard) return;
    const button = make("button", { type: "button", class: "copy" }, "Copy");
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(command.querySelector("code").textContent);
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    });
    command.append(button);
  }

  /** Draw the pictures of a failure that is written out, once it is opened. */
  function illustrate(failure) {
    const result = cases.find((each) => each.id === failure.dataset.case)?.results[Number(failure.dataset.implementation)];
    if (!result || failure.dataset.drawn) return;
    failure.dataset.drawn = "yes";
    failure.querySelector(".body").append(again(result.detail), ...(result.shown ? [pictures(result.shown)] : []));
  }

  function open(hash) {
    const id = hash.startsWith("#case=") && decodeURIComponent(hash.slice("#case=".length));
    const each = id && cases.find((one) => one.id === id);
    if (each) show(each);
  }

  function choices(name, values) {
    controls[name].append(...[...new Set(values)].sort().map((value) => make("option", { value }, value)));
  }

  choices("group", cases.map((each) => each.group));
  choices("feature", cases.flatMap((each) => each.features));
  choices("tag", cases.flatMap((each) => each.tags));
  byId("filters").hidden = false;
  scroller.hidden = false;
  heads();
  filter();

  let waiting = 0;
  scroller.addEventListener("scroll", () => {
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(() => draw());
  });
  window.addEventListener("resize", () => draw());
  byId("filters").addEventListener("input", filter);
  byId("filters").addEventListener("submit", (event) => event.preventDefault());
  byId("filters").addEventListener("reset", () => setTimeout(filter));
  byId("close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  dialog.addEventListener("close", () => history.replaceState(null, "", location.pathname + location.search));
  for (const button of document.querySelectorAll("button[data-implementation], button[data-outcome]"))
    button.addEventListener("click", () => narrow(button.dataset));
  for (const command of document.querySelectorAll(".command")) copyable(command);
  for (const failure of document.querySelectorAll("details.failure"))
    failure.addEventListener("toggle", () => failure.open && illustrate(failure));
  window.addEventListener("beforeprint", () => draw(true));
  window.addEventListener("afterprint", () => draw());
  window.addEventListener("hashchange", () => open(location.hash));
  open(location.hash);
})();
