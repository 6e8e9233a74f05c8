"""The ways in which TensorFlow runs its functions: eagerly, as a `tf.function`, and compiled by XLA, each on a device.

Each way has kernels of its own, so that each is judged by itself; so has TensorFlow without oneDNN, which is a matter
of its environment. Arrays are arguments of a `tf.function`, and so of its program; constants would be folded, by other
kernels. What is no array (strides, padding, shapes) is part of the program: each combination is traced once.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import tensorflow as tf

from conformance.errors import Unavailable
from conformance.implementations.adapters import tensorflow_adapter as eager
from conformance.operation import Operation

__all__ = ["VERSION", "namespace"]

VERSION: str = tf.__version__

Function = Callable[..., Any]


def namespace(variant: str, device: str) -> SimpleNamespace:
    """Return TensorFlow's functions.

    Args:
        variant: `eager`, `function` or `xla`.
        device: `cpu` or `gpu`.

    Raises:
        Unavailable: TensorFlow sees no such device.
    """
    if not tf.config.list_physical_devices(device.upper()):
        raise Unavailable(f"TensorFlow {VERSION} sees no {device.upper()} here")
    tf.get_logger().setLevel("ERROR")  # it warns of tracing often, which judging many cases is
    functions = {str(name): _placed(getattr(eager, name), variant, device) for name in Operation}
    return SimpleNamespace(SWITCHES=_switches(variant, device), **functions)


def _placed(function: Function, variant: str, device: str) -> Function:
    """Return the function as it is run in one of the ways, on a device."""
    run = function
    if variant != "eager":
        run = tf.function(function, autograph=False, jit_compile=variant == "xla")

    @functools.wraps(function)
    def placed(*operands: Any, **options: Any) -> Any:
        with tf.device(f"/{device.upper()}:0"):
            return run(*operands, **options)

    return eager.with_limits(placed)


def _switches(variant: str, device: str) -> dict[str, str]:
    modes = {"eager": "eager", "function": "tf.function", "xla": "tf.function(jit_compile=True)"}
    tf32 = tf.config.experimental.tensor_float_32_execution_enabled()
    return {
        "device": device,
        "mode": modes[variant],
        "TF_ENABLE_ONEDNN_OPTS": os.environ.get("TF_ENABLE_ONEDNN_OPTS", "not set"),
        "tensor_float_32_execution_enabled": str(tf32),
    }
