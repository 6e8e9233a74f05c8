"""Cases as files for other languages, and the judgement of what comes back."""

from __future__ import annotations

import json
import os
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from conftest import ROOT, Command

from conformance.arrays import FileFault, read_array, write_array
from conformance.case import Case, DType
from conformance.catalogue import load_catalogue
from conformance.choices import Format
from conformance.data import Array
from conformance.errors import UsageError
from conformance.exchange import Scored, export_cases
from conformance.isolation import Asking

CASES = {case.id: case for case in load_catalogue()}

CHOSEN = [
    CASES[name] for name in ("basic", "padding-and-stride", "multiple-filters-and-bias", "dtype-bfloat16", "dtype-int8")
]


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    """Return the folder of an export with its right outputs."""
    folder = tmp_path / "cases"
    export_cases(folder, CHOSEN, expected=True)
    return folder


def outcomes(folder: Path, cases: list[Case] = CHOSEN) -> dict[str, tuple[str, str]]:
    """Return the outcome and the detail of every case of an export."""
    with Scored(folder, "mine", Asking()) as subject:
        subject.begin(cases)
        results = [each.result for each in subject.attempts()]
    return {result.case.id: (str(result.outcome), result.detail) for result in results}


def answer_rightly(folder: Path) -> None:
    for case in CHOSEN:
        shutil.copy(folder / case.id / "expected.npy", folder / case.id / "output.npy")


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6, dtype=np.float32).reshape(2, 3),
        np.array(2.5),
        np.zeros((0, 4), np.int8),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.arange(4, dtype=">f8"),
        np.arange(3).astype(ml_dtypes.bfloat16),
    ],
    ids=["float32", "scalar", "empty", "fortran", "big-endian", "bfloat16"],
)
def test_array_comes_back_as_it_was(tmp_path: Path, array: Array) -> None:
    (tmp_path / "x.npy").write_bytes(write_array(array))
    dtype = DType.BFLOAT16 if array.dtype == ml_dtypes.bfloat16 else None
    again = read_array(tmp_path / "x.npy", dtype)
    assert (again.shape, again.dtype) == (array.shape, array.dtype.newbyteorder("="))
    assert np.array_equal(again, array)


def test_arrays_that_others_wrote_are_read_in_any_order(tmp_path: Path) -> None:
    array = np.arange(24, dtype=">i4").reshape(2, 3, 4)
    np.save(tmp_path / "x.npy", np.asfortranarray(array))
    assert np.array_equal(read_array(tmp_path / "x.npy"), array)
    assert read_array(tmp_path / "x.npy").dtype.isnative


def _header(text: str) -> bytes:
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "its header is none"),
        (b"hello, world", "its header is none"),
        (b"\x93NUMPY\x07\x00", "version 7.0"),
        (_header("{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000,)}\n"), "is truncated"),
        (_header("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}\n") + bytes(9), "is longer than its header"),
        (_header("{'descr': '<f4', 'fortran_order': False, 'shape': (-2,)}\n"), "negative size"),
        (_header("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}\n") + bytes(8), "must hold numbers"),
        (_header("{'descr': '<U3', 'fortran_order': False, 'shape': (1,)}\n") + bytes(12), "must hold numbers"),
        (_header("{'descr': " + "(" * 5000 + "}\n"), "its header is none"),
        (_header("__import__('os').abort()\n"), "its header is none"),
        (_header("x" * 20_000), "its header is none"),
    ],
    ids=["empty", "text", "version", "truncated", "longer", "negative", "pickled", "texts", "nested", "code", "huge"],
)
def test_what_is_no_array_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "x.npy").write_bytes(content)
    with pytest.raises(FileFault, match=words):
        read_array(tmp_path / "x.npy")


def test_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "x.npy").symlink_to("/dev/zero")
    with pytest.raises(FileFault, match="must be a plain file"):
        read_array(tmp_path / "x.npy")


def test_right_outputs_pass(exported: Path) -> None:
    answer_rightly(exported)
    assert outcomes(exported) == {case.id: ("passed", "") for case in CHOSEN}


def test_export_states_the_call(exported: Path) -> None:
    written = json.loads((exported / "padding-and-stride" / "case.json").read_text())
    assert written == {
        "schema": "conformance-case/1",
        "id": "padding-and-stride",
        "operation": "conv2d",
        "strides": [1, 2, 2, 1],
        "padding": [[0, 0], [1, 1], [1, 1], [0, 0]],
        "data_format": "NHWC",
        "dilations": [1, 1, 1, 1],
        "groups": 1,
        "output": {"shape": [1, 4, 4, 1], "dtype": "float32"},
        "operands": {
            "input": {"file": "input.npy", "shape": [1, 7, 7, 1], "dtype": "float32"},
            "filters": {"file": "filters.npy", "shape": [3, 3, 1, 1], "dtype": "float32"},
        },
    }


def test_document_shows_a_case_as_it_is_exported(exported: Path) -> None:
    shown = (ROOT / "docs" / "other-languages.md").read_text(encoding="utf-8").split("```json\n")[1].split("```")[0]
    assert json.loads(shown) == json.loads((exported / "padding-and-stride" / "case.json").read_text())


def _spoil(content: bytes) -> Callable[[Path], Any]:
    return lambda folder: (folder / "input.npy").write_bytes(content)


def _say(text: str) -> Callable[[Path], Any]:
    return lambda folder: (folder / "output.json").write_text(text)


@pytest.mark.parametrize(
    ("change", "outcome", "words"),
    [
        (lambda folder: (folder / "output.npy").unlink(), "error", "conv2d: there is no output.npy"),
        (lambda folder: shutil.rmtree(folder), "error", "case.json of the export is missing"),
        (_spoil(b"other"), "error", "input.npy is not what was exported"),
        (lambda folder: np.save(folder / "output.npy", np.ones((2, 2))), "failed", "shape"),
        (lambda folder: np.save(folder / "output.npy", np.ones((1, 2, 2, 1))), "failed", "dtype"),
        (lambda folder: np.save(folder / "output.npy", np.ones((1, 2, 2, 1), "f4")), "failed", "exact: equality"),
        (_say('{"status": "unsupported", "reason": "no"}'), "unsupported", "no"),
        (_say('{"status": "error", "reason": "oh"}'), "error", "conv2d: oh"),
        (_say("[]"), "error", 'must have a "status"'),
        (lambda folder: os.mkfifo(folder / "output.json"), "error", "output.json must be a plain file"),
        (_say('{"status": "ok"}'), "passed", ""),
    ],
    ids=["none", "folder", "tampered", "shape", "dtype", "values", "unsupported", "error", "reply", "pipe", "ok"],
)
def test_each_case_is_judged_by_itself(exported: Path, change: Callable[[Path], Any], outcome: str, words: str) -> None:
    answer_rightly(exported)
    change(exported / "basic")
    found = outcomes(exported)
    assert found.pop("basic")[0] == outcome
    assert words in outcomes(exported)["basic"][1]
    assert {each[0] for each in found.values()} == {"passed"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "there is no manifest.json; `conformance export"),
        ("{", "is damaged"),
        ("{}", "is damaged"),
        ('{"schema": "other/1", "cases": {"x": {"case.json": ""}}}', "must have the schema conformance-export/1"),
        ('{"schema": "conformance-export/1", "cases": {"x": 3}}', "is damaged"),
    ],
    ids=["missing", "cut", "empty", "schema", "cases"],
)
def test_damaged_manifest_is_a_usage_error(tmp_path: Path, content: str | None, words: str) -> None:
    if content is not None:
        (tmp_path / "manifest.json").write_text(content)
    with pytest.raises(UsageError, match=words):
        Scored(tmp_path, "mine", Asking())


@pytest.mark.parametrize("manifest", [None, '{"name": "a web app"}', "[]", "{", '{"schema": "conformance-export/1"}'])
def test_export_leaves_what_is_not_its_own(tmp_path: Path, manifest: str | None) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    if manifest is not None:
        (tmp_path / "manifest.json").write_text(manifest)
    there = sorted(tmp_path.iterdir())
    with pytest.raises(UsageError, match=rf"needs an empty folder .* holds '{there[0].name}'"):
        export_cases(tmp_path, CHOSEN, expected=False)
    assert sorted(tmp_path.iterdir()) == there


def test_export_leaves_what_was_put_beside_an_earlier_one(exported: Path) -> None:
    (exported / "thesis.txt").write_text("years of work")
    with pytest.raises(UsageError, match=r"holds 'thesis.txt'"):
        export_cases(exported, CHOSEN, expected=False)
    assert (exported / "basic" / "case.json").exists()


def test_answer_to_a_case_that_has_changed_since_is_not_judged(exported: Path) -> None:
    answer_rightly(exported)
    changed = [replace(CHOSEN[0], data={**CHOSEN[0].data, "filters": "arange"}), *CHOSEN[1:]]
    found = outcomes(exported, changed)
    assert found.pop("basic") == (
        "error",
        "conv2d: the case has changed since filters.npy was exported; export it again",
    )
    assert {each[0] for each in found.values()} == {"passed"}


def test_command_in_a_failure_names_the_catalogue(exported: Path) -> None:
    answer_rightly(exported)
    np.save(exported / "basic" / "output.npy", np.ones((1, 2, 2, 1), np.float32))
    detail = outcomes(exported, [replace(CHOSEN[0], catalogue="mine.yaml")])["basic"][1]
    assert detail.endswith(f"again:  conformance score {exported} mine.yaml -k basic")


def test_export_replaces_an_earlier_one(exported: Path) -> None:
    export_cases(exported, CHOSEN[:1], expected=False)
    assert sorted(path.name for path in exported.iterdir()) == ["basic", "manifest.json"]


def test_commands_export_and_score(command: Command, tmp_path: Path) -> None:
    done = command("export", "cases", "-k", "notebook", "--expected")
    assert (done.returncode, done.stderr) == (0, "")
    again = "conformance score cases"
    assert done.stdout == f"cases: 10 cases; write output.npy beside each case.json, then: {again}\n"
    for folder in (tmp_path / "cases").iterdir():
        if folder.is_dir():
            shutil.copy(folder / "expected.npy", folder / "output.npy")
    np.save(tmp_path / "cases" / "basic" / "output.npy", np.ones((1, 2, 2, 1), np.float32))
    done = command("score", "cases", "--name", "mine", "--json", "report.json")
    assert done.returncode == 1
    assert "from files: one answer a case" in done.stdout
    assert "again:  conformance score cases -k basic\n" in done.stdout
    assert done.stdout.splitlines()[-2:] == ["mine: 9 passed, 1 failed", "next: conformance score cases -k basic"]
    assert json.loads((tmp_path / "report.json").read_text())["summary"] == {"mine": {"passed": 9, "failed": 1}}


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no node on this machine")
def test_example_in_javascript_is_right(command: Command, tmp_path: Path) -> None:
    command("export", "cases")
    script = str(ROOT / "examples" / "node" / "convolve.mjs")
    subprocess.run(["node", script, str(tmp_path / "cases")], check=True, timeout=300)
    done = command("score", "cases")
    assert done.returncode == 0, done.stdout
    passed = int(done.stdout.splitlines()[-1].split()[1])
    assert passed > 200


def test_export_says_what_models_need(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    monkeypatch.delitem(sys.modules, "conformance.exchange.onnx_adapter", raising=False)
    monkeypatch.delattr("conformance.exchange.onnx_adapter", raising=False)
    with pytest.raises(UsageError, match=r"needs the package onnx, .* pip install '\.\[onnx\]'"):
        export_cases(tmp_path, CHOSEN, expected=False, form=Format.ONNX)
    assert list(tmp_path.iterdir()) == []
