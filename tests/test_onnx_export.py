"""Cases as ONNX models: what others compute from them is what their test data say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Command

from conformance.case import Case, DType, Operation
from conformance.catalogue import load_catalogue
from conformance.data import Array, make_operands
from conformance.judgement import Expected, expect

onnx = pytest.importorskip("onnx", reason="the extra `onnx` is not installed")

from cases import make_case  # noqa: E402
from onnx import numpy_helper  # noqa: E402
from onnx.reference import ReferenceEvaluator  # noqa: E402

from conformance.exchange.onnx_adapter import left_out, model_files  # noqa: E402

CASES = {case.id: case for case in load_catalogue()}

WRITTEN = [case for case in CASES.values() if not left_out(case)]

DATA = "test_data_set_0"


def files(case: Case) -> tuple[dict[str, bytes], Expected]:
    """Return the files of a case, and its right answer."""
    operands = make_operands(case)
    expected = expect(case, operands)
    return model_files(case, operands, expected.value), expected


def array(content: bytes) -> Array:
    numbers: Array = numpy_helper.to_array(onnx.load_tensor_from_string(content))
    return numbers


def inputs(contents: dict[str, bytes]) -> dict[str, Array]:
    """Return the test data that go in, by the names of the model's inputs."""
    names = [each.name for each in onnx.load_model_from_string(contents["model.onnx"]).graph.input]
    return {name: array(contents[f"{DATA}/input_{place}.pb"]) for place, name in enumerate(names)}


def node(contents: dict[str, bytes]) -> tuple[str, dict[str, Any]]:
    """Return the operator of a model, and its attributes."""
    (only,) = onnx.load_model_from_string(contents["model.onnx"]).graph.node
    return only.op_type, {each.name: onnx.helper.get_attribute_value(each) for each in only.attribute}


@pytest.mark.parametrize(
    "name",
    [
        "basic",
        "multiple-filters-and-bias",
        "padding-and-stride",
        "four-different-pads",
        "same-even-input-stride-two",
        "dilations-with-same",
        "groups-mixed-up.conv2d.filter-3x2x3x10",
        "unequal-pads-depthwise",
        "unequal-pads-three-dimensions",
        "transpose-same",
        "transpose-explicit",
        "transpose-dilated",
        "unequal-pads-transpose",
        "dtype-int8",
        "dtype-float64",
        "dtype-bfloat16",
    ],
)
def test_onnx_computes_what_the_test_data_say(name: str) -> None:
    contents, expected = files(CASES[name])
    assert expected.exact
    (computed,) = ReferenceEvaluator(contents["model.onnx"]).run(None, inputs(contents))
    output = array(contents[f"{DATA}/output_0.pb"])
    assert computed.dtype == output.dtype
    assert np.array_equal(computed, output)


KERNELS = (DType.FLOAT16, DType.FLOAT32, DType.INT8)
"""What ONNX Runtime has kernels for on the CPU."""


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("transposed", [False, True], ids=["forward", "transposed"])
def test_onnx_runtime_computes_what_the_test_data_say(rank: int, transposed: bool) -> None:
    runtime = pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed")
    chosen = [
        case
        for case in WRITTEN
        if (case.operation.rank, case.operation.is_transposed) == (rank, transposed) and case.dtype in KERNELS
    ]
    wrong = []
    for case in chosen:
        contents, expected = files(case)
        session = runtime.InferenceSession(contents["model.onnx"], providers=["CPUExecutionProvider"])
        (computed,) = session.run(None, inputs(contents))
        output = array(contents[f"{DATA}/output_0.pb"])
        if computed.shape != output.shape or (expected.exact and not np.array_equal(computed, output)):
            wrong.append(case.id)
    assert chosen
    assert wrong == []


def test_files_lie_as_in_the_tests_of_onnx() -> None:
    contents, _ = files(CASES["multiple-filters-and-bias"])
    data = ["input_0.pb", "input_1.pb", "input_2.pb", "output_0.pb"]
    assert sorted(contents) == ["model.onnx", *(f"{DATA}/{name}" for name in data)]
    assert list(inputs(contents)) == ["X", "W", "B"]


def test_image_is_channels_first_and_filters_are_oihw() -> None:
    case = make_case((2, 6, 7, 5), (3, 2, 5, 4))
    operands = make_operands(case)
    given = inputs(files(case)[0])
    assert np.array_equal(given["X"], operands.input.transpose(0, 3, 1, 2))
    assert np.array_equal(given["W"], operands.filters.transpose(3, 2, 0, 1))


def test_parameters_are_those_of_onnx() -> None:
    assert node(files(CASES["padding-and-stride"])[0]) == (
        "Conv",
        {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1], "dilations": [1, 1], "group": 1},
    )


def test_pads_before_all_axes_stand_first() -> None:
    case = make_case(padding=((1, 2), (3, 4)), output=(2, 7, 13, 4))
    assert node(files(case)[0])[1]["pads"] == [1, 3, 2, 4]


def test_transpose_says_how_far_its_output_goes_on() -> None:
    steps: dict[str, Any] = {"strides": (2,), "dilations": (1,)}
    case = make_case((1, 3, 2), (3, 4, 2), operation=Operation.CONV1D_TRANSPOSE, output=(1, 8, 4), **steps)
    operator, attributes = node(files(case)[0])
    assert (operator, attributes["output_padding"]) == ("ConvTranspose", [1])


def test_depthwise_has_a_group_for_each_channel() -> None:
    contents, _ = files(CASES["unequal-pads-depthwise"])
    assert node(contents)[1]["group"] == CASES["unequal-pads-depthwise"].input[-1]
    assert inputs(contents)["W"].shape[1] == 1


def test_files_are_the_same_each_time() -> None:
    case = CASES["multiple-filters-and-bias"]
    assert files(case)[0] == files(case)[0]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("gradient", "no operator for conv2d_backprop_"),
        ("dtype-int32", "no conv2d of int32"),
        ("special-filters", "0·Inf in the padding"),
    ],
)
def test_what_onnx_cannot_say_is_left_out(name: str, reason: str) -> None:
    case = next(each for each in CASES.values() if each.id.startswith(name))
    assert reason in left_out(case)


def test_calls_to_refuse_are_left_out() -> None:
    reasons = {left_out(case) for case in CASES.values() if case.refuses}
    assert reasons == {"a call that must be refused has no output"}


def test_int8_with_a_bias_is_left_out() -> None:
    assert "takes no bias" in left_out(make_case(dtype="int8", bias=(1.0, 2.0, 3.0, 4.0)))


def test_command_exports_models_and_counts_what_is_left_out(command: Command, tmp_path: Path) -> None:
    done = command("export", "models", "-k", "basic or dtype-int32", "--format", "onnx")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "models: 1 case as ONNX models with test data, 1 left out:",
        "    1 ONNX has no conv2d of int32",
    ]
    folder = tmp_path / "models" / "basic"
    onnx.checker.check_model(str(folder / "model.onnx"), full_check=True)
    output = array((folder / DATA / "output_0.pb").read_bytes())
    (computed,) = ReferenceEvaluator(str(folder / "model.onnx")).run(
        None, {name: array((folder / DATA / f"input_{place}.pb").read_bytes()) for place, name in enumerate("XW")}
    )
    assert np.array_equal(computed, output)


def test_score_says_that_it_reads_no_models(command: Command) -> None:
    command("export", "models", "-k", "basic", "--format", "onnx")
    done = command("score", "models")
    assert done.returncode == 2
    assert done.stderr == "'models' was exported as onnx, which score does not read; export it as npy\n"
