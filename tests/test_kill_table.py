"""The table of defects: it tells who is rejected, no defect survives the core, and what is right is accepted."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import ROOT, Command

from conformance import reports
from conformance.case import Operation, Tier
from conformance.catalogue import load_catalogue
from conformance.data import Array
from conformance.defects import DEFECTS, RIGHT, Call, Defect, arguments
from conformance.expectations import Expectation, awaited
from conformance.kill_table import LEGAL, Examiner, KillTable, examine, examine_in_turn, trust
from conformance.kill_table.table import smallest_cover
from conformance.selection import select

CASES = load_catalogue()
CORE = select(CASES, tier=Tier.CORE)
BY_ID = {case.id: case for case in CASES}

ORDER = [case.id for case in CORE]
"""In which the cases are tried; who rejected last stands first, as neighbours in the kit are much alike."""


@cache
def examiner(name: str) -> Examiner:
    return Examiner(BY_ID[name])


def first_rejecting(defect: Defect) -> str:
    for place, name in enumerate(ORDER):
        if examiner(name).broken_rule(defect):
            ORDER.insert(0, ORDER.pop(place))
            return name
    if defect.is_stateless:
        return ""
    return next((case for _, rules in examine_in_turn(CORE, [defect]) for case in rules), "")


@pytest.mark.parametrize("defect", DEFECTS, ids=[defect.name for defect in DEFECTS])
def test_core_rejects_every_defect_that_has_no_reason_to_survive(defect: Defect) -> None:
    rejecting = first_rejecting(defect)
    if defect.survives:
        assert not rejecting, f"its reason to survive, {defect.survives!r}, holds no longer: {rejecting} rejects it"
    else:
        assert rejecting, f"{defect.name} survives: no case notices that it {defect.mistake}"


UNCHECKED = [each for each in arguments.DEFECTS if each.name != "stride-fraction-cut"]
"""A catalogue writes whole strides only."""


@pytest.mark.parametrize("defect", UNCHECKED, ids=[defect.name for defect in UNCHECKED])
def test_full_tier_rejects_what_accepts_calls_without_meaning(defect: Defect) -> None:
    assert any(examiner(case.id).broken_rule(defect) for case in CASES if case.refuses)


def test_winograd_raises_no_false_alarm() -> None:
    assert trust("reference.winograd", CASES).alarms == {}


def test_every_algorithm_of_the_reference_is_trusted() -> None:
    texts = {path.stem: path.read_text(encoding="utf-8") for path in (ROOT / "reference").glob("*.py")}
    algorithms = {f"reference.{name}" for name, text in texts.items() if '"convolve"' in text and '"conv2d"' in text}
    algorithms.remove("reference.oracle")  # every answer is compared with it
    assert set(LEGAL) == algorithms | {"tensorflow", "reference", "reference.naive_gradients"}


def forgetting_nothing(compute: Callable[[Call], Array]) -> Callable[[Call], Array]:
    answers: dict[Any, Array] = {}

    def remembered(call: Call) -> Array:
        return answers.setdefault(call.image_shape, compute(call))

    return remembered


def zeroed_input(output: Array, call: Call) -> Array:
    call.raw["first"][...] = 0
    return output


def wrong_at_last(compute: Callable[[Call], Array]) -> Callable[[Call], Array]:
    calls = count(1)

    def counted(call: Call) -> Array:
        return compute(call) + (next(calls) == 5)

    return counted


def refusing(call: Call) -> Call:
    raise NotImplementedError("no kernel")


def raising(call: Call) -> Call:
    raise ZeroDivisionError


def doubled_strides(operation: Operation, options: dict[str, Any]) -> dict[str, Any]:
    return options | {"strides": [2 * step if step > 1 else step for step in options["strides"]]}


WRONG = {
    "special": Defect("zero", "sums", "forgets NaN", finished=lambda output, call: np.nan_to_num(output)),
    "exact": Defect("more", "sums", "adds 1", finished=lambda output, call: output + 1),
    "shape": Defect("less", "sizes", "loses a row", finished=lambda output, call: output[:, 1:]),
    "dtype": Defect("half", "dtypes", "returns halves", returned=lambda output, call: output.astype(np.float16)),
    "error": Defect("raises", "errors", "raises", asked=raising),
    "memory": Defect("clears", "memory", "clears its input", returned=zeroed_input),
    "arguments": Defect("far", "arguments", "doubles the strides", accepts=doubled_strides),
    "state": Defect("keeps", "state", "keeps results by shape", remembering=forgetting_nothing),
    "unsupported": Defect("refuses", "errors", "refuses", asked=refusing),
}

BROKEN = [
    *(("special-input", "special", "special"), ("basic", "special", ""), ("basic", "exact", "exact")),
    *(("basic", "shape", "shape"), ("basic", "dtype", "dtype"), ("basic", "error", "error")),
    *(("basic", "memory", "memory"), ("stride", "arguments", "shape"), ("basic", "arguments", "")),
    *(("basic", "state", "exact"), ("basic", "unsupported", ""), ("normal-float32", "exact", "bound")),
]


@pytest.mark.parametrize(("case", "wrong", "rule"), BROKEN, ids=[f"{wrong}-{case}" for case, wrong, _ in BROKEN])
def test_examiner_tells_the_rule_that_a_defect_breaks(case: str, wrong: str, rule: str) -> None:
    assert Examiner(BY_ID[case]).broken_rule(WRONG[wrong]) == rule


def test_one_defect_leaves_the_data_to_the_next_as_they_were() -> None:
    tried = Examiner(BY_ID["basic"])
    clearing = Defect("clears", "memory", "clears its operands", asked=cleared)
    assert [tried.broken_rule(defect) for defect in (WRONG["memory"], clearing, RIGHT)] == ["memory", "exact", ""]


def cleared(call: Call) -> Call:
    assert call.input is not None
    call.input[...] = 0
    return call


def test_defect_is_right_where_it_does_not_sit() -> None:
    elsewhere = replace(WRONG["exact"], operations=lambda operation: operation is Operation.CONV1D)
    assert not Examiner(BY_ID["basic"]).broken_rule(elsewhere)


def test_case_out_of_the_kits_reach_rejects_nothing() -> None:
    printed = BY_ID["basic"]
    assert printed.literal is not None
    beyond = replace(printed, literal=replace(printed.literal, values=[[1, 2], [3, 4]]))
    assert not Examiner(beyond).broken_rule(WRONG["exact"])


@pytest.mark.parametrize("case", ["basic", "normal-float64", "dtype-int8", "memory-reversed", "special-groups"])
def test_right_steps_pass_a_whole_trial_too(case: str) -> None:
    assert not Examiner(BY_ID[case]).broken_rule(replace(RIGHT, remembering=lambda compute: compute))


def made(columns: dict[str, set[str]], **tags: str) -> KillTable:
    """Return a table of these columns: by the id of a case, the names of the defects that it rejects."""
    cases = [replace(BY_ID["valid-unequal-strides"], id=name, tags=(tags.get(name, ""),)) for name in columns]
    names = sorted(set().union(*columns.values()) | {"hidden", "hopeless"})
    reasons = {"hopeless": "shows in no output"}
    defects = [Defect(name, "strides", f"does {name}", survives=reasons.get(name, "")) for name in names]
    return KillTable(cases, defects, {case: dict.fromkeys(rejected, "exact") for case, rejected in columns.items()})


TABLE = made({"a": {"p", "q"}, "b": {"q"}, "c": {"q", "r"}, "d": set(), "e": {"p"}}, b="known-bug")


def test_table_tells_who_rejects_whom() -> None:
    found = {name: list(cases) for name, cases in TABLE.rejections.items()}
    assert found == {"hidden": [], "hopeless": [], "p": ["a", "e"], "q": ["a", "b", "c"], "r": ["c"]}


def test_rejection_in_turn_counts_but_needs_no_case() -> None:
    table = replace(TABLE, in_turn={"hidden": {"e": "exact"}})
    assert table.rejections["hidden"] == {"e": "exact"}
    assert (table.alarming, table.cover) == ([], TABLE.cover)


def test_survivors_alarm_unless_they_have_a_reason() -> None:
    assert [defect.name for defect in TABLE.survivors] == ["hidden", "hopeless"]
    assert [defect.name for defect in TABLE.alarming] == ["hidden"]


def test_every_case_is_needed_or_kept_or_needless() -> None:
    assert TABLE.cover == ["a", "c"]
    assert [case.id for case in TABLE.kept] == ["b"]
    assert [case.id for case in TABLE.needless] == ["d", "e"]
    assert [case.id for case in TABLE.toothless] == ["d"]


def test_cover_drops_what_later_choices_made_needless() -> None:
    wanted = [{"large", "left"}, {"large", "left"}, {"large", "right"}, {"large", "right"}, {"left"}, {"right"}]
    assert smallest_cover(["large", "left", "right"], wanted) == ["left", "right"]


def test_right_implementation_that_is_rejected_raises_an_alarm(tmp_path: Path) -> None:
    (tmp_path / "off.py").write_text(
        "from reference import conv2d as right\ndef conv2d(*a, **k): return -right(*a, **k)"
    )
    trusted = trust(f"{tmp_path}/off.py:conv2d", [BY_ID["basic"], BY_ID["one-dimension.stride-1.dilation-1.valid"]])
    assert list(trusted.alarms) == ["basic"]
    assert (trusted.passed, trusted.unsupported) == (0, 1)


@pytest.mark.parametrize(("words", "alarms"), [("exact: equality", []), ("the shape is", ["basic"])])
def test_known_failure_raises_no_alarm_while_it_is_the_known_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, words: str, alarms: list[str]
) -> None:
    (tmp_path / "less.py").write_text("import reference\ndef conv2d(*a, **k): return -reference.conv2d(*a, **k)")
    spec = f"{tmp_path}/less.py:conv2d"
    known = Expectation(implementation=spec, case="basic", words=words, reason="it is negative")
    monkeypatch.setattr(awaited, "shipped_expectations", lambda: (known,))
    assert list(trust(spec, [BY_ID["basic"]]).alarms) == alarms


def test_right_implementation_that_is_not_installed_is_said_so() -> None:
    assert "no module 'not_installed'" in trust("not_installed", CASES).missing


def test_report_tells_what_was_found(capsys: pytest.CaptureFixture[str]) -> None:
    reports.print_defects(reports.new_console(), TABLE, [])
    printed = capsys.readouterr().out
    assert "survivor hidden: no case notices that it does hidden\n" in printed
    assert "survivor hopeless: no case notices that it does hopeless; shows in no output\n" in printed
    assert "5 defects in 1 class, 5 cases, 1 survivor, 1 with a reason\n" in printed


STRIDED = """
- {id: even, input: [2, 7, 9, 3], filters: [3, 2, 3, 5], strides: 2, output: [2, 3, 4, 5]}
- {id: uneven, input: [2, 7, 9, 3], filters: [3, 2, 3, 5], strides: [2, 3], output: [2, 3, 3, 5]}
"""


def test_command_fails_where_a_defect_survives(command: Command, tmp_path: Path) -> None:
    (tmp_path / "two.yaml").write_text(STRIDED)
    arguments = ("defects", "two.yaml", "--only", "strides-swapped", "-j", "1")
    done = command(*arguments)
    assert done.returncode == 0
    assert "needed by no defect" not in done.stdout  # of a part of the kit, which says nothing of that
    narrowed = command(*arguments, "-k", "not uneven")
    assert narrowed.returncode == 1
    assert "survivor strides-swapped: no case notices" in narrowed.stdout


def test_command_writes_the_same_table_with_any_number_of_processes(command: Command, tmp_path: Path) -> None:
    (tmp_path / "two.yaml").write_text(STRIDED)
    found = []
    for jobs in ("1", "2"):
        done = command("defects", "two.yaml", "--only", "strides-swapped", "-j", jobs, "--json", f"{jobs}.json")
        assert done.returncode == 0, done.stderr
        found.append(json.loads((tmp_path / f"{jobs}.json").read_text(encoding="utf-8")))
    assert found[0] == found[1]
    assert found[0]["schema"] == "conformance-defects/1"
    swapped = next(defect for defect in found[0]["defects"] if defect["name"] == "strides-swapped")
    assert swapped["rejected_by"] == {"uneven": "shape"}


def test_command_lists_classes_and_sentences(command: Command) -> None:
    done = command("defects", "--list", "--only", "strides-swapped")
    assert done.stdout == "strides\n  it swaps the vertical and the horizontal stride (strides-swapped)\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("--only", "stride"),
            "a class of mistakes or the name of a defect, but is 'stride'; did you mean strides",
        ),
        (("--tier", "most"), "'most' is not one of"),
        (("--json", "no/such/folder.json"), "--json must name a file in an existing folder"),
    ],
    ids=["only", "tier", "json"],
)
def test_command_refuses(command: Command, arguments: tuple[str, ...], message: str) -> None:
    done = command("defects", *arguments)
    assert done.returncode == 2
    assert message in done.stderr


def test_defect_that_remembers_is_tried_on_cases_in_turn() -> None:
    late = Defect("late", "state", "is wrong in the fifth call", remembering=wrong_at_last)
    cases = [BY_ID["stride"], BY_ID["padding"]]
    assert [rules for _, rules in examine(cases, [late])] == [{}, {}]
    assert list(examine_in_turn(cases, [late])) == [("late", {"padding": "exact"})]


def test_examine_asks_in_the_order_of_the_cases() -> None:
    cases = [BY_ID["stride"], BY_ID["basic"]]
    assert list(examine(cases, [WRONG["exact"]])) == [("stride", {"more": "exact"}), ("basic", {"more": "exact"})]
