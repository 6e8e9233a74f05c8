"""All adapters by the SPEC that names them."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["ADAPTERS", "REFERENCES", "Adapter"]

_HERE = "conformance.implementations.adapters"


@dataclass(frozen=True, slots=True)
class Adapter:
    """What is known of an adapter before its framework is imported.

    Attributes:
        file: of this package, without its ending.
        packages: the modules that it imports beside NumPy; without them it is unavailable.
        extra: of this project, that installs them; empty where nothing is to be installed.
        about: what it is, in a few words.
        variant: which of the file's ways of calling the framework.
        environment: variables that must be set before the framework is imported.
        devices: where it can compute.
    """

    file: str
    packages: tuple[str, ...]
    extra: str
    about: str
    variant: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    devices: tuple[str, ...] = ("cpu",)

    @property
    def module(self) -> str:
        """The module's full name."""
        return f"{_HERE}.{self.file}"


_EVERYWHERE = ("cpu", "gpu")


def _tensorflow(about: str, variant: str, environment: dict[str, str] | None = None) -> Adapter:
    packages = ("tensorflow",)
    return Adapter(
        "tensorflow_modes_adapter", packages, "tensorflow", about, variant, environment or {}, devices=_EVERYWHERE
    )


ADAPTERS: dict[str, Adapter] = {
    "iree": Adapter("iree_adapter", ("iree", "jax"), "iree", "JAX's functions compiled by IREE; slow"),
    "jax": Adapter("jax_adapter", ("jax",), "jax", "jax.lax, eager", devices=_EVERYWHERE),
    "keras": Adapter(
        "keras_adapter",
        ("keras", "tensorflow"),
        "keras",
        "keras.ops on TensorFlow",
        environment={"KERAS_BACKEND": "tensorflow"},
        devices=_EVERYWHERE,
    ),
    "litert": Adapter("litert_adapter", ("ai_edge_litert", "tensorflow"), "litert", "LiteRT, converted by TensorFlow"),
    "mlx": Adapter("mlx_adapter", ("mlx",), "mlx", "mlx.core.conv1d to conv3d", devices=_EVERYWHERE),
    "ncnn": Adapter("ncnn_adapter", ("ncnn",), "ncnn", "ncnn's layers"),
    "onnxruntime": Adapter(
        "onnxruntime_adapter", ("onnxruntime", "onnx"), "onnxruntime", "ONNX Runtime, filters as inputs"
    ),
    "onnxruntime-initializer": Adapter(
        "onnxruntime_adapter",
        ("onnxruntime", "onnx"),
        "onnxruntime",
        "ONNX Runtime, filters as constants",
        variant="initializer",
    ),
    "openvino": Adapter("openvino_adapter", ("openvino",), "openvino", "OpenVINO, in the precision that it chooses"),
    "openvino-f32": Adapter("openvino_adapter", ("openvino",), "openvino", "OpenVINO, in float32", variant="f32"),
    "paddle": Adapter("paddle_adapter", ("paddle",), "paddle", "paddle.nn.functional, dynamic graph"),
    "scipy": Adapter("scipy_adapter", ("scipy",), "", "scipy.signal.correlate"),
    "tensorflow": _tensorflow("tf.nn, eager", "eager"),
    "tensorflow-function": _tensorflow("tf.nn in a tf.function, arrays as its arguments", "function"),
    "tensorflow-no-onednn": _tensorflow("tf.nn, eager, without oneDNN", "eager", {"TF_ENABLE_ONEDNN_OPTS": "0"}),
    "tensorflow-xla": _tensorflow("tf.nn in a tf.function, compiled by XLA", "xla"),
    "tinygrad": Adapter("tinygrad_adapter", ("tinygrad",), "tinygrad", "tinygrad.Tensor.conv2d"),
    "torch": Adapter("torch_adapter", ("torch",), "torch", "torch.nn.functional", devices=_EVERYWHERE),
    "torch-channels-last": Adapter(
        "torch_adapter", ("torch",), "torch", "torch.nn.functional, channels last", "channels-last", devices=_EVERYWHERE
    ),
}
"""One entry a SPEC; a second entry for the same file is another variant of it."""

REFERENCES: dict[str, str] = {
    "reference": "NumPy, by the algorithm that is fastest for the call",
    "reference.fourier": "by the fast Fourier transform",
    "reference.im2col": "columns, one matrix product, and their adjoint",
    "reference.kn2row": "one product of all pixels with all taps, then shifts",
    "reference.naive": "the definition, as loops",
    "reference.naive_gradients": "the gradients by definition, as loops",
    "reference.strided": "windows by as_strided, its extent proven",
    "reference.submatrix": "a shifted slab for each tap",
    "reference.taprows": "columns lying down: a row for each tap",
    "reference.toeplitz": "products with banded matrices",
    "reference.windows": "windows by sliding_window_view",
    "reference.winograd": "fewer products for filters of 3×3",
}
"""The modules of the reference that are implementations too, and what each is; they need no adapter."""
