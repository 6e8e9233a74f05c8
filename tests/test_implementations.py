"""Finding an implementation by its SPEC, and what is said where it is not found."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.case import Operation
from conformance.errors import Unavailable, UsageError
from conformance.implementations import load_implementation

SOURCE = """
from dataclasses import dataclass

@dataclass
class Options:
    size: "int" = 1

def conv2d(x, w, strides, padding): ...

def my_convolution(x, w, strides, padding): ...

class Layer:
    def __call__(self, x, w, strides, padding): ...

class Space:
    class nn:
        conv2d = staticmethod(conv2d)

layer = Layer()
number = 3
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "odd name.py"
    path.write_text(SOURCE)
    return path


def test_tensorflow_is_built_in() -> None:
    implementation = load_implementation("tensorflow")
    assert implementation.functions.keys() == set(Operation)
    assert implementation.version[0].isdigit()


def test_tf_nn_needs_no_adapter() -> None:
    offered = load_implementation("tensorflow.nn").functions.keys()
    assert {"bias_add", "conv1d", "conv2d", "conv3d", "depthwise_conv2d", "conv2d_transpose"} <= offered


@pytest.mark.parametrize("name", ["", ":conv2d", ":my_convolution", ":layer", ":Space.nn"])
def test_file_needs_not_be_importable(file: Path, name: str) -> None:
    implementation = load_implementation(f"{file}{name}")
    assert implementation.name == f"{file}{name}"
    assert list(implementation.functions) == ["conv2d"]


def test_current_folder_is_importable(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.rename(file.with_name("mine_in_this_folder.py"))
    monkeypatch.chdir(file.parent)
    assert load_implementation("mine_in_this_folder:my_convolution").functions.keys() == {"conv2d"}


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("no_such_package.nn", "no_such_package.nn: there is no module 'no_such_package'; is it installed?"),
        ("referense.naive", "referense.naive: there is no module 'referense'; did you mean reference?"),
        ("scipi", "scipi: there is no module 'scipi'; did you mean scipy?"),
        ("subjects:plane", "subjects:plane: subjects has no 'plane' (near: plain)"),
        ("subjects:ONES", "subjects:ONES: offers no operation of tf.nn, such as conv2d; name a function behind ':'"),
        ("subjects:Lazy", "subjects:Lazy: is a class; name a function, or an instance of it"),
        ("absent.py:conv2d", "absent.py:conv2d: there is no file 'absent.py'"),
    ],
)
def test_unavailable_says_why(spec: str, message: str) -> None:
    with pytest.raises(Unavailable) as caught:
        load_implementation(spec)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("import no_such_thing", "raised ModuleNotFoundError: No module named 'no_such_thing'"),
        ("def conv2d(:", "raised SyntaxError: invalid syntax (broken.py, line 1)"),
        ("raise SystemExit(0)", "raised SystemExit: 0"),
    ],
)
def test_file_that_does_not_run_is_unavailable(tmp_path: Path, source: str, message: str) -> None:
    path = tmp_path / "broken.py"
    path.write_text(source)
    with pytest.raises(Unavailable) as caught:
        load_implementation(f"{path}:conv2d")
    assert str(caught.value) == f"{path}:conv2d: running '{path}' {message}"


@pytest.mark.parametrize("spec", ["", ":conv2d", "module:"])
def test_malformed_spec_is_a_usage_error(spec: str) -> None:
    with pytest.raises(UsageError, match="implementation must be an adapter's name such as tensorflow, "):
        load_implementation(spec)
