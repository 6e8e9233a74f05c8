"""All adapters by the SPEC that names them."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["ADAPTERS", "Adapter"]

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

ADAPTERS: dict[str, Adapter] = {
    "jax": Adapter("jax_adapter", ("jax",), "jax", "jax.lax, eager", devices=_EVERYWHERE),
    "scipy": Adapter("scipy_adapter", ("scipy",), "", "scipy.signal.correlate"),
    "tensorflow": Adapter("tensorflow_adapter", ("tensorflow",), "tensorflow", "tf.nn, eager", devices=_EVERYWHERE),
    "torch": Adapter("torch_adapter", ("torch",), "torch", "torch.nn.functional", devices=_EVERYWHERE),
    "torch-channels-last": Adapter(
        "torch_adapter", ("torch",), "torch", "torch.nn.functional, channels last", "channels-last", devices=_EVERYWHERE
    ),
}
"""One entry a SPEC; a second entry for the same file is another variant of it."""
