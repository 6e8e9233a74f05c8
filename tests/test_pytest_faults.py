"""The fault kit under pytest and xdist: what pytest can survive, it survives, and every good case passes.

What hangs needs pytest-timeout, and what takes all memory or closes the streams of its process takes pytest along:
these are for `conformance run`, whose tests have the whole kit.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from faulty import FAULTS

pytest_plugins = ["pytester"]

GOOD = 40

ENDS = ("segfault", "null-pointer", "abort", "divide", "exit-0", "exit-3")
"""Faults that end a worker of xdist."""

SURVIVED = {
    "system-exit": "error: conv2d raised SystemExit: 3",
    "print": "",
    "base-exception": "error: conv2d raised Odd: no exception",
    "surroundings": "",
    "broadcast-view": "rule:   shape",
    "mutate": "rule:   memory",
}
"""Faults after which a worker goes on, and what is printed of them."""


@pytest.fixture
def catalogue(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return a catalogue of good cases with the faults in their midst."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent), prepend=":")
    places = {name: number + 2 for number, (name, *_) in enumerate(FAULTS)}
    batches = {f"plain-{number}": 1 for number in range(GOOD // 2)}
    batches |= {f"fault-{name}": places[name] for name in (*ENDS, *SURVIVED)}
    batches |= {f"plain-{number}": 1 for number in range(GOOD // 2, GOOD)}
    shape = "input: [{0}, 5, 6, 2], filters: [2, 3, 2, 3], output: [{0}, 4, 4, 3], tags: [faults-under-pytest]"
    lines = [f"- {{id: {name}, {shape.format(batch)}}}" for name, batch in batches.items()]
    pytester.path.joinpath("faults.yaml").write_text("\n".join(lines))
    return "faults.yaml"


@pytest.mark.parametrize("options", [["-n", "2"], ["-n", "2", "--dist", "worksteal"]], ids=["load", "worksteal"])
def test_faults_cost_no_other_case_its_verdict(pytester: pytest.Pytester, catalogue: str, options: list[str]) -> None:
    words = ["--implementation", "faulty:conv2d", "--catalogue", catalogue]
    chosen = ["--conformance-select", "faults-under-pytest", "--max-worker-restart", "20"]
    result = pytester.runpytest_subprocess("--pyargs", "conformance.suite", "-v", *words, *chosen, *options)
    failing = len(ENDS) + sum(bool(said) for said in SURVIVED.values())
    result.assert_outcomes(passed=GOOD + len(SURVIVED) + len(ENDS) - failing, failed=failing)
    output = result.stdout.str()
    ended = [line for line in output.splitlines() if "crashed while running" in line]
    assert [name for name in ENDS if not any(f"fault-{name}" in line for line in ended)] == []
    assert [said for said in SURVIVED.values() if said not in output] == []
