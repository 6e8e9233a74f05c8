"""IREE on the CPU: functions of JAX, lowered to StableHLO, compiled by IREE and run by its runtime.

Convolutions are `lax.conv_general_dilated`, transposes `lax.conv_transpose`, and gradients `jax.vjp`; JAX only writes
the program, and computes nothing. SAME is JAX's own, which is TensorFlow's; transposes get the pads that they mean.
Each new shape is compiled, which takes half a second; the program is kept for the next calls of the same case.
Documented limits, reported as unsupported: `lax.conv_transpose` takes no groups; integers have no derivatives.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from importlib.metadata import version
from types import SimpleNamespace
from typing import Any

import iree.compiler
import iree.runtime
import jax
import numpy as np
from jax import lax

from conformance.data import Array
from conformance.implementations.framework import Framework, Geometry, Tensor

__all__ = ["VERSION", "namespace"]

VERSION: str = version("iree-base-compiler")

_FLAGS = ["--iree-llvmcpu-target-cpu=host", "--iree-input-demote-f64-to-f32=false"]
"""For the machine at hand, and in the precision that was asked for."""

_KEPT = 8
"""Programs that are kept."""

_LAYOUTS = {1: ("NWC", "WIO"), 2: ("NHWC", "HWIO"), 3: ("NDHWC", "DHWIO")}
_CHANNELS_FIRST = {1: "NCW", 2: "NCHW", 3: "NCDHW"}


class _Traced(Framework):
    """Convolutions as JAX writes them down; tensors are its tracers."""

    name = "IREE"
    dtypes = frozenset({"bfloat16", "float16", "float32", "float64", "int32", "int8"})

    def array(self, tensor: Tensor) -> Tensor:
        return tensor

    def convolve(self, image: Tensor, filters: Tensor, geometry: Geometry, bias: Tensor | None = None) -> Tensor:
        del bias
        return lax.conv_general_dilated(
            image,
            filters,
            geometry.strides,
            geometry.pads if geometry.padding == "EXPLICIT" else geometry.padding,
            rhs_dilation=geometry.dilations,
            dimension_numbers=_layouts(geometry),
            feature_group_count=geometry.groups,
            preferred_element_type=np.int32 if image.dtype == np.int8 else None,
        )

    def transpose(self, image: Tensor, filters: Tensor, output_shape: tuple[int, ...], geometry: Geometry) -> Tensor:
        if geometry.groups != 1:
            raise NotImplementedError("lax.conv_transpose takes no groups")
        spatial = slice(2, None) if geometry.channels_first else slice(1, -1)
        extents = [(taps - 1) * hole + 1 for taps, hole in zip(filters.shape[:-2], geometry.dilations, strict=True)]
        axes = list(
            zip(output_shape[spatial], image.shape[spatial], geometry.strides, extents, geometry.pads, strict=True)
        )
        if any(not 0 <= size - (n - 1) * step - extent + sum(pads) < step for size, n, step, extent, pads in axes):
            raise NotImplementedError(f"lax.conv_transpose takes pads; none mean an output of {output_shape}")
        pads = [(extent - 1 - low, size - (n - 1) * step - 1 + low) for size, n, step, extent, (low, _) in axes]
        return lax.conv_transpose(
            image,
            filters,
            geometry.strides,
            pads,
            rhs_dilation=geometry.dilations,
            dimension_numbers=_layouts(geometry),
            transpose_kernel=True,
            preferred_element_type=np.int32 if image.dtype == np.int8 else None,
        )

    def pull_back(self, function: Callable[[Tensor], Tensor], at: Tensor, arriving: Tensor) -> Tensor:
        if at.dtype.kind in "iu":
            raise NotImplementedError(f"jax.vjp differentiates by no {at.dtype.name}")
        return jax.vjp(function, at)[1](arriving)[0]


def _layouts(geometry: Geometry) -> tuple[str, str, str]:
    images, filters = _LAYOUTS[geometry.rank]
    images = _CHANNELS_FIRST[geometry.rank] if geometry.channels_first else images
    return images, filters, images


def _compiled(function: Callable[..., Any], config: iree.runtime.Config) -> Callable[..., Any]:
    """Return `function` as a program of IREE's: arrays are its arguments, everything else is part of it."""
    programs: dict[tuple[Any, ...], Callable[..., Any]] = {}

    @functools.wraps(function)
    def run(*places: Any, **keywords: Any) -> Array:
        given = {f"place{index}": part for index, part in enumerate(places)} | keywords
        arrays = {name: part for name, part in given.items() if isinstance(part, np.ndarray)}
        settings = repr({name: part for name, part in given.items() if name not in arrays})
        key = (settings, *((name, part.shape, part.dtype) for name, part in arrays.items()))
        if key not in programs:
            for old in list(programs)[: len(programs) + 1 - _KEPT]:
                del programs[old]
            programs[key] = _program(function, len(places), given, arrays, config)
        return np.asarray(programs[key](*arrays.values()))

    return run


def _program(
    function: Callable[..., Any], places: int, given: dict[str, Any], arrays: dict[str, Array], config: Any
) -> Callable[..., Any]:
    """Return the program that computes `function` for arrays of these shapes and dtypes."""

    def main(*tensors: Tensor) -> Tensor:
        parts = given | dict(zip(arrays, tensors, strict=True))
        leading = [parts.pop(f"place{index}") for index in range(places)]
        return function(*leading, **parts)

    lowered = jax.jit(main, keep_unused=True).lower(
        *(jax.ShapeDtypeStruct(part.shape, part.dtype) for part in arrays.values())
    )
    binary = iree.compiler.compile_str(
        str(lowered.compiler_ir("stablehlo")),
        input_type="stablehlo",
        target_backends=["llvm-cpu"],
        extra_args=_FLAGS,
    )
    module = iree.runtime.VmModule.copy_buffer(config.vm_instance, binary)
    program: Callable[..., Any] = iree.runtime.load_vm_module(module, config).main
    return program


def namespace(variant: str, device: str) -> SimpleNamespace:
    """Return IREE's functions, computed on the CPU."""
    del variant
    jax.config.update("jax_enable_x64", True)
    config = iree.runtime.Config("local-task")
    functions = {name: _compiled(each, config) for name, each in vars(_Traced().namespace()).items()}
    switches = {"device": f"{device} (llvm-cpu, local-task)", "flags": " ".join(_FLAGS), "jax": jax.__version__}
    return SimpleNamespace(SWITCHES=switches, **functions)
