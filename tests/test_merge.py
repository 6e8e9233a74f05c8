"""The reports of shards, joined: the same as that of the whole run, or a clear refusal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import Command

from conformance.case import Operation, Outcome
from conformance.errors import UsageError
from conformance.record import Mistake, Record, Smallest, State, Status, TraitValue
from conformance.reports import Run, exit_code, merge_shards

CASES = 7


def shard(number: int, count: int = 3, places: list[int] | None = None, **changed: Any) -> Run:
    """Return the report of a shard of a run of seven cases, by default of every third of them."""
    said: dict[str, Any] = {"digest": "sha256:1", "asked": {}, "cases": 2, "shard": f"{number}/{count}", "of": CASES}
    said |= {key: value for key, value in changed.items() if key in said}
    status = Status(name="mine", version=changed.get("version", "1"), **changed.get("status", {}))
    run = Run({"conformance": "1.0", "run": said} | changed.get("environment", {}), [status])
    for place in list(range(number - 1, CASES, count)) if places is None else places:
        values = {"operation": Operation.CONV2D, "implementation": "mine", "outcome": Outcome.PASSED}
        run.add(Record(case=f"case-{place}", place=place, **values))
    return run


def test_shards_make_the_whole_run_in_the_order_of_the_catalogue() -> None:
    merged = merge_shards({"c": shard(3), "a": shard(1), "b": shard(2)})
    assert [record.place for record in merged.records("mine")] == list(range(CASES))
    assert merged.tally("mine").outcomes == {Outcome.PASSED: CASES}
    assert merged.environment["run"] == {"digest": "sha256:1", "asked": {}, "cases": CASES, "shards": 3}
    assert [(status.name, status.state) for status in merged.implementations] == [("mine", State.AVAILABLE)]


def test_what_shards_say_of_an_implementation_is_joined() -> None:
    flips = Mistake(mistake="flips", evidence="2 of 2", cases=("case-0",), label="most likely")
    status = {"diagnosis": (flips,), "minimal": Smallest(case="- {id: long}"), "strays": {"chdirs": ["case-0"]}}
    other = {
        "diagnosis": (Mistake(mistake="swaps", cases=("case-1", "case-4")), flips.model_copy(update={"cases": ("x",)})),
        "minimal": Smallest(case="- {id: s}"),
        "strays": {"chdirs": ["case-1"]},
        "incidents": ("died once",),
        "common": ("all have strides",),
    }
    runs = {"a": shard(1, status=status), "b": shard(2, status=other), "c": shard(3)}
    (joined,) = merge_shards(runs).implementations
    assert [(each.mistake, each.cases) for each in joined.diagnosis] == [
        ("flips", ("case-0", "x")),
        ("swaps", ("case-1", "case-4")),
    ]
    assert joined.diagnosis[0].evidence == "shard 1/3: 2 of 2; shard 2/3: 2 of 2"
    assert joined.minimal == Smallest(case="- {id: s}")
    assert joined.strays == {"chdirs": ["case-0", "case-1"]}
    assert (joined.incidents, joined.common) == (("died once",), ("shard 2/3: all have strides",))


def test_shard_that_was_interrupted_makes_the_run_interrupted() -> None:
    status = {"state": State.INTERRUPTED, "reason": "1 of 2 cases not run"}
    merged = merge_shards({"a": shard(1), "b": shard(2, places=[1], status=status), "c": shard(3)})
    assert merged.implementations[0].state is State.INTERRUPTED
    assert merged.implementations[0].reason == "shard 2/3: 1 of 2 cases not run"


def test_surroundings_that_differ_are_told_by_shard() -> None:
    traits: list[dict[str, Any]] = [
        {"traits": {"denormals": TraitValue(value=value)}} for value in ("kept", "kept", "flushed")
    ]
    traits[1]["switches"], traits[2]["switches"] = {"threads": "2"}, {"threads": "4"}
    given = [
        {"python": "3.12", "catalogues": ["a.yaml"], "processors": 2},
        {"python": "3.13", "catalogues": ["/there/a.yaml"]},
        {"python": "3.12", "notices": ["odd"]},
    ]
    three = zip((1, 2, 3), given, traits, strict=True)
    runs = {str(number): shard(number, environment=there, status=status) for number, there, status in three}
    merged = merge_shards(runs)
    assert merged.environment["python"] == {"shard 1/3": "3.12", "shard 2/3": "3.13", "shard 3/3": "3.12"}
    assert merged.environment["catalogues"] == ["a.yaml"]
    assert merged.environment["notices"] == [
        "odd",
        "the shards differ in python: 3.12 in 1/3, 3/3; 3.13 in 2/3",
        "the shards differ in processors: 2 in 1/3; none in 2/3, 3/3",
        "the shards differ in mine, trait denormals: kept in 1/3, 2/3; flushed in 3/3",
        "the shards differ in mine, set threads: 2 in 2/3; 4 in 3/3",
    ]


def test_surroundings_that_are_the_same_are_told_once() -> None:
    merged = merge_shards({str(number): shard(number, environment={"numpy": "2"}) for number in (1, 2, 3)})
    assert (merged.environment["numpy"], "notices" in merged.environment) == ("2", False)


@pytest.mark.parametrize(
    ("runs", "message"),
    [
        ({"a": shard(1), "c": shard(3)}, "of 3 shards, 2 missing; name the reports of all"),
        ({"a": shard(1)}, "of 3 shards, 2, 3 missing"),
        ({"a": shard(1), "b": shard(2), "c": shard(3), "d": shard(2)}, "shard 2/3 is there twice, in b and in d"),
        (
            {"a": shard(1), "b": shard(2, digest="sha256:2"), "c": shard(3)},
            "b: is of another run than a: the catalogue was sha256:1 there, and is sha256:2 here",
        ),
        ({"a": shard(1), "b": shard(2, asked={"-k": "x"})}, "the options was {} there, and is {'-k': 'x'} here"),
        ({"a": shard(1), "b": shard(2, 4)}, "the number of shards was 3 there, and is 4 here"),
        (
            {"a": shard(1), "b": shard(2, version="2")},
            r"the implementations was \['mine 1'\] there, and is \['mine 2'\]",
        ),
        ({"a": shard(1), "b": shard(2, places=[1, 3]), "c": shard(3)}, "case case-3 is both in a and in b; run all"),
        ({"a": shard(1), "b": shard(2, places=[1]), "c": shard(3)}, "mine: the shards have 6 cases, but the run has 7"),
        ({"a": Run({"conformance": "1.0"})}, "a: is the report of no shard; run it with --shard I/N"),
    ],
)
def test_what_is_not_one_run_is_refused(runs: dict[str, Run], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        merge_shards(runs)


def test_shard_without_a_passed_case_is_green_and_the_whole_is_not() -> None:
    runs = {"a": shard(1, places=[], of=0), "b": shard(2, places=[], of=0), "c": shard(3, places=[], of=0)}
    assert [exit_code(run) for run in runs.values()] == [0, 0, 0]
    assert exit_code(merge_shards(runs)) == 1


def test_command_joins_shards_to_the_report_of_the_run(command: Command, tmp_path: Path) -> None:
    words = ("run", "-i", "reference", "-k", "notebook", "--json")
    assert command(*words, "whole.json").returncode == 0
    for number in (1, 2, 3):
        assert command(*words, f"{number}.json", "--shard", f"{number}/3").returncode == 0
    done = command("report", "merge", "2.json", "3.json", "1.json", "--json", "merged.json")
    assert (done.returncode, done.stderr) == (0, "")
    whole, merged = (json.loads((tmp_path / name).read_text()) for name in ("whole.json", "merged.json"))
    for result in whole["results"] + merged["results"]:
        del result["seconds"]
    assert merged["results"] == whole["results"]
    assert merged["summary"] == whole["summary"]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ([], "report merge needs the JSON reports of all shards"),
        (["1.json"], "of 2 shards, 2 missing; name the reports of all"),
        (["1.json", "1.json"], "report merge: 1.json is named twice; leave one out"),
        (["1.json", "none.json"], "none.json: cannot be read (No such file or directory); check the path"),
    ],
)
def test_command_refuses_what_it_cannot_join(command: Command, tmp_path: Path, files: list[str], message: str) -> None:
    assert command("run", "-i", "reference", "-k", "notebook", "--shard", "1/2", "--json", "1.json").returncode == 0
    done = command("report", "merge", *files)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
