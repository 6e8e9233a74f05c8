"""Catalogues of a stranger: each way to do harm gets its message, within bounds of time and memory."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance.catalogue import load_catalogue
from conformance.catalogue.schema import CaseEntry, RefusedEntry
from conformance.errors import CatalogueError

SECONDS = 120
"""Of computing, after which the system ends a reader: on a free machine the slowest takes a fifth."""

MEGABYTES = 700

GOOD = "input: [4, 4], filters: [3, 3], output: [2, 2]"

NUMBERS = ", ".join(["1"] * 99_000)

ATTACKS: dict[str, tuple[str, str]] = {
    "code": (
        f"- {{id: !!python/object/apply:pathlib.Path.touch [harm], {GOOD}}}",
        "cases.yaml:1: tag !!python/object/apply:pathlib.Path.touch is not allowed",
    ),
    "another-file": (f"- {{id: x, why: !include /etc/passwd, {GOOD}}}", "cases.yaml:1: tag !include is not allowed"),
    "multiplying-anchors": (
        "\n".join(["- &l0 [1]", *(f"- &l{n + 1} [{', '.join([f'*l{n}'] * 10)}]" for n in range(60))]),
        "holds more than 1,000,000 values with its aliases; split it",
    ),
    "deep-lists": ("- " + "[" * 100_000, "cases.yaml: is nested deeper than 32 levels; flatten it"),
    "deep-mappings": ("- " + "{a: " * 50_000, "cases.yaml: is nested deeper than 32 levels; flatten it"),
    "deep-blocks": ("- " * 50_000 + "a", "cases.yaml: is nested deeper than 32 levels; flatten it"),
    "many-digits": (f"- {{id: x, strides: {'9' * 100_000}, {GOOD}}}", "cases.yaml: holds a number that cannot be read"),
    "huge-number": (f"- {{id: x, strides: {10**400}, {GOOD}}}", "cases.yaml:1: case 'x': strides must be"),
    "huge-float": (f"- {{id: x, bias: [1e999], {GOOD}}}", "cases.yaml:1: case 'x': bias must be numbers that float32"),
    "huge-image": (
        "- {id: x, input: [1000000000, 1000000000], filters: [1, 1], output: [1000000000, 1000000000]}",
        "cases.yaml:1: case 'x': needs 1.49e+11 GiB, more than the budget of 1 GiB",
    ),
    "long-id": (f"- {{id: {'x' * 3_000_000}, {GOOD}}}", "cases.yaml:1: case 'xxxxx"),
    "long-word": (f"- {{id: x, dtype: {'x' * 3_000_000}, {GOOD}}}", "cases.yaml:1: case 'x': dtype must be"),
    "path-as-id": (f"- {{id: ../../harm, {GOOD}}}", "cases.yaml:1: case '../../harm': id must be"),
    "escapes-in-id": (f'- {{id: "\\e]0;harm\\a\\e[31m", {GOOD}}}', r"cases.yaml:1: case '\x1b]0;harm\x07\x1b[31m'"),
    "escapes-in-key": (f'- {{id: x, "\\e[31m": 1, {GOOD}}}', r"case 'x': unknown key"),
    "escapes-in-text": (f'- {{id: x, dtype: "\\e[31m", {GOOD}}}', r"case 'x': dtype must be"),
    "nul": (f"- {{id: x\0, {GOOD}}}", "cases.yaml: is not YAML: unacceptable character #x0000"),
    "escaped-nul": (f'- {{id: "x\\0", {GOOD}}}', r"cases.yaml:1: case 'x\x00': id must be"),
    "matrix-of-10^9": (
        f"- {{id: x, matrix: {{input: {[[5, 5]] * 1000}, strides: {[1] * 1000}, dilations: {[1] * 1000}}}}}",
        "cases.yaml:1: case 'x': matrix stands for 1,000,000,000 cases, more than 10,000,000; split it",
    ),
    "many-rules": (
        f"- {{id: x, matrix: {{strides: {list(range(9000))}, why: [a, b, c]}}, "
        f"exclude: [{', '.join(['{strides: 1}'] * 9000)}]}}",
        "cases.yaml:1: case 'x': exclude has 9,000 rules for 27,000 cases, which is too much to compare",
    ),
    "many-faults": ("- {}\n" * 100_000, "cases.yaml:335: is not read from here on, for 1,000 faults"),
    "many-numbers": (f"- {{id: x, data: {{input: [{NUMBERS}]}}, {GOOD}}}", "cases.yaml:1: case 'x': data.input must"),
    "literal-of-10^8": (
        "- &l0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n"
        + "".join(f"- &l{n + 1} [{', '.join([f'*l{n}'] * 10)}]\n" for n in range(7))
        + f"- {{id: x, expect: *l7, {GOOD}}}",
        "holds more than 1,000,000 values with its aliases; split it",
    ),
    "more-than-is-read": ("- [" + "1," * 2_000_000 + "1]", "commas, colons and lines, more than 250,000; split it"),
}


@pytest.mark.parametrize(("text", "message"), ATTACKS.values(), ids=ATTACKS.keys())
def test_harm_is_refused_in_bounds(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "cases.yaml").write_text(text)
    script = (
        "import resource, sys\nfrom conformance.cli import main\nsys.argv = ['conformance', 'check', 'cases.yaml']\n"
        "try:\n    main()\nfinally:\n    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))

    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, preexec_fn=limit, check=False
    )
    assert done.returncode == 2, done.stderr[-500:]
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert "\x1b" not in done.stderr
    assert int(done.stdout) / 1000 < MEGABYTES
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cases.yaml"]


ENTRIES = [part for part in (ROOT / "cases.yaml").read_text().split("\n- ")[1:] if len(part) < 400]
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["SAME", "wide", "-"]),
    lambda part: st.lists(part, max_size=4) | st.dictionaries(st.text(max_size=6), part, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from([*CaseEntry.model_fields, *RefusedEntry.model_fields])


@st.composite
def catalogues(draw: st.DrawFn) -> str:
    """Return entries of the shipped catalogue with some values replaced, and characters put in or taken away."""
    lines = []
    for part in draw(st.lists(st.sampled_from(ENTRIES), min_size=1, max_size=3)):
        lines.append(f"- {part}")
        for key, value in draw(st.dictionaries(KEYS, VALUES, max_size=2)).items():
            kept = [line for line in lines[-1].split("\n") if not line.strip().removeprefix("- ").startswith(f"{key}:")]
            lines[-1] = "\n".join([*kept, f"  {key}: {json.dumps(value)}"])
    text = "\n".join(lines)
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(text)))
        text = text[:place] + draw(st.text(max_size=2) | st.sampled_from("[]{}:,-&*!|>#%\t\n")) + text[place + 1 :]
    return text


INPUTS = catalogues() | st.text(max_size=60)
"""Damaged catalogues, and texts that never were one."""


@given(text=INPUTS)
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
def test_only_catalogue_errors_come_out(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    file = tmp_path_factory.getbasetemp() / "fuzzed.yaml"
    file.write_text(text, errors="backslashreplace")
    try:
        load_catalogue([file], 0.01)
    except CatalogueError as error:
        assert error.faults
