"""Finding implementations that get in each other's way, or that resist being looked at."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from conftest import Command

from conformance.case import Case, Operation
from conformance.data import make_operands
from conformance.errors import Unavailable, UsageError
from conformance.implementations import call, load_implementation
from conformance.implementations.call import BadAnswer

CASE = Case(
    "mine",
    Operation.CONV2D,
    input=(1, 3, 4, 1),
    filters=(2, 2, 1, 1),
    output=(1, 2, 3, 1),
    written={"input": (3, 4), "filters": (2, 2), "output": (2, 3)},
    data={"input": "arange", "filters": "arange"},
)

WITH_HELPER = """
import helper

def conv2d(x, w, strides, padding):
    return helper.convolve(x, w, strides, padding)

def later(x, w, strides, padding):
    import other_helper
    return helper.convolve(x, w, strides, padding) + other_helper.ZERO
"""

RIGHT = "from reference.naive import conv2d as convolve\n"
WRONG = "def convolve(x, w, strides, padding):\n    raise RuntimeError('the wrong helper')\n"


def folder(path: Path, helper: str) -> Path:
    path.mkdir()
    (path / "m.py").write_text(WITH_HELPER)
    (path / "helper.py").write_text(helper)
    (path / "other_helper.py").write_text("ZERO = 0\n")
    return path


def test_each_file_has_the_helpers_of_its_own_folder(command: Command, tmp_path: Path) -> None:
    folder(tmp_path / "sub", RIGHT)
    folder(tmp_path / "dup", WRONG)
    done = command("run", "-i", "sub/m.py:conv2d", "-i", "dup/m.py:conv2d", "-k", "basic")
    assert done.stdout.splitlines()[-3:-1] == ["sub/m.py:conv2d: 1 passed", "dup/m.py:conv2d: 1 error"]


def test_helper_in_the_current_folder_is_not_that_of_another(command: Command, tmp_path: Path) -> None:
    folder(tmp_path / "dup", WRONG)
    (tmp_path / "m.py").write_text(WITH_HELPER)
    (tmp_path / "helper.py").write_text(RIGHT)
    done = command("run", "-i", "m.py:conv2d", "-i", "dup/m.py:conv2d", "-k", "basic")
    assert done.stdout.splitlines()[-3:-1] == ["m.py:conv2d: 1 passed", "dup/m.py:conv2d: 1 error"]


def test_folder_is_importable_until_the_next_file_is_loaded(tmp_path: Path) -> None:
    first = folder(tmp_path / "first", RIGHT)
    implementation = load_implementation(f"{first}/m.py:later")
    answer = call(implementation, CASE, make_operands(CASE))
    assert answer.shape == CASE.output
    load_implementation(f"{folder(tmp_path / 'second', WRONG)}/m.py:conv2d")
    assert str(first) not in sys.path
    assert "other_helper" not in sys.modules


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (
            "def __getattr__(name):\n    raise RuntimeError('not today')",
            "reading 'conv1d' raised RuntimeError: not today",
        ),
        ("def __getattr__(name):\n    raise SystemExit(3)", "reading 'conv1d' raised SystemExit: 3"),
        (
            "class Space:\n    @property\n    def conv2d(self):\n        raise KeyError('conv2d')\nspace = Space()",
            "reading 'conv2d' raised KeyError: 'conv2d'",
        ),
        (
            "class Mute(Exception):\n    def __str__(self):\n        raise ValueError\nraise Mute",
            "running '{path}' raised Mute: (its text cannot be had: it raises ValueError)",
        ),
        (
            "class Proxy:\n    @property\n    def __class__(self):\n        1 / 0\nspace = Proxy()",
            "looking at what it names raised ZeroDivisionError: division by zero",
        ),
    ],
    ids=["getattr", "leaving", "property", "no-text", "proxy"],
)
def test_namespace_that_raises_is_unavailable(tmp_path: Path, source: str, reason: str) -> None:
    path = tmp_path / "resisting.py"
    path.write_text(source)
    spec = f"{path}:space" if "space" in source else str(path)
    with pytest.raises(Unavailable) as caught:
        load_implementation(spec)
    assert str(caught.value) == f"{spec}: {reason.format(path=path)}"


def test_module_that_raises_does_not_hide_a_function(tmp_path: Path) -> None:
    path = tmp_path / "resisting.py"
    path.write_text("def conv2d(x, w): ...\ndef __getattr__(name):\n    raise RuntimeError\n")
    implementation = load_implementation(f"{path}:conv2d")
    assert (list(implementation.functions), implementation.version) == (["conv2d"], "")


@pytest.mark.parametrize(
    ("spec", "hint"),
    [
        ("./off:conv2d", "did you mean './off.py:conv2d'?"),
        ("sub/off", "did you mean 'sub/off.py'?"),
        ("./absent:conv2d", "a path must end in .py"),
        (".", "a path must end in .py"),
        ("../y", "a path must end in .py"),
        ("off..conv:conv2d", "a path must end in .py"),
        ("off.py:conv2d:x", "only one ':' may follow the file"),
    ],
)
def test_path_without_its_ending_is_told_so(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spec: str, hint: str
) -> None:
    (tmp_path / "sub").mkdir()
    for path in ("off.py", "sub/off.py"):
        (tmp_path / path).write_text("def conv2d(x, w): ...\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError) as caught:
        load_implementation(spec)
    assert str(caught.value).startswith("implementation must be an adapter's name such as tensorflow, package.module, ")
    assert str(caught.value).endswith(f"but is {spec!r} ({hint})")


def test_malformed_spec_is_refused_before_anything_is_judged(command: Command) -> None:
    done = command("run", "-i", "reference", "-i", "./off:conv2d", "-k", "basic")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("implementation must be an adapter's name such as tensorflow, ")


@pytest.mark.parametrize("spec", ["tensorflow", "tensorflow.nn"])
def test_missing_framework_is_told_how_to_get(monkeypatch: pytest.MonkeyPatch, spec: str) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "tensorflow"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delitem(sys.modules, "conformance.implementations.adapters.tensorflow_modes_adapter", raising=False)
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(Unavailable) as caught:
        load_implementation(spec)
    assert str(caught.value) == f"{spec}: there is no module 'tensorflow'; install it: pip install '.[tensorflow]'"


def test_method_of_a_class_needs_an_instance(tmp_path: Path) -> None:
    path = tmp_path / "layer.py"
    path.write_text("class Layer:\n    def conv2d(self, x, w, strides, padding): ...\n")
    with pytest.raises(Unavailable) as caught:
        load_implementation(f"{path}:Layer")
    assert str(caught.value) == f"{path}:Layer: conv2d is a method of a class; name an instance of the class"


def test_required_parameter_of_nearly_the_right_name_is_recognised(tmp_path: Path) -> None:
    path = tmp_path / "near.py"
    path.write_text("def conv2d(x, w, stride, padding): ...\n")
    with pytest.raises(BadAnswer) as caught:
        call(load_implementation(f"{path}:conv2d"), CASE, make_operands(CASE))
    assert str(caught.value).startswith(
        "requires 'stride' (did you mean 'strides'?); the call gives it input, filters, "
    )


def test_neighbour_that_imports_the_file_back_gets_the_same_module(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a registry is filled; and children of the process, which look functions up by module, find it."""
    (tmp_path / "conv_registry.py").write_text(
        "from reference.naive import conv2d as exact\nTABLE = {}\nimport conv_kernels\n\n"
        "def conv2d(x, w, strides, padding):\n    return TABLE['kernel'](x, w, strides, padding)\n"
    )
    (tmp_path / "conv_kernels.py").write_text("import conv_registry as r\nr.TABLE['kernel'] = r.exact\n")
    monkeypatch.setattr(sys, "path", list(sys.path))
    subject = load_implementation(f"{tmp_path / 'conv_registry.py'}:conv2d")
    assert subject.functions["conv2d"].__module__ == "conv_registry"
    assert call(subject, CASE, make_operands(CASE)).shape == CASE.output


def test_file_with_the_name_of_a_module_leaves_that_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "random.py").write_text("def conv2d(x, w, strides, padding): ...\n")
    monkeypatch.setattr(sys, "path", list(sys.path))
    known = sys.modules["random"]
    subject = load_implementation(f"{tmp_path / 'random.py'}:conv2d")
    assert subject.functions["conv2d"].__module__ != "random"
    assert sys.modules["random"] is known


def test_operation_that_is_not_implemented_yet_is_not_offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "partly_there.py").write_text(
        "class Space:\n    def conv2d(self, x, w, strides, padding): ...\n\n"
        "    @property\n    def conv1d(self): raise NotImplementedError('later')\n\nspace = Space()\n"
    )
    monkeypatch.setattr(sys, "path", list(sys.path))
    assert list(load_implementation(f"{tmp_path / 'partly_there.py'}:space").functions) == ["conv2d"]
