"""In what two stored runs differ: what became better, what became worse, what changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rich.console import Console

from conformance.case import Outcome
from conformance.choices import Accuracy
from conformance.record import GREEN, Record, StaleEntry, State, Status
from conformance.reports.markdown import escaped
from conformance.reports.summary import Run, Tally

__all__ = ["Difference", "Section", "difference_markdown", "difference_of", "print_difference"]

_SHOWN = 50
"""Lines of a section in Markdown."""

_PRINTED = 20
"""Lines of a section in a terminal; what is worse is printed in full."""

_IDS = 12
"""Cases that are named of a stale expectation."""


@dataclass(frozen=True, slots=True)
class Section:
    """Changes of one kind.

    Attributes:
        title: what they have in common.
        lines: one for each.
        is_regression: whether they are for the worse.
    """

    title: str
    lines: tuple[str, ...]
    is_regression: bool = False


@dataclass(frozen=True, slots=True)
class Difference:
    """In what one run differs from an earlier one.

    Attributes:
        sections: by implementation, and at last for all; a section has at least one line.
    """

    sections: tuple[Section, ...]

    @property
    def is_regression(self) -> bool:
        """Whether anything became worse."""
        return any(section.is_regression for section in self.sections)

    @property
    def verdict(self) -> str:
        """The first thing to know."""
        if self.is_regression:
            return f"worse: {'; '.join(each.title for each in self.sections if each.is_regression)}"
        return "changed, and nothing is worse" if self.sections else "no difference"


def difference_of(old: Run, new: Run) -> Difference:
    """Return in what `new` differs from `old`."""
    before = {status.name: status for status in old.implementations}
    after = {status.name: status for status in new.implementations}
    sections = [
        section
        for name in after
        if name in before
        for section in _Pair(name, old, new).sections(before[name], after[name])
    ]
    cases = [
        {each.case for name in names for each in run.records(name)} for run, names in ((old, before), (new, after))
    ]
    whole = (
        Section("new implementations", tuple(name for name in after if name not in before)),
        Section("implementations gone", tuple(name for name in before if name not in after), is_regression=True),
        Section("new cases", tuple(_new_cases(new, cases[1] - cases[0]))),
        Section("cases gone", tuple(sorted(cases[0] - cases[1]))),
    )
    return Difference(tuple(each for each in (*sections, *whole) if each.lines))


def _new_cases(run: Run, new: set[str]) -> Iterator[str]:
    """Yield the new cases, each with who fails in it."""
    wrong: dict[str, list[str]] = {case: [] for case in sorted(new)}
    for status in run.implementations:
        for record in run.records(status.name):
            if record.case in new and record.outcome not in GREEN:
                wrong[record.case].append(f"{status.name} {record.outcome}")
    for case, told in wrong.items():
        yield f"{case} ({', '.join(told)})" if told else case


class _Pair:
    """The two results of one implementation for each case."""

    def __init__(self, name: str, old: Run, new: Run) -> None:
        self._name, self._old, self._new = name, old, new
        before = {record.case: record for record in old.records(name)}
        after = {record.case: record for record in new.records(name)}
        self._both = [(before[case], after[case]) for case in before if case in after]

    def sections(self, before: Status, after: Status) -> Iterator[Section]:
        """Yield what changed, what is worse first."""
        name = self._name
        worse = [pair for pair in self._both if _is_worse(*pair)]
        fixed = [pair for pair in self._both if _is_fixed(*pair)]
        others = [pair for pair in self._both if _is_changed(*pair) and pair not in worse and pair not in fixed]
        looser, stricter = self._accuracy()
        yield Section(f"{name}: no longer judged in full", tuple(_troubles(before, after)), is_regression=True)
        yield Section(f"{name}: newly failing", tuple(map(_moved, worse)), is_regression=True)
        yield Section(f"{name}: looser accuracy class", tuple(looser), is_regression=True)
        stale = list(_newly_stale(before, after))
        failing = tuple(each.sentence(_IDS) for each in stale if each.fails)
        warning = tuple(each.sentence(_IDS) for each in stale if not each.fails)
        yield Section(f"{name}: newly stale expectations", failing, is_regression=True)
        yield Section(f"{name}: newly stale expectations, which only warn", warning)
        yield Section(f"{name}: fixed", tuple(map(_moved, fixed)))
        yield Section(f"{name}: another outcome", tuple(map(_moved, others)))
        yield Section(f"{name}: stricter accuracy class", tuple(stricter))
        yield Section(f"{name}: traits", tuple(_traits(before, after)))
        if before.version != after.version:
            yield Section(f"{name}: version", (f"{before.version or 'none'} → {after.version or 'none'}",))

    def _accuracy(self) -> tuple[list[str], list[str]]:
        """Return the operations whose accuracy class is looser now, and those whose class is stricter."""
        old, new = Tally(), Tally()
        for before, after in self._both:  # and no others: what was not asked before has no class to be compared
            if before.exactness is not None and after.exactness is not None:
                old.add(before)
                new.add(after)
        looser, stricter = list[str](), list[str]()
        for operation, now in new.exactness.items():
            was = old.exactness[operation].accuracy
            line = f"{operation}: {was or 'no class'} → {now.accuracy or 'no class'}"
            if now.accuracy is not was:
                (looser if _rank(now.accuracy) > _rank(was) else stricter).append(line)
        return looser, stricter


def _rank(accuracy: Accuracy | None) -> int:
    classes: list[Accuracy | None] = [*Accuracy, None]
    return classes.index(accuracy)


def _is_worse(old: Record, new: Record) -> bool:
    """Tell whether a case went wrong, or is no longer answered; what is known is so on purpose."""
    lost = old.outcome is Outcome.PASSED and new.outcome is Outcome.UNSUPPORTED
    return lost or (old.outcome in GREEN and new.outcome not in GREEN)


def _is_fixed(old: Record, new: Record) -> bool:
    return old.outcome not in GREEN and new.outcome is Outcome.PASSED


def _is_changed(old: Record, new: Record) -> bool:
    return old.outcome is not new.outcome


def _moved(pair: tuple[Record, Record]) -> str:
    old, new = pair
    likely = f", likely: it {new.diagnosis[0]}" if new.diagnosis else ""
    return f"{new.case}: {old.outcome} → {new.outcome}{likely}"


def _troubles(before: Status, after: Status) -> Iterator[str]:
    if after.state is not before.state and after.state is not State.AVAILABLE:
        yield f"{after.state}: {after.reason}"
    if not before.incidents:
        yield from (f"incident: {each}" for each in after.incidents)


def _newly_stale(before: Status, after: Status) -> Iterator[StaleEntry]:
    """Yield the expectations that are stale now and were not, or only warned then; their lines may have moved."""
    told, failing = Counter(map(_written, before.stale)), Counter(_written(each) for each in before.stale if each.fails)
    for each in after.stale:
        known = failing if each.fails else told
        if known[_written(each)]:
            known[_written(each)] -= 1
        else:
            yield each


def _written(entry: StaleEntry) -> tuple[str, str]:
    """Return the file and the pattern of an expectation."""
    return entry.place.rpartition(":")[0], entry.pattern


def _traits(before: Status, after: Status) -> Iterator[str]:
    for name in dict.fromkeys((*before.traits, *after.traits)):
        was, now = (each.traits[name].value if name in each.traits else "not measured" for each in (before, after))
        if was != now:
            yield f"{name}: {was} → {now}"


def print_difference(console: Console, difference: Difference) -> None:
    """Print the sections, and the verdict at last."""
    for section in difference.sections:
        style = "bold red" if section.is_regression else "bold"
        console.print(f"{section.title} ({len(section.lines)})", style=style, markup=False, soft_wrap=True)
        shown = section.lines if section.is_regression else section.lines[:_PRINTED]
        for line in shown:
            console.print(f"  {line}", markup=False, soft_wrap=True)
        if len(section.lines) > len(shown):
            console.print(f"  and {len(section.lines) - len(shown)} more", style="dim")
        console.print()
    style = "red" if difference.is_regression else "green"
    console.print(difference.verdict, style=style, markup=False, soft_wrap=True)


def difference_markdown(difference: Difference) -> Iterable[str]:
    """Yield the difference as Markdown: the verdict first, then a list for each section."""
    symbol = "❌" if difference.is_regression else "✅"
    yield f"{symbol} **{escaped(difference.verdict)}**\n"
    for section in difference.sections:
        yield f"\n### {escaped(section.title)} ({len(section.lines)})\n\n"
        yield from (f"- {escaped(line)}\n" for line in section.lines[:_SHOWN])
        if len(section.lines) > _SHOWN:
            yield f"- and {len(section.lines) - _SHOWN} more\n"
