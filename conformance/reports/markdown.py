"""The report as Markdown, for the summary of a CI job: short, first things first."""

from __future__ import annotations

import re
from collections.abc import Iterator

from conformance.case import Outcome
from conformance.record import GREEN, Record, State, Status
from conformance.reports.summary import Run, is_green
from conformance.reports.visible import visible

__all__ = ["escaped", "markdown_lines", "table_lines"]

_IDS = 12
"""Cases that are named of a stale expectation."""

_FAILURES = 10
"""Failures of an implementation that are shown: a summary that is cut off tells less than a short one."""

_LONGEST = 4000
"""Characters of one failure: servers take a megabyte in all."""

_SPECIAL = re.compile(r"[&<>\\`*_\[\]#|~@$]|^[-+=]|(?<=^\d)[.)]|:(?=//)|(?<=www)\.")


def escaped(text: str) -> str:
    r"""Return a text that Markdown and HTML take for text, on one line.

    >>> escaped("a|b <i>\n`c`")
    'a&#124;b &#60;i&#62; &#96;c&#96;'
    """
    return _SPECIAL.sub(lambda found: f"&#{ord(found[0])};", " ".join(visible(text).split()))


def table_lines(heads: list[str], rows: list[list[str]]) -> Iterator[str]:
    """Yield a table; the cells are escaped already, all but the first column to the right."""
    yield f"| {' | '.join(heads)} |"
    yield f"|---|{'---:|' * (len(heads) - 1)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def markdown_lines(run: Run) -> Iterator[str]:
    """Yield the report of a run: verdicts, counts, likely mistakes, the first failures."""
    for line in _lines(run):
        yield f"{line}\n"


def _lines(run: Run) -> Iterator[str]:
    yield "## Conformance"
    yield ""
    for status in run.implementations:
        yield f"- {_verdict(status, run)}"
    yield from (f"- notice: {escaped(str(notice))}" for notice in run.environment.get("notices", ()))
    yield ""
    yield from _counts(run)
    for status in run.implementations:
        yield from _mistakes(status)
        yield from _failures(status, run)
    versions = (f"{name} {run.environment[name]}" for name in ("conformance", "python") if name in run.environment)
    yield f"<sub>{escaped(', '.join(versions))}</sub>"


def _verdict(status: Status, run: Run) -> str:
    tally = run.tally(status.name)
    name = f"**{escaped(f'{status.name} {status.version}'.strip())}**"
    bad = sum(count for outcome, count in tally.outcomes.items() if outcome not in GREEN)
    judged = tally.outcomes.total() - tally.outcomes[Outcome.UNSUPPORTED]
    passed = f"{tally.outcomes[Outcome.PASSED]:,} of {judged:,} judged cases passed"
    if status.state is not State.AVAILABLE:
        return f"❌ {name}: {status.state}, {escaped(status.reason)}"
    if is_green(status, tally):
        return f"✅ {name}: {passed}, none is wrong"
    incidents = f", {len(status.incidents)} incidents" if status.incidents else ""
    stale = sum(entry.fails for entry in status.stale)
    incidents += f", {stale} stale expectation{'s' * (stale != 1)}" if stale else ""
    return f"❌ {name}: {passed}, **{bad:,} {'is' if bad == 1 else 'are'} wrong**{incidents}"


def _counts(run: Run) -> Iterator[str]:
    outcomes = [
        each for each in Outcome if any(run.tally(status.name).outcomes[each] for status in run.implementations)
    ]
    rows = []
    for status in run.implementations:
        counted = run.tally(status.name).outcomes
        rows.append([escaped(status.name), *(f"{counted[each]:,}" if counted[each] else "·" for each in outcomes)])
    if outcomes:
        yield from table_lines(["implementation", *outcomes], rows)
        yield ""


def _mistakes(status: Status) -> Iterator[str]:
    told = [mistake for mistake in status.diagnosis if mistake.label]
    if not (told or status.minimal or status.incidents or status.stale):
        return
    yield f"### {escaped(status.name)}"
    yield ""
    for mistake in told:
        yield f"- **{escaped(mistake.label)}: it {escaped(mistake.mistake)}** – {escaped(mistake.evidence)}"
    for sentence in status.common:
        yield f"- in common: {escaped(sentence)}"
    for incident in status.incidents:
        yield f"- incident: {escaped(incident)}"
    for entry in status.stale:
        yield f"- stale: {escaped(entry.sentence(_IDS))}"
    if status.minimal is not None:
        yield "- the smallest case found that fails, again:"
        yield ""
        yield from _verbatim(status.minimal.command)
    yield ""


def _failures(status: Status, run: Run) -> Iterator[str]:
    """Yield the first failures, closed; each of another reason."""
    bad = sum(count for outcome, count in run.tally(status.name).outcomes.items() if outcome not in GREEN)
    shown: dict[str, Record] = {}
    for record in run.records(status.name):
        if record.outcome not in GREEN and len(shown) < _FAILURES:
            shown.setdefault(record.detail, record)
    if not shown:
        return
    head = f"{bad:,} wrong" if bad == len(shown) else f"{len(shown)} of {bad:,} wrong"
    yield f"<details><summary>{escaped(status.name)}: {head}</summary>"
    yield ""
    for record in shown.values():
        yield f"{record.outcome} **{escaped(record.case)}**"
        yield ""
        yield from _verbatim(record.detail[:_LONGEST])
        yield ""
    yield "</details>"
    yield ""


def _verbatim(text: str) -> Iterator[str]:
    """Yield a text as a block of code, between more backticks than it has itself."""
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    yield f"{fence}text"
    yield from visible(text).splitlines()
    yield fence
