"""The C ABI: right kernels are right, what wrong ones do to memory shows, and the header says what is handed over."""

from __future__ import annotations

import ctypes
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from cases import make_case
from conftest import ROOT, Command
from foreign import HEADERS, build, compiled

from conformance.case import Case, Memory, Operation, Outcome
from conformance.catalogue import load_catalogue
from conformance.implementations import load_implementation, native
from conformance.runner import Result, attempt

CASE = make_case()
CASES = load_catalogue()

SIGNATURE = (
    "CONFORMANCE_EXPORT int conv2d(const conformance_tensor *input, const conformance_tensor *filters,\n"
    "                              const conformance_parameters *parameters, conformance_tensor *output)"
)


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("c")
    for file in (ROOT / "examples" / "c").iterdir():
        if file.suffix == ".c" or file.name == "Makefile":
            (folder / file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    compiled(folder, "cc", "--version")
    compiled(folder, "make", f"INCLUDE={HEADERS}")
    return folder


def judged(library: Path, case: Case = CASE, name: str = "") -> Result:
    return attempt(case, load_implementation(f"{library}{name}")).result


def kernel(folder: Path, body: str, before: str = "") -> Path:
    return build(folder, f"{before}\n{SIGNATURE} {{\n{body}\n}}\n")


@pytest.mark.parametrize("operation", Operation)
def test_every_operation_can_be_offered(examples: Path, operation: Operation) -> None:
    cases = [case for case in CASES if case.operation is operation][:8]
    outcomes = {judged(examples / "libfamily.so", case).outcome for case in cases}
    assert Outcome.PASSED in outcomes
    assert outcomes <= {Outcome.PASSED, Outcome.UNSUPPORTED}


@pytest.mark.parametrize("memory", Memory)
def test_operands_are_handed_over_as_they_lie(examples: Path, memory: Memory) -> None:
    case = replace(CASE, memory=memory)
    assert judged(examples / "libright.so", case).outcome is Outcome.PASSED


@pytest.mark.parametrize("library", ["libright.so", "libfamily.so"])
def test_right_example_is_right(command: Command, examples: Path, library: str) -> None:
    done = command("run", "-i", f"{examples}/{library}", "-k", "conv2d and (same or groups or bias or special)")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("library", ["libright.so", "libfamily.so"])
def test_right_example_refuses_what_has_no_meaning(examples: Path, library: str) -> None:
    cases = [case for case in load_catalogue() if case.refuses]
    offered = {judged(examples / library, case).outcome for case in cases}
    assert offered == {Outcome.PASSED, Outcome.UNSUPPORTED}


def test_wrong_example_is_found_out(command: Command, examples: Path) -> None:
    done = command("run", "-i", f"{examples}/libwrong.so", "-k", "channel or stride")
    assert done.returncode == 1
    assert "most likely: it leaves elements of the output unwritten\n" in done.stdout
    assert "have output channels that 4 does not divide" in done.stdout


FILL = "float *y = output->data; int64_t size = output->strides[0] / 4 * output->shape[0];\n"

FAULTS = {
    "unwritten": (
        "for (int64_t i = 0; i < size - 3; i++) y[i] = 1;",
        "leaves 3 of 192 elements of the output unwritten, [1, 3, 5, 1] first",
        "it leaves elements of the output unwritten",
    ),
    "past": (
        "for (int64_t i = 0; i < size + 2; i++) y[i] = 1;",
        "writes 2 elements past the end of the output",
        "it writes past the end of the output",
    ),
    "before": (
        "for (int64_t i = -1; i < size; i++) y[i] = 1;",
        "writes 1 elements before the start of the output",
        "it writes before the start of the output",
    ),
    "into-input": (
        "for (int64_t i = 0; i < size; i++) y[i] = 1; *(float *)input->data = 1e9f;",
        "changes 1 of 420 elements of input, [0, 0, 0, 0] first, from 5.0 to 1000000000.0",
        "it changes 1 of 420 elements of input, [0, 0, 0, 0] first, from 5.0 to 1000000000.0",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_fault_in_memory_shows(tmp_path: Path, fault: str) -> None:
    body, wrong, likely = FAULTS[fault]
    found = judged(kernel(tmp_path, f"{FILL}{body}\nreturn 0;"))
    assert (found.outcome, found.rule) == (Outcome.FAILED, "memory")
    assert f"\nwrong:  {wrong}\n" in found.detail
    assert f"\nlikely: {likely}\n" in found.detail


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64", "int8", "int32"])
def test_kernel_that_writes_nothing_is_told_so_in_every_dtype(tmp_path: Path, dtype: str) -> None:
    found = judged(kernel(tmp_path, "return 0;"), make_case(dtype=dtype))
    assert "wrong:  leaves 192 of 192 elements of the output unwritten" in found.detail


REASON = 'CONFORMANCE_EXPORT const char *conformance_reason(void) { return "no mood"; }'


@pytest.mark.parametrize(
    ("code", "before", "outcome", "detail"),
    [
        ("7", "", Outcome.ERROR, "conv2d raised ForeignError: code 7"),
        ("7", REASON, Outcome.ERROR, "conv2d raised ForeignError: code 7: no mood"),
        (
            "CONFORMANCE_UNSUPPORTED",
            "",
            Outcome.UNSUPPORTED,
            "the library says that it does not support this",
        ),
        ("CONFORMANCE_UNSUPPORTED", REASON, Outcome.UNSUPPORTED, "no mood"),
    ],
    ids=["error", "error-with-reason", "unsupported", "unsupported-with-reason"],
)
def test_code_that_is_returned_is_the_outcome(
    tmp_path: Path, code: str, before: str, outcome: Outcome, detail: str
) -> None:
    found = judged(kernel(tmp_path, f"return {code};", before))
    assert (found.outcome, found.detail) == (outcome, detail)


def test_damage_of_a_call_that_returns_an_error_shows(tmp_path: Path) -> None:
    found = judged(kernel(tmp_path, f"{FILL} y[size] = 1; return 1;"))
    assert "wrong:  writes 1 elements past the end of the output" in found.detail


def test_header_and_harness_agree(tmp_path: Path) -> None:
    structures = {"conformance_tensor": native._Tensor, "conformance_parameters": native._Parameters}
    fields = {
        f"offsetof({name}, {field[0]})": getattr(structure, field[0]).offset
        for name, structure in structures.items()
        for field in structure._fields_
    }
    sizes = {f"sizeof({name})": ctypes.sizeof(structure) for name, structure in structures.items()}
    dtypes = {f"CONFORMANCE_{dtype.name.upper()}": number for dtype, number in native._DTYPES.items()}
    words = {
        "CONFORMANCE_MAX_RANK": native._MAX_RANK,
        "CONFORMANCE_UNSUPPORTED": native._UNSUPPORTED,
        "CONFORMANCE_VALID": native._PADDINGS["VALID"],
        "CONFORMANCE_SAME": native._PADDINGS["SAME"],
        "CONFORMANCE_EXPLICIT": native._EXPLICIT,
        "CONFORMANCE_CHANNELS_FIRST": Operation.CONV2D.data_formats.index("NCHW"),
    }
    facts = fields | sizes | dtypes | words
    prints = "".join(f'printf("%ld\\n", (long)({name}));' for name in facts)
    source = f'#include <stdio.h>\n#include <stddef.h>\n#include "conformance.h"\nint main(void) {{ {prints} }}\n'
    (tmp_path / "facts.c").write_text(source)
    compiled(tmp_path, "cc", f"-I{HEADERS}", "-o", "facts", "facts.c")
    done = subprocess.run([tmp_path / "facts"], capture_output=True, text=True, check=True)
    assert dict(zip(facts, map(int, done.stdout.split()), strict=True)) == facts
