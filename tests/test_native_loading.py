"""Finding functions in a native library, and what is said where there are none; the examples in docs/native.md."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

import pytest
from conftest import ROOT, Command
from foreign import HEADERS, build, compiled

from conformance.catalogue import load_catalogue
from conformance.errors import Unavailable, UsageError
from conformance.implementations import load_implementation, split_spec
from conformance.runner import attempt

DOCS = (ROOT / "docs" / "native.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"<!-- (.+?) -->\n```\w+\n(.*?)```", DOCS, re.DOTALL)

FUNCTION = (
    "CONFORMANCE_EXPORT int {name}(const conformance_tensor *input, const conformance_tensor *filters,\n"
    "    const conformance_parameters *parameters, conformance_tensor *output) {{ return CONFORMANCE_UNSUPPORTED; }}\n"
)


def functions(folder: Path, *names: str) -> Path:
    return build(folder, "".join(FUNCTION.format(name=name) for name in names))


def refusal(spec: str) -> str:
    with pytest.raises(Unavailable) as caught:
        load_implementation(spec)
    return str(caught.value).removeprefix(f"{spec}: ")


def test_library_offers_what_it_exports(tmp_path: Path) -> None:
    library = functions(tmp_path, "conv2d", "bias_add", "conv3d_backprop_filter", "helper")
    offered = load_implementation(str(library)).functions.keys()
    assert offered == {"conv2d", "bias_add", "conv3d_backprop_filter"}


@pytest.mark.parametrize(("name", "operation"), [("conv1d", "conv1d"), ("my_kernel", "conv2d")])
def test_function_that_is_named_is_taken_alone(tmp_path: Path, name: str, operation: str) -> None:
    library = functions(tmp_path, "conv1d", "conv2d", "my_kernel")
    assert list(load_implementation(f"{library}:{name}").functions) == [operation]


@pytest.mark.parametrize("spec", ["libfoo.so", "./libfoo.so:conv2d", "a/b.dylib", "C:\\a\\foo.dll:conv2d", "l.so.1.2"])
def test_library_is_known_by_its_ending(spec: str) -> None:
    where, _ = split_spec(spec)
    with pytest.raises(Unavailable) as caught:
        load_implementation(spec)
    assert str(caught.value) == f"{spec}: there is no file {str(Path(where))!r}"


def test_library_in_the_current_folder_needs_no_path(command: Command, tmp_path: Path) -> None:
    functions(tmp_path, "conv2d")
    done = command("run", "-i", "libkernel.so", "-k", "basic")
    assert done.stdout.splitlines()[-1] == "libkernel.so: 1 unsupported"


def test_missing_function_is_told_with_near_names(tmp_path: Path) -> None:
    library = functions(tmp_path, "conv2d_fast", "bias_add")
    assert refusal(f"{library}:conv2d") == f"{library} exports no 'conv2d' (near: conv2d_fast)"


def test_library_without_operations_is_told_so(tmp_path: Path) -> None:
    library = functions(tmp_path, "convolution2d")
    assert refusal(str(library)) == (f"{library} exports no operation of tf.nn, such as conv2d (near: convolution2d)")


def test_mangled_name_is_recognised(tmp_path: Path) -> None:
    (tmp_path / "mangled.cpp").write_text(
        "int conv2d(const void *, const void *, const void *, void *) { return 0; }\n"
    )
    compiled(tmp_path, "c++", "-shared", "-fPIC", "-o", "libmangled.so", "mangled.cpp")
    library = tmp_path / "libmangled.so"
    assert refusal(str(library)).endswith('(it has conv2d with a mangled name: declare it extern "C")')


def test_module_for_python_is_recognised(tmp_path: Path) -> None:
    library = build(tmp_path, "CONFORMANCE_EXPORT void *PyInit_kernel(void) { return 0; }\n")
    assert refusal(str(library)).endswith("(it is a module for Python: name it as package.module)")


def test_what_is_no_library_cannot_be_loaded(tmp_path: Path) -> None:
    (tmp_path / "libtext.so").write_text("hello")
    assert refusal(f"{tmp_path}/libtext.so").startswith("cannot be loaded: ")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have other formats than ELF")
@pytest.mark.parametrize(
    ("place", "value", "processor"), [(18, 0xF3, "RISC-V, 64 bits"), (18, 0xF7, "processor 247, 64 bits")]
)
def test_library_for_another_processor_is_told_so(tmp_path: Path, place: int, value: int, processor: str) -> None:
    content = bytearray(functions(tmp_path, "conv2d").read_bytes())
    content[place] = value
    (tmp_path / "libother.so").write_bytes(content)
    assert refusal(f"{tmp_path}/libother.so").startswith(
        f"cannot be loaded: it is for {processor}, and this Python for "
    )


@pytest.mark.parametrize("spec", ["cmd:", "cmd:  ", "cmd:'./mine"])
def test_program_without_a_command_is_a_usage_error(spec: str) -> None:
    with pytest.raises(UsageError, match="implementation must be cmd: and a command, but is"):
        split_spec(spec)


def test_program_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    assert refusal("cmd:./absent --flag") == "the program './absent' is not there"
    (tmp_path / "mine").write_text("#!/bin/sh\n")
    assert refusal(f"cmd:{tmp_path}/mine") == f"the program '{tmp_path}/mine' cannot be executed"


@pytest.mark.parametrize("file", ["identity.cpp", "kernel.rs"])
def test_other_languages_build_as_printed(tmp_path: Path, file: str) -> None:
    place = next(index for index, (mark, _) in enumerate(BLOCKS) if mark == f"file: {file}")
    (tmp_path / file).write_text(BLOCKS[place][1], encoding="utf-8")
    mark, line = BLOCKS[place + 1]
    assert mark == "build"
    compiled(tmp_path, *(word.replace("$HEADERS", str(HEADERS)) for word in shlex.split(line)))
    assert list(load_implementation(str(next(tmp_path.glob("lib*.so")))).functions) == ["conv2d"]


def test_rust_kernel_is_right(command: Command, tmp_path: Path) -> None:
    test_other_languages_build_as_printed(tmp_path, "kernel.rs")
    done = command("run", "-i", "libkernel.so", "-k", "conv2d or basic or channel or multiple")
    assert done.returncode == 0
    assert "passed" in done.stdout.splitlines()[-1]


def test_c_example_prints_what_is_told(tmp_path: Path) -> None:
    place = next(index for index, (mark, _) in enumerate(BLOCKS) if mark.startswith("in: "))
    folder = tmp_path / "c"
    folder.mkdir()
    for file in (ROOT / BLOCKS[place][0].removeprefix("in: ")).glob("[!l]*"):
        (folder / file.name).write_bytes(file.read_bytes())
    make, run = BLOCKS[place][1].splitlines()
    compiled(folder, "cc", "--version")
    compiled(folder, make, f"INCLUDE={HEADERS}")
    *_, spec, _, name = shlex.split(run)
    case = next(case for case in load_catalogue() if case.id == name)
    detail = attempt(case, load_implementation(str(folder / spec))).result.detail
    mark, printed = BLOCKS[place + 1]
    assert mark == "printed"
    assert printed in f"{detail}\n"
