"""Traits: each value of each trait, with an implementation that has it."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import count
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import pytest
from conftest import Command

from conformance.data import Array
from conformance.implementations import Implementation, load_implementation
from conformance.traits import NOT_MEASURED, Trait, measure_traits
from reference import naive, strided

SMALLEST = 2.0**-126
NAMES = [
    "denormals",
    "signed zeros",
    "0·Inf in the padding",
    "batch invariance",
    "determinism",
    "integer overflow",
]


def traits(function: Callable[..., Any]) -> dict[str, Trait]:
    found = measure_traits(Implementation("mine", "", {"conv2d": function}))
    return {trait.name: trait for trait in found}


def flush(array: Array) -> Array:
    return np.where(np.abs(array) < SMALLEST, 0, array).astype(array.dtype)


def right(x: Array, w: Array, strides: Any, padding: Any) -> Array:
    return strided.conv2d(x, w, strides, padding)


def flushing(x: Array, w: Array, strides: Any, padding: Any) -> Array:
    return flush(right(flush(x), w, strides, padding))


def flushing_operands(x: Array, w: Array, strides: Any, padding: Any) -> Array:
    return right(flush(x), w, strides, padding)


def flushing_results(x: Array, w: Array, strides: Any, padding: Any) -> Array:
    return flush(right(x, w, strides, padding))


def doubling(x: Array, w: Array, strides: Any, padding: Any) -> Array:
    return 2 * right(x, w, strides, padding)


def sign_keeping(x: Array, w: Array, strides: Any, padding: Any) -> Array:
    output = right(x, w, strides, padding)
    return np.where(output == 0, -0.0, output).astype(output.dtype)


def skipping(x: Array, w: Array, strides: Any, padding: Any) -> Array:
    return naive.conv2d(x, w, strides, padding)


def half_skipping(x: Array, w: Array, strides: Any, padding: Any) -> Array:
    output = right(x, w, strides, padding)
    output[:, :1] = naive.conv2d(x, w, strides, padding)[:, :1]
    return output


def batch_dependent(x: Array, w: Array, strides: Any, padding: Any) -> Array:
    output = right(x, w, strides, padding)
    return output if len(x) == 1 else np.nextafter(output, output + 1)


_calls = count()


def wavering(x: Array, w: Array, strides: Any, padding: Any) -> Array:
    output = right(x, w, strides, padding)
    return np.nextafter(output, output + 1) if next(_calls) % 2 else output


def saturated(x: Array, w: Array, strides: Any, padding: Any) -> Array:
    limits = np.iinfo(np.int32)
    wide = [part.astype(np.int64) if part.dtype == np.int32 else part for part in (x, w)]
    output = right(wide[0], wide[1], strides, padding)
    return output.clip(limits.min, limits.max).astype(np.int32) if x.dtype == np.int32 else output


def overflowing_to_zero(x: Array, w: Array, strides: Any, padding: Any) -> Array:
    return right(x, w, strides, padding) * (x.dtype != np.int32)


def floats_only(x: Array, w: Array, strides: Any, padding: Any) -> Array:
    if x.dtype.kind != "f":
        raise NotImplementedError("floats only")
    return right(x, w, strides, padding)


def raising(x: Array, w: Array, strides: Any, padding: Any) -> Array:
    raise RuntimeError("no kernel\n for this")


def leaving(x: Array, w: Array, strides: Any, padding: Any) -> Array:
    raise SystemExit(3)


@pytest.mark.parametrize(
    ("function", "name", "value"),
    [
        (right, "denormals", "kept"),
        (flushing, "denormals", "flushed"),
        (flushing_operands, "denormals", "operands flushed"),
        (flushing_results, "denormals", "results flushed"),
        (doubling, "denormals", "other"),
        (right, "signed zeros", "lost"),
        (sign_keeping, "signed zeros", "kept"),
        (right, "0·Inf in the padding", "NaN"),
        (skipping, "0·Inf in the padding", "skipped"),
        (half_skipping, "0·Inf in the padding", "mixed"),
        (skipping, "batch invariance", "yes"),
        (batch_dependent, "batch invariance", "no"),
        (right, "determinism", "yes"),
        (wavering, "determinism", "no"),
        (right, "integer overflow", "wraps"),
        (saturated, "integer overflow", "saturates"),
        (overflowing_to_zero, "integer overflow", "other"),
        (floats_only, "integer overflow", NOT_MEASURED),
    ],
)
def test_trait_has_the_value(function: Callable[..., Any], name: str, value: str) -> None:
    trait = traits(function)[name]
    assert trait.value == value
    assert trait.sentence


@pytest.mark.parametrize(
    ("function", "reason"),
    [(raising, "no kernel for this"), (leaving, "3")],
)
def test_exceptions_are_reasons(function: Callable[..., Any], reason: str) -> None:
    found = traits(function)
    assert list(found) == NAMES
    assert {(trait.value, trait.sentence) for trait in found.values()} == {(NOT_MEASURED, reason)}


def test_interruptions_pass() -> None:
    def interrupted(x: Array, w: Array, strides: Any, padding: Any) -> Array:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        traits(interrupted)


def test_wrong_shape_is_not_measured() -> None:
    found = traits(lambda x, w, strides, padding: x)
    assert found["integer overflow"].value == NOT_MEASURED
    assert (
        found["integer overflow"].sentence == "the answer must be (1, 1, 1, 1) of int32, but is (1, 1, 3, 1) of int32"
    )


def test_operations_beside_conv2d_are_not_asked() -> None:
    (first, *_) = measure_traits(Implementation("mine", "", {"bias_add": right}))
    assert (first.value, first.sentence) == (NOT_MEASURED, "mine offers no conv2d")


def test_operands_are_not_shared_between_probes() -> None:
    def scribbling(x: Array, w: Array, strides: Any, padding: Any) -> Array:
        output = skipping(x, w, strides, padding)
        x[...] = w[...] = 7
        return output

    assert traits(scribbling) == traits(skipping)


def test_tensorflow_has_traits(tensorflow: Implementation) -> None:
    found = {trait.name: trait.value for trait in measure_traits(tensorflow)}
    assert list(found) == NAMES
    assert found["integer overflow"] == "wraps"
    assert found["determinism"] == "yes"
    assert found["0·Inf in the padding"] in ("NaN", "skipped", "mixed")
    assert NOT_MEASURED not in found.values()


def test_measuring_is_quick(tensorflow: Implementation) -> None:
    measure_traits(tensorflow)
    start = perf_counter()
    measure_traits(tensorflow)
    assert perf_counter() - start < 1


def test_run_prints_and_writes_traits(command: Command, tmp_path: Path) -> None:
    done = command("run", "-i", "reference.naive", "-k", "basic", "--json", "report.json")
    assert "trait 0·Inf in the padding: skipped (Inf in the filters meets no zero in the padding)" in done.stdout
    (implementation,) = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["implementations"]
    assert list(implementation["traits"]) == NAMES
    assert implementation["traits"]["integer overflow"] == {
        "value": "wraps",
        "sentence": "int32 sums beyond 2^31 - 1 wrap round",
    }


def test_run_of_other_operations_measures_traits(command: Command) -> None:
    done = command("run", "-i", "reference", "-k", "transpose-same")
    assert "trait integer overflow: wraps" in done.stdout


def test_reference_is_measured_by_its_name() -> None:
    assert [trait.name for trait in measure_traits(load_implementation("reference.naive"))] == NAMES
