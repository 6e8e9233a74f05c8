"""Entries for what fails now: failures are put together by what they say.

A pattern covers no case of the catalogue that did not fail so, whether it ran or not: nothing is known of one that
did not run. Among those patterns, the one that covers most of what is left is taken, again and again.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from glob import escape
from heapq import heapify, heappop, heappush
from itertools import combinations_with_replacement

from conformance.case import Outcome
from conformance.record import GREEN, Record, Status
from conformance.runner import NOT_SOUGHT

__all__ = ["Proposal", "patterns", "propose"]

_LEADING = ("most likely", "and")
"""Labels of the mistakes that a diagnosis stands by."""

_CUTS = 40
"""Places at which an id is cut, at most."""

_MANY = 2_000
"""Ids beyond which only their ends are tried, and few of them: there are as many patterns as pairs of places."""

_FEW_CUTS = 8


@dataclass(frozen=True, slots=True)
class Proposal:
    """An entry that would accept some failures.

    Attributes:
        implementation: the SPEC.
        case: a pattern of ids.
        words: a part of what each of the failures says.
        reason: the likely mistake, or what one of them says.
        count: of the failures.
    """

    implementation: str
    case: str
    words: str
    reason: str
    count: int

    @property
    def entry(self) -> dict[str, str]:
        """The keys of the entry."""
        keys = {"implementation": self.implementation, "case": self.case, "words": self.words, "reason": self.reason}
        return {key: value for key, value in keys.items() if value}


def propose(status: Status, records: Iterable[Record], ids: Callable[[], Iterable[str]]) -> list[Proposal]:
    """Return as few entries as possible for the failures of an implementation.

    Args:
        status: of the implementation, with its diagnosis.
        records: of the implementation.
        ids: returns those of the whole catalogue.
    """
    groups: dict[str, dict[str, Record]] = defaultdict(dict)
    for record in records:
        if record.outcome not in GREEN:
            groups[_words(record)][record.case] = record
    mistakes = _mistakes(status, [record for group in groups.values() for record in group.values()])
    return [
        Proposal(status.name, pattern, words, _reason([group[case] for case in named], mistakes), len(named))
        for words, group in groups.items()
        for pattern, named in patterns(group, ids())
    ]


def _mistakes(status: Status, failing: list[Record]) -> dict[str, str]:
    """Return the mistake behind each case that one explains, as few different ones as possible."""
    counts = Counter(each for record in failing for each in record.diagnosis)
    alone = {each.case: max(each.diagnosis, key=counts.__getitem__) for each in failing if each.diagnosis}
    leading = [each for each in reversed(status.diagnosis) if each.label in _LEADING]
    return alone | {case: each.mistake for each in leading for case in each.cases}


def _words(record: Record) -> str:
    """Return a part of a failure that says what it is, without what differs between cases: the rule, or the error."""
    if record.outcome is Outcome.FAILED:
        return f"{record.rule}:"
    said = _said(record)
    signal = re.search(r"\(SIG\w+\)", said)
    return signal[0] if signal else re.split(r"[^\w .:,;=-]|\d", said)[0].rstrip(" .:,;=-") or said


def _said(record: Record) -> str:
    """Return the first line of what a failure says, but for the operation, which its case has already."""
    return record.detail.partition("\n")[0].removeprefix(record.operation).lstrip(" :")


def _reason(records: Sequence[Record], mistakes: Mapping[str, str]) -> str:
    """Return the mistake behind most of some failures; what one of them says, where nothing explains them."""
    counts = Counter(mistakes[record.case] for record in records if record.case in mistakes)
    if not counts:
        return _unexplained(records[0])
    ((mistake, count),) = counts.most_common(1)
    return f"it {mistake}{f', in {count} of these {len(records)} cases' if count < len(records) else ''}"


def _unexplained(record: Record) -> str:
    if record.outcome is not Outcome.FAILED:
        return re.sub(r" \([^()]*:\d+, in [^()]*\)", "", _said(record))  # the place in a file, which changes
    facts = {name: fact.strip() for name, _, fact in (line.partition(":") for line in record.detail.splitlines())}
    likely, worst = facts.get("likely", NOT_SOUGHT), facts.get("worst", f"breaks the rule {record.rule}")
    return f"{'' if likely.startswith(NOT_SOUGHT) else f'{likely}; '}in {record.case}, {worst}"


def patterns(own: Iterable[str], ids: Iterable[str]) -> Iterator[tuple[str, list[str]]]:
    """Yield patterns that together name all of some ids and no other, and the ids that each is the first to name.

    Args:
        own: the ids to name.
        ids: those and others.

    >>> list(patterns(["edge-top", "edge-left", "plain"], ["edge-top", "edge-left", "plain", "plain-wide"]))
    [('edge-*', ['edge-left', 'edge-top']), ('plain', ['plain'])]
    """
    left = set(own)
    others = "\n".join(sorted(set(ids) - left))
    covers: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for name in left:
        for parts in _candidates(name, len(left) > _MANY):
            covers[parts].add(name)
    queue = [_ranked(parts, len(names)) for parts, names in covers.items()]
    heapify(queue)
    while left:
        ranked = heappop(queue)
        parts = ranked[-1]
        named = covers[parts] & left
        if named and len(named) < -ranked[0]:  # others have taken some of it
            heappush(queue, _ranked(parts, len(named)))
        elif named and not _names_any(parts, others):
            left -= named
            yield "*".join(map(escape, parts)), sorted(named)


def _ranked(parts: tuple[str, ...], gain: int) -> tuple[int, int, int, tuple[str, ...]]:
    """Return by what patterns are ordered: the most ids, then the fewest *, then the most letters."""
    return -gain, len(parts), -sum(map(len, parts)), parts


def _names_any(parts: tuple[str, ...], lines: str) -> bool:
    return bool(lines) and re.search(rf"^{'.*'.join(map(re.escape, parts))}$", lines, re.MULTILINE) is not None


def _candidates(name: str, ends_only: bool) -> Iterator[tuple[str, ...]]:
    """Yield patterns that name an id, as what stands between their *: whole words of it, with what joins them or not.

    Args:
        name: the id.
        ends_only: whether all patterns have one * only, at one end.
    """
    cuts = [found.start() for found in re.finditer(r"\b", name)][1:-1][: _FEW_CUTS if ends_only else _CUTS]
    yield (name,)
    for cut in (0, *cuts, len(name)):
        yield name[:cut], ""
        yield "", name[cut:]
    for one, other in () if ends_only else combinations_with_replacement(cuts, 2):
        yield name[:one], name[other:]
        if name[one:other].strip("-."):
            yield "", name[one:other], ""
