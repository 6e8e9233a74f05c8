"use strict";

/** Return an element with properties, attributes (names with a dash, or of SVG) and children; text is never markup. */
function make(tag, attributes = {}, ...children) {
  const svg = ["svg", "rect", "text", "title"].includes(tag);
  const element = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "style") element.style.cssText = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

const number = (value) => Number(value === "inf" ? Infinity : value === "-inf" ? -Infinity : value);

/** Return a number in few characters, for a cell; the tooltip has it in full. */
function short(value) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "∞" : "−∞";
  if (Number.isInteger(value) && Math.abs(value) < 1e6) return String(value).replace("-", "−");
  return value.toPrecision(2).replace("-", "−").replace(/e\+?/, "e");
}

const full = (value) => (Number.isFinite(value) ? String(value) : short(value));

const NAMES = {
  input: "Input", filters: "Filters", pointwise: "Pointwise filters", bias: "Bias", out_backprop: "Gradient that arrives",
  got: "Got", expected: "Expected", difference: "Got − expected",
};

/** Return the pictures of a failing case: planes as heat maps, and the errors of all elements by size. */
function pictures(shown) {
  const planes = shown.planes.map((plane) => ({ ...plane, rows: plane.rows.map((row) => row.map(number)) }));
  const outputs = planes.filter((plane) => plane.role === "got" || plane.role === "expected");
  const shared = largest(outputs);
  const figures = planes.map((plane) => figure(plane, outputs.includes(plane) ? shared : largest([plane])));
  return make("div", { class: "planes" }, ...figures, histogram(shown.histogram));
}

const largest = (planes) =>
  planes.flatMap((plane) => plane.rows.flat()).reduce((most, value) => (Number.isFinite(value) ? Math.max(most, Math.abs(value)) : most), 0);

function figure(plane, most) {
  const [height, width] = [plane.rows.length, plane.rows[0].length];
  const [rows, columns] = plane.size;
  const part = height < rows || width < columns
    ? `rows ${plane.row}–${plane.row + height - 1} and columns ${plane.column}–${plane.column + width - 1} of ${rows}×${columns}`
    : `${rows}×${columns}`;
  const numbers = make("details", {}, make("summary", {}, "numbers"));
  numbers.addEventListener("toggle", () => numbers.children.length > 1 || numbers.append(table(plane)));
  return make("figure", {},
    make("figcaption", {}, make("strong", {}, NAMES[plane.role] ?? plane.role), make("span", { class: "quiet mono" }, `${plane.place}, ${part}`)),
    heat(plane, most),
    make("div", { class: "scale", "aria-hidden": "true" }, short(-most), make("i"), short(most)),
    numbers);
}

/** Yield the places of a window's elements that lie inside of the plane. */
function* inside(plane) {
  const { window: at, rows } = plane;
  if (!at) return;
  for (let row = at.row; row < at.row + at.height; row += at.down)
    for (let column = at.column; column < at.column + at.width; column += at.right)
      if (rows[row] !== undefined && column >= 0 && column < rows[row].length) yield [row, column];
}

function heat(plane, most) {
  const [height, width] = [plane.rows.length, plane.rows[0].length];
  const size = Math.max(6, Math.min(34, Math.floor(300 / Math.max(width, height))));
  const written = size >= 25;
  const svg = make("svg", {
    class: "heat", role: "img", width: width * size, height: height * size, viewBox: `0 0 ${width * size} ${height * size}`,
    "aria-label": described(plane),
  });
  plane.rows.forEach((row, top) => row.forEach((value, left) => {
    const share = most > 0 && Number.isFinite(value) ? Math.abs(value) / most : 0;
    const colour = !Number.isFinite(value) ? "var(--none)" : `color-mix(in oklab, var(${value < 0 ? "--neg" : "--pos"}) ${(100 * share).toFixed(1)}%, var(--mid))`;
    const place = `[${plane.row + top}, ${plane.column + left}] = ${full(value)}`;
    const box = { x: left * size, y: top * size, width: size, height: size };
    svg.append(make("rect", { ...box, style: `fill: ${colour}` }, make("title", {}, place)));
    if (written || !Number.isFinite(value)) {
      const text = short(value);
      const fits = size >= 25 ? (text.length > 4 ? `font-size: ${Math.max(6, Math.floor((size * 1.5) / text.length))}px` : "") : `font-size: ${size * 0.45}px`;
      svg.append(make("text", { x: (left + 0.5) * size, y: (top + 0.5) * size, class: share > 0.8 ? "most" : share > 0.68 ? "strong" : "", style: fits }, text));
    }
  }));
  mark(svg, plane, size);
  return svg;
}

/** Draw the window's elements, and how far it reaches. */
function mark(svg, plane, size) {
  const at = plane.window;
  if (!at) return;
  const [height, width] = [plane.rows.length, plane.rows[0].length];
  const [top, left] = [Math.max(at.row, 0), Math.max(at.column, 0)];
  const [bottom, right] = [Math.min(at.row + at.height, height), Math.min(at.column + at.width, width)];
  if (bottom <= top || right <= left) return;
  const whole = at.down === 1 && at.right === 1;
  const box = { x: left * size + 1, y: top * size + 1, width: (right - left) * size - 2, height: (bottom - top) * size - 2 };
  svg.append(make("rect", { ...box, class: whole ? "window" : "reach" }));
  if (whole) return;
  for (const [row, column] of inside(plane))
    svg.append(make("rect", { class: "window", x: column * size + 1, y: row * size + 1, width: size - 2, height: size - 2 }));
}

/** Return a heat map in words. */
function described(plane) {
  const values = plane.rows.flat().filter(Number.isFinite);
  const range = values.length ? `from ${full(Math.min(...values))} to ${full(Math.max(...values))}` : "no finite numbers";
  const places = [...inside(plane)];
  const marked = places.length === 1
    ? `; the worst element, row ${plane.row + places[0][0]}, column ${plane.column + places[0][1]}, is ${full(plane.rows[places[0][0]][places[0][1]])}`
    : places.length ? `; its window has ${places.length} elements here` : "";
  return `${NAMES[plane.role] ?? plane.role}, ${plane.rows.length} by ${plane.rows[0].length}, ${range}${marked}`;
}

function table(plane) {
  const marked = new Set([...inside(plane)].map(String));
  const rows = plane.rows.map((row, top) => make("tr", {}, ...row.map((value, left) =>
    make("td", marked.has(String([top, left])) ? { class: "marked" } : {}, full(value)))));
  return make("div", { class: "numbers", tabindex: "0", role: "region", "aria-label": `${NAMES[plane.role] ?? plane.role} as numbers` },
    make("table", {}, make("tbody", {}, ...rows)));
}

function histogram({ unit, bars }) {
  const most = Math.max(...bars.map((bar) => bar.count), 1);
  const rows = bars.map((bar) => make("tr", bar.allowed ? {} : { class: "beyond" },
    make("th", { scope: "row" }, bar.label),
    make("td", {}, make("span", { style: `width: ${bar.count ? Math.max(2, (140 * Math.log1p(bar.count)) / Math.log1p(most)) : 0}px`, "aria-hidden": "true" }),
      bar.count.toLocaleString("en"), bar.allowed || !bar.count ? "" : " ✗")));
  return make("figure", {},
    make("figcaption", {}, make("strong", {}, "Errors"), make("span", { class: "quiet" }, unit === "1" ? "|error|, and how many elements have it, on a log scale" : `|error| in units of ${unit}, and how many elements have it, on a log scale`)),
    make("table", { class: "histogram" }, make("tbody", {}, ...rows)));
}
