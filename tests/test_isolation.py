"""Whatever an implementation does to its worker, every other case gets its verdict."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from faulty import FAULTS

from conformance.case import Case
from conformance.catalogue import load_catalogue
from conformance.choices import Accuracy, Device, Isolation
from conformance.errors import Unavailable, UsageError
from conformance.isolation import Asking, Isolated, Limits, open_subject
from conformance.runner import Attempt, Prepared, options_of, prepare

LIMITS = Limits(seconds=6, memory=1.5)

GOOD = 200

_OURS = f"CONFORMANCE_TEST_{os.getpid()}"
"""A variable that the workers of these tests have, and those of others have not."""


@pytest.fixture(autouse=True)
def _importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let workers import the subjects of this folder."""
    here = str(Path(__file__).parent)
    monkeypatch.setenv(_OURS, "1")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [here, os.environ.get("PYTHONPATH", "")])))


def entries() -> Iterator[str]:
    """Yield the entries of good cases and of faults among them."""
    share = GOOD // len(FAULTS) + 1
    goods = iter(range(GOOD))
    for number, (name, *_) in enumerate(FAULTS):
        for good, _ in zip(goods, range(share), strict=False):
            yield f"- {{id: good-{good}, input: [1, 5, 6, 2], filters: [2, 3, 2, 3], output: [1, 4, 4, 3]}}"
        shape = f"input: [{number + 2}, 5, 6, 2], filters: [2, 3, 2, 3], output: [{number + 2}, 4, 4, 3]"
        yield f"- {{id: fault-{name}, {shape}}}"


@pytest.fixture
def cases(tmp_path: Path) -> list[Case]:
    """Return 200 good cases, and one for each fault in their midst."""
    file = tmp_path / "cases.yaml"
    file.write_text("\n".join(entries()))
    return load_catalogue([file])


def judged(cases: list[Case], jobs: int = 1, isolation: Isolation = Isolation.WORKER) -> tuple[list[Attempt], Isolated]:
    """Return the attempts at the cases with the faulty subject."""
    with Isolated("faulty:conv2d", Asking(), LIMITS, jobs, isolation) as subject:
        subject.begin(cases)
        return list(subject.attempts()), subject


def test_every_fault_has_its_outcome_and_every_good_case_passes(cases: list[Case]) -> None:
    attempts, subject = judged(cases, jobs=2)
    assert sorted((each.result.case for each in attempts), key=lambda case: case.place) == cases
    outcomes = {each.result.case.id: str(each.result.outcome) for each in attempts}
    due = {f"fault-{name}": outcome for name, _, outcome, _ in FAULTS}
    assert outcomes == {case.id: due.get(case.id, "passed") for case in cases}
    told = {each.result.case.id: f"{each.result.rule} {each.result.detail}" for each in attempts}
    assert [name for name, _, _, words in FAULTS if words not in told[f"fault-{name}"]] == []
    assert subject.incidents() == ()
    assert marked() == []


def marked() -> list[int]:
    """Return the workers, and children of workers, that are left of this process."""
    found = []
    for process in psutil.process_iter():
        try:
            if (
                _OURS in (known := process.environ())
                and "CONFORMANCE_WORKER" in known
                and process.status() != psutil.STATUS_ZOMBIE
            ):
                found.append(process.pid)
        except psutil.Error:
            continue
    return found


def test_changed_surroundings_are_told_and_put_back(cases: list[Case]) -> None:
    chosen = [case for case in cases if case.id in ("fault-surroundings", "good-0")]
    attempts, _ = judged(chosen[::-1])
    assert attempts[0].strays == (
        "changes NumPy's error state",
        "changes the working directory",
        "changes environment variables (FAULTY)",
        "changes the handler of SIGTERM",
    )
    assert attempts[1].strays == ()


def test_case_that_dies_in_company_only_is_not_blamed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "touchy.py").write_text(
        "import os\nfrom reference.windows import conv2d as right\ncalls = []\n"
        "def conv2d(x, w, strides, padding):\n    calls.append(1)\n    if len(calls) == 7:\n        os.abort()\n"
        "    return right(x, w, strides, padding)\n"
    )
    monkeypatch.chdir(tmp_path)
    chosen = [case for case in load_catalogue() if "notebook" in case.tags][:4]
    with Isolated("touchy:conv2d", Asking(), LIMITS) as subject:
        subject.begin(chosen)
        outcomes = [str(each.result.outcome) for each in subject.attempts()]
    assert outcomes == ["passed"] * 4
    (incident,) = subject.incidents()
    assert "killed by signal 6 (SIGABRT)" in incident
    assert incident.endswith("after 2 other cases, but not alone")


def test_one_case_a_worker_keeps_cases_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "counting.py").write_text(
        "from reference.windows import conv2d as right\ncalls = []\n"
        "def conv2d(x, w, strides, padding):\n    calls.append(1)\n    assert len(calls) <= 3\n"
        "    return right(x, w, strides, padding)\n"
    )
    monkeypatch.chdir(tmp_path)
    chosen = [case for case in load_catalogue() if "notebook" in case.tags][:2]
    with open_subject("counting:conv2d", Asking(), Isolation.CASE, LIMITS) as subject:
        subject.begin(chosen)
        assert [str(each.result.outcome) for each in subject.attempts()] == ["passed", "passed"]


def test_several_workers_where_there_are_none_are_refused() -> None:
    with pytest.raises(UsageError, match="-j must be 1 with --isolate none, which has no workers, but is 4"):
        open_subject("faulty:conv2d", Asking(), Isolation.NONE, LIMITS, jobs=4)


def test_command_that_judges_again_names_what_is_unusual() -> None:
    assert options_of(1, Accuracy.EXACT_ORDER) == []
    assert options_of(3, Accuracy.TF32, Device.GPU) == ["--repeat", "3", "--accuracy", "tf32", "--device", "gpu"]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import os; os.abort()", "killed by signal 6 (SIGABRT)"),
        ("import os; os._exit(0)", "gone with status 0 before it answered"),
        ("import sys; print('no licence', file=sys.stderr, flush=True); import os; os._exit(2)", "no licence"),
        ("raise KeyboardInterrupt", "raised KeyboardInterrupt"),
    ],
    ids=["abort", "exit", "words", "interrupt"],
)
def test_import_that_ends_the_process_is_unavailable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, words: str
) -> None:
    (tmp_path / "ending.py").write_text(f"{code}\n")
    monkeypatch.chdir(tmp_path)
    with (
        Isolated("ending:conv2d", Asking(), LIMITS) as subject,
        pytest.raises(Unavailable, match=words.replace("(", r"\(").replace(")", r"\)")),
    ):
        subject.begin([])


def test_what_the_preparation_of_a_case_raises_is_raised(cases: list[Case], monkeypatch: pytest.MonkeyPatch) -> None:
    """And not lost, as the case would be: cases are prepared when nobody waits for them."""

    def prepared(case: Case) -> Prepared:
        if case.id == "good-3":
            raise RuntimeError(case.id)
        return prepare(case)

    monkeypatch.setattr("conformance.isolation.isolated.prepare", prepared)
    with Isolated("subjects:conv2d", Asking(), LIMITS) as subject:
        subject.begin(cases)
        with pytest.raises(RuntimeError, match="good-3"):
            list(subject.attempts())
