"""A program that is asked over its standard input: what it gets, what it may answer, and what is said of its faults."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep

import ml_dtypes
import numpy as np
import pytest
from cases import make_case

from conformance.case import Case, Memory, Operation
from conformance.data import Array, make_operands
from conformance.errors import ConformanceError, Unsupported
from conformance.implementations import ForeignError, Implementation, call, load_implementation
from conformance.implementations.program import Program
from conformance.implementations.request import foreign_function

CASE = make_case()
SHAPE = (2, 4, 6, 4)

LOOP = """
import json, os, sys, time
import numpy as np

def save(request, array):
    np.save(os.path.join(request["folder"], "output.npy"), array)

for count, line in enumerate(sys.stdin):
    request = json.loads(line)
    good = np.zeros((2, 4, 6, 4), np.float32)
    save(request, good)
    path = os.path.join(request["folder"], "output.npy")
    answer = {"status": "ok"}
"""
"""Runs what a test gives it, in the loop, after a right answer is prepared."""

SAY = "\n    print(json.dumps(answer), flush=True)\n"


class Subject:
    """A program of a test, and calls of it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._program: Program | None = None

    def runs(self, body: str, say: str = SAY, seconds: float = 60) -> Subject:
        """Run this in the loop."""
        indented = "".join(f"    {line}\n" for line in body.splitlines())
        file = self._folder / "subject.py"
        file.write_text(f"{LOOP}{indented}{say}")
        self._program = Program([sys.executable, str(file)], seconds)
        return self

    def answer(self, case: Case = CASE) -> Array:
        """Return what it answers."""
        assert self._program is not None
        functions = {str(case.operation): foreign_function(case.operation, self._program.ask)}
        return call(Implementation("cmd", "", functions), case, make_operands(case))

    def fault(self, case: Case = CASE) -> str:
        """Return what is said of it."""
        with pytest.raises(ConformanceError) as caught:
            self.answer(case)
        return str(caught.value)

    def end(self) -> None:
        """End it."""
        if self._program is not None:
            self._program.end()


@pytest.fixture
def subject(tmp_path: Path) -> Iterator[Subject]:
    found = Subject(tmp_path)
    yield found
    found.end()


def test_one_process_answers_many_calls(subject: Subject) -> None:
    subject.runs("save(request, good + count)")
    assert [float(subject.answer()[0, 0, 0, 0]) for _ in range(3)] == [0, 1, 2]


def test_case_is_told_as_tf_nn_would_be_called(subject: Subject, tmp_path: Path) -> None:
    subject.runs(f"import shutil; shutil.copytree(request['folder'], {str(tmp_path / 'seen')!r})")
    case = make_case(
        (2, 6, 7, 4), (3, 2, 2, 4), strides=(1, 2), padding=((1, 0), (2, 1)), output=(2, 5, 5, 4), bias="integers"
    )
    subject.answer(case)
    assert json.loads((tmp_path / "seen" / "case.json").read_text()) == {
        "schema": "conformance-case/1",
        "id": "1",
        "operation": "conv2d",
        "strides": [1, 1, 2, 1],
        "padding": [[0, 0], [1, 0], [2, 1], [0, 0]],
        "data_format": "NHWC",
        "dilations": [1, 1, 1, 1],
        "groups": 2,
        "output": {"shape": [2, 5, 5, 4], "dtype": "float32"},
        "operands": {
            "input": {"file": "input.npy", "shape": [2, 6, 7, 4], "dtype": "float32"},
            "filters": {"file": "filters.npy", "shape": [3, 2, 2, 4], "dtype": "float32"},
            "bias": {"file": "bias.npy", "shape": [4], "dtype": "float32"},
        },
    }
    operands = make_operands(case)
    for name in ("input", "filters", "bias"):
        assert np.array_equal(np.load(tmp_path / "seen" / f"{name}.npy", allow_pickle=False), getattr(operands, name))


def test_gradient_is_told_with_the_sizes_that_are_asked_for(subject: Subject, tmp_path: Path) -> None:
    subject.runs(f"import shutil; shutil.copytree(request['folder'], {str(tmp_path / 'seen')!r})")
    shapes = {"out_backprop": (2, 4, 6, 4), "output": (2, 6, 7, 5)}
    subject.answer(make_case(operation=Operation.CONV2D_BACKPROP_INPUT, **shapes))
    told = json.loads((tmp_path / "seen" / "case.json").read_text())
    assert told["input_sizes"] == told["output"]["shape"] == [2, 6, 7, 5]
    assert list(told["operands"]) == ["filters", "out_backprop"]


def test_folder_is_gone_after_the_call(subject: Subject, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    subject.runs(f"open({str(seen)!r}, 'w').write(request['folder'])").answer()
    assert not Path(seen.read_text()).exists()


def test_bfloat16_goes_both_ways_as_uint16(subject: Subject) -> None:
    body = "x = np.load(os.path.join(request['folder'], 'input.npy')); save(request, x[:, :4, :6, :4])"
    answer = subject.runs(body).answer(make_case(dtype="bfloat16"))
    assert answer.dtype == ml_dtypes.bfloat16
    assert np.array_equal(answer, make_operands(make_case(dtype="bfloat16")).input[:, :4, :6, :4])


def test_operands_are_stored_row_by_row(subject: Subject) -> None:
    subject.runs(
        "x = np.load(os.path.join(request['folder'], 'input.npy')); save(request, good + x.flags.c_contiguous)"
    )
    assert subject.answer(make_case(memory=Memory.FORTRAN)).min() == 1


@pytest.mark.parametrize("other", ["good.astype('>f4')", "np.asfortranarray(good)"], ids=["big-endian", "fortran"])
def test_any_order_of_memory_and_bytes_will_do(subject: Subject, other: str) -> None:
    answer = subject.runs(f"save(request, {other} + 3)").answer()
    assert (answer.shape, answer.dtype, answer.dtype.isnative, answer.max()) == (SHAPE, np.dtype("f4"), True, 3)


@pytest.mark.parametrize("reason", ["", "odd filters only"])
def test_program_may_say_unsupported(subject: Subject, reason: str) -> None:
    subject.runs(f"answer = {{'status': 'unsupported', 'reason': {reason!r}}}")
    with pytest.raises(Unsupported, match=reason or "the program says that it does not support this"):
        subject.answer()


def test_program_may_say_error_and_goes_on(subject: Subject) -> None:
    subject.runs(
        "if count == 0: answer = {'status': 'error', 'reason': 'stride of 0'}\nelse: save(request, good + count)"
    )
    with pytest.raises(ForeignError, match="stride of 0"):
        subject.answer()
    assert subject.answer().max() == 1


FAULTS = {
    "dies": ("sys.stderr.write('first\\nsecond\\n'); sys.exit(3)", "ended with status 3 without an answer; its last "),
    "killed": ("os.kill(os.getpid(), 9)", "was killed by signal 9 (SIGKILL)"),
    "noise": ("print('Loading model', flush=True)", "wrote 'Loading model', where its answer must be a line such as "),
    "number": ("answer = 3", "wrote '3', where its answer must be a line"),
    "status": ("answer = {'status': 'fine'}", 'wrote \'{"status": "fine"}\', where its answer must be a line'),
    "endless": ("print('x' * 3_000_000, end='', flush=True)", f"wrote '{'x' * 80}…', where its answer must be"),
    "closes": ("os.close(1); time.sleep(60)", "closed its standard output without an answer"),
    "other": ("answer['id'] = '99'", "answered request '99', and was asked '1'"),
    "missing": ("os.remove(path)", "left no answer: there is no output.npy"),
    "link": (
        "os.rename(path, path + '2'); os.symlink(path + '2', path)",
        "left no answer: output.npy must be a plain file",
    ),
    "folder": ("os.remove(path); os.mkdir(path)", "left no answer: output.npy must be a plain file"),
    "empty": ("open(path, 'w').close()", "left no answer: output.npy "),
    "text": ("open(path, 'w').write('1 2 3')", "left no answer: output.npy "),
    "truncated": ("os.truncate(path, 500)", "left no answer: output.npy "),
    "pickled": ("np.save(path, np.array([{}], object))", "left no answer: output.npy "),
    "archive": (
        "os.remove(path); np.savez(path, good); os.rename(path + '.npz', path)",
        "left no answer: output.npy ",
    ),
    "huge": (
        "h = b\"{'descr': '<f4', 'fortran_order': False, 'shape': (999999999999,), }\\n\"; "
        "open(path, 'wb').write(b'\\x93NUMPY\\x01\\x00' + len(h).to_bytes(2, 'little') + h)",
        "left no answer: output.npy ",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_fault_is_told_and_the_program_started_again(subject: Subject, tmp_path: Path, fault: str) -> None:
    body, message = FAULTS[fault]
    once = f"first = not os.path.exists({str(tmp_path / 'once')!r}); open({str(tmp_path / 'once')!r}, 'w').close()"
    subject.runs(f"{once}\nif first:\n" + "".join(f"    {part.strip()}\n" for part in [body]))
    assert subject.fault().startswith(f"the program {message}")
    assert subject.answer().shape == SHAPE


def test_last_words_are_told(subject: Subject) -> None:
    subject.runs("for number in range(9): print('line', number, file=sys.stderr)\nsys.exit(1)")
    assert subject.fault().endswith("; its last lines: line 4 | line 5 | line 6 | line 7 | line 8")


def test_program_that_does_not_answer_is_ended_with_its_children(subject: Subject, tmp_path: Path) -> None:
    child = tmp_path / "child"
    body = f"import subprocess; p = subprocess.Popen(['sleep', '60']); open({str(child)!r}, 'w').write(str(p.pid))"
    subject.runs(f"{body}\ntime.sleep(60)", seconds=3)
    start = monotonic()
    assert subject.fault() == "the program gave no answer within 3 s"
    assert monotonic() - start < 30
    assert is_gone(int(child.read_text()))


def is_gone(process: int) -> bool:
    """Tell whether a process ends within seconds; one that nobody waits for is a zombie."""
    for _ in range(100):
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        if Path(f"/proc/{process}/stat").exists() and ") Z " in Path(f"/proc/{process}/stat").read_text():
            return True
        sleep(0.05)
    return False


def test_answer_before_the_question_is_none(subject: Subject) -> None:
    subject.runs("", f"{SAY}    print('more', flush=True)\n").answer()
    sleep(0.5)  # until the second line has come: a line that comes later is taken for the answer, and is none either
    assert subject.fault().startswith("the program wrote 'more' before it was asked")


def test_program_that_cannot_be_started_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "mine").write_bytes(b"\x00\x01")
    (tmp_path / "mine").chmod(0o755)
    implementation = load_implementation(f"cmd:{tmp_path}/mine")
    with pytest.raises(ConformanceError, match="the program cannot be started: "):
        call(implementation, CASE, make_operands(CASE))


def test_right_program_passes_and_shape_is_judged(subject: Subject) -> None:
    assert subject.runs("save(request, good[:1])").answer().shape == (1, 4, 6, 4)
