"""The reports of all shards of a run, joined to the report of the run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.errors import UsageError
from conformance.plan import Shard
from conformance.record import Mistake, Record, StaleEntry, State, Status
from conformance.reports.summary import Run

__all__ = ["merge_shards"]


_OWN = ("catalogues", "notices", "run")
"""Of the environment, what is compared by other means: catalogues by their digest, wherever the files are."""


@dataclass(frozen=True, slots=True)
class _Part:
    """One report: its file, its shard, and what it says of the whole run."""

    name: str
    shard: Shard
    run: Run

    @property
    def whole(self) -> Mapping[str, Any]:
        """What must be the same in all parts, by name."""
        said = self.run.environment
        return {
            "conformance": said.get("conformance"),
            "the catalogue": said["run"]["digest"],
            "the options": said["run"]["asked"],
            "the number of cases": said["run"]["of"],
            "the number of shards": self.shard.count,
            "the implementations": [f"{status.name} {status.version}".strip() for status in self.run.implementations],
        }


def merge_shards(runs: Mapping[str, Run]) -> Run:
    """Return the run of which these are the shards; in what their surroundings differ, it has by shard, and tells.

    Args:
        runs: by the name of the file that each was read from.

    Raises:
        UsageError: they are not all shards of one run, or one is missing or doubled.
    """
    parts = sorted((_part(name, run) for name, run in runs.items()), key=lambda part: part.shard.number)
    _check_same(parts)
    _check_numbers(parts)
    first = parts[0].run
    cases = {key: value for key, value in first.environment["run"].items() if key not in ("shard", "of")}
    whole_run = {"run": cases | {"cases": first.environment["run"]["of"], "shards": len(parts)}}
    merged = Run(_environment(parts) | whole_run)
    for status in first.implementations:
        told = [(part, each) for part in parts for each in part.run.implementations if each.name == status.name]
        merged.implementations.append(_joined(told))
        records = _records(parts, status.name)
        whole = all(each.state is State.AVAILABLE for _, each in told)
        if whole and len(records) != first.environment["run"]["of"]:
            of = first.environment["run"]["of"]
            raise UsageError(
                f"{status.name}: the shards have {len(records)} cases, but the run has {of}; run them anew"
            )
        for record in records:
            merged.add(record)
    return merged


def _part(name: str, run: Run) -> _Part:
    said = run.environment.get("run")
    if not isinstance(said, dict) or not {"shard", "of", "digest", "asked"} <= said.keys():
        raise UsageError(f"{name}: is the report of no shard; run it with --shard I/N")
    return _Part(name, Shard.parse(str(said["shard"])), run)


def _check_same(parts: list[_Part]) -> None:
    for part in parts[1:]:
        for what, value in part.whole.items():
            if value != parts[0].whole[what]:
                raise UsageError(
                    f"{part.name}: is of another run than {parts[0].name}: {what} was {parts[0].whole[what]} there, "
                    f"and is {value} here"
                )


def _check_numbers(parts: list[_Part]) -> None:
    names: dict[int, str] = {}
    for part in parts:
        before = names.setdefault(part.shard.number, part.name)
        if before != part.name:
            raise UsageError(f"shard {part.shard} is there twice, in {before} and in {part.name}; leave one out")
    missing = [str(number) for number in range(1, parts[0].shard.count + 1) if number not in names]
    if missing:
        raise UsageError(f"of {parts[0].shard.count} shards, {', '.join(missing)} missing; name the reports of all")


def _environment(parts: list[_Part]) -> dict[str, Any]:
    """Return the environment of all, with a notice of each thing that is not the same everywhere."""
    told, notices = dict[str, Any](), dict[str, None]()
    for part in parts:
        notices |= dict.fromkeys(part.run.environment.get("notices", ()))
    for name in dict.fromkeys(name for part in parts for name in part.run.environment):
        values = {str(part.shard): part.run.environment.get(name) for part in parts}
        told[name] = parts[0].run.environment.get(name)
        if name not in _OWN and any(value != told[name] for value in values.values()):
            told[name] = {f"shard {shard}": value for shard, value in values.items()}
            notices[f"the shards differ in {_differing(name, values)}"] = None
    for status in parts[0].run.implementations:
        notices |= dict.fromkeys(f"the shards differ in {each}" for each in _differing_habits(parts, status.name))
    return told | ({"notices": list(notices)} if notices else {})


def _differing_habits(parts: list[_Part], name: str) -> Iterator[str]:
    """Yield which switches and traits of an implementation are not the same in all shards that have them."""
    habits: dict[str, dict[str, str]] = {}
    for part in parts:
        status = next(each for each in part.run.implementations if each.name == name)
        for switch, value in status.switches.items():
            habits.setdefault(f"{name}, set {switch}", {})[str(part.shard)] = value
        for trait, found in status.traits.items():
            habits.setdefault(f"{name}, trait {trait}", {})[str(part.shard)] = found.value
    return (_differing(habit, values) for habit, values in habits.items() if len(set(values.values())) > 1)


def _differing(name: str, values: Mapping[str, Any]) -> str:
    """Return a thing with its values, and the shards that have each.

    >>> _differing("numpy", {"1/3": "2.4", "2/3": None, "3/3": "2.4"})
    'numpy: 2.4 in 1/3, 3/3; none in 2/3'
    """
    shards: dict[str, list[str]] = {}
    for shard, value in values.items():
        shards.setdefault("none" if value is None else str(value), []).append(shard)
    told = (f"{value} in {', '.join(those)}" for value, those in shards.items())
    return f"{name}: {'; '.join(told)}"


def _records(parts: list[_Part], name: str) -> list[Record]:
    found: dict[str, tuple[str, Record]] = {}
    for part in parts:
        for record in part.run.records(name):
            if record.case in found:
                text = f"case {record.case} is both in {found[record.case][0]} and in {part.name}"
                raise UsageError(f"{text}; run all shards with the same --times")
            found[record.case] = part.name, record
    return sorted((record for _, record in found.values()), key=lambda record: record.place)


def _joined(told: list[tuple[_Part, Status]]) -> Status:
    """Return what the shards together say of an implementation."""
    first = told[0][1]
    states = [status.state for _, status in told]
    state = next((each for each in (State.UNAVAILABLE, State.INTERRUPTED) if each in states), State.AVAILABLE)
    strays: dict[str, list[str]] = {}
    for _, status in told:
        for stray, cases in status.strays.items():
            strays.setdefault(stray, []).extend(cases)
    smallest = min(
        (status.minimal for _, status in told if status.minimal), key=lambda each: len(each.case), default=None
    )
    return first.model_copy(
        update={
            "state": state,
            "reason": "; ".join(f"shard {part.shard}: {status.reason}" for part, status in told if status.reason),
            "accuracy": (),
            "diagnosis": tuple(_mistakes(told)),
            "common": tuple(f"shard {part.shard}: {each}" for part, status in told for each in status.common),
            "minimal": smallest,
            "incidents": tuple(each for _, status in told for each in status.incidents),
            "strays": strays,
            "stale": tuple(_stale(told)),
        }
    )


def _stale(told: Iterable[tuple[_Part, Status]]) -> Iterable[StaleEntry]:
    """Return the stale expectations of all shards, each once, with the cases of all."""
    found: dict[str, StaleEntry] = {}
    for each in (entry for _, status in told for entry in status.stale):
        passed = {*each.passed, *(found[each.place].passed if each.place in found else ())}
        found[each.place] = each.model_copy(update={"passed": tuple(sorted(passed))})
    return found.values()


def _mistakes(told: Iterable[tuple[_Part, Status]]) -> Iterable[Mistake]:
    """Yield the mistakes that shards name, those that explain most cases first."""
    found: dict[str, list[tuple[_Part, Mistake]]] = {}
    for part, status in told:
        for mistake in status.diagnosis:
            found.setdefault(mistake.mistake, []).append((part, mistake))
    joined = [
        Mistake(
            mistake=mistake,
            evidence="; ".join(f"shard {part.shard}: {each.evidence}" for part, each in those),
            cases=tuple(case for _, each in those for case in each.cases),
            label=next((each.label for _, each in those if each.label), ""),
        )
        for mistake, those in found.items()
    ]
    return sorted(joined, key=lambda each: -len(each.cases))
