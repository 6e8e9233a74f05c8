"""Traits: what right implementations do differently, measured and not judged.

| trait                  | values                                           | asked with                         |
|------------------------|--------------------------------------------------|------------------------------------|
| `denormals`            | kept, flushed, operands flushed, results flushed | numbers below 2^-126               |
| `signed zeros`         | kept, lost                                       | a sum of -0 only                   |
| `0·Inf in the padding` | NaN, skipped, mixed                              | Inf in a filter that reaches there |
| `batch invariance`     | yes, no                                          | images alone and in a batch        |
| `determinism`          | yes, no                                          | the same real data several times   |
| `integer overflow`     | wraps, saturates, other                          | int32 sums beyond 2^31 - 1         |

Every probe is a conv2d of a few elements. One that cannot be made is `not measured`, with the reason.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from conformance.case import Case, DType, Operation
from conformance.data import Array, Operands
from conformance.errors import text_of
from conformance.implementations import Implementation, call

__all__ = ["NOT_MEASURED", "Trait", "measure_traits"]

NOT_MEASURED = "not measured"

_CALLS = 4
"""Calls with the same data that must agree bit for bit: threads that race do not do so every time."""

_REASON = 200
"""Characters of an exception's text that are shown."""


@dataclass(frozen=True, slots=True)
class Trait:
    """One thing that an implementation does in its own way.

    Attributes:
        name: of the trait.
        value: in a word or two.
        sentence: what that means, or why it was not measured.
    """

    name: str
    value: str
    sentence: str


@dataclass(frozen=True, slots=True)
class _Subject:
    """Whom the probes ask."""

    implementation: Implementation

    def ask(self, image: Array, filters: Array, padding: str = "VALID") -> Array:
        """Return what the implementation makes of copies of the operands.

        Raises:
            ValueError: the shape or the dtype is wrong, so that values mean nothing.
        """
        taps = filters.shape[:2] if padding == "VALID" else (1, 1)
        sizes = tuple(size - tap + 1 for size, tap in zip(image.shape[1:3], taps, strict=True))
        output = (len(image), *sizes, filters.shape[-1])
        case = Case(
            id="trait",
            operation=Operation.CONV2D,
            input=image.shape,
            filters=filters.shape,
            output=output,
            written={"input": image.shape, "filters": filters.shape, "output": output},
            padding=padding,
            dtype=DType(image.dtype.name),
            data={"input": "normal", "filters": "normal"},
        )
        with np.errstate(all="ignore"):
            answer = call(self.implementation, case, Operands(image.copy(), filters.copy(), None)).copy()
        if answer.shape != output or answer.dtype != image.dtype:
            got, wanted = f"{answer.shape} of {answer.dtype}", f"{output} of {image.dtype}"
            raise ValueError(f"the answer must be {wanted}, but is {got}")
        return answer


def measure_traits(implementation: Implementation) -> tuple[Trait, ...]:
    """Return the traits of `implementation`, in the order of the table above; raises nothing but interruptions."""
    subject = _Subject(implementation)
    return tuple(_measured(name, probe, subject) for name, probe in _PROBES.items())


def _measured(name: str, probe: Callable[[_Subject], tuple[str, str]], subject: _Subject) -> Trait:
    try:
        value, sentence = probe(subject)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        reason = " ".join(text_of(error).split())[:_REASON]
        return Trait(name, NOT_MEASURED, reason or type(error).__name__)
    return Trait(name, value, sentence)


def _denormals(subject: _Subject) -> tuple[str, str]:
    operand = subject.ask(_single(2.0**-130), _single(2.0**60)).item()
    result = subject.ask(_single(2.0**-70), _single(2.0**-60)).item()
    kept = operand == 2.0**-70, result == 2.0**-130
    if all(kept):
        return "kept", "numbers below 2^-126 count, as operands and as results"
    if (operand and not kept[0]) or (result and not kept[1]):
        return "other", f"2^-130 times 2^60 gives {operand:.3g}, 2^-70 times 2^-60 gives {result:.3g}"
    if not any(kept):
        return "flushed", "numbers below 2^-126 become 0, as operands and as results"
    which = "operands" if kept[1] else "results"
    return f"{which} flushed", f"{which} below 2^-126 become 0, others count"


def _signed_zeros(subject: _Subject) -> tuple[str, str]:
    zero = subject.ask(np.full((1, 3, 3, 1), -0.0, np.float32), np.ones((3, 3, 1, 1), np.float32)).item()
    if zero != 0:
        return "other", f"a sum of -0 gives {zero:g}"
    kept = bool(np.signbit(zero))
    return ("kept", "a sum of -0 is -0") if kept else ("lost", "a sum of -0 is +0")


def _padding(subject: _Subject) -> tuple[str, str]:
    filters = np.ones((3, 3, 1, 1), np.float32)
    filters[0, 0] = np.inf
    meets = subject.ask(np.ones((1, 4, 5, 1), np.float32), filters, "SAME")[0, ..., 0]
    border = np.concatenate([meets[0], meets[1:, 0]])
    if np.isnan(border).all():
        return "NaN", "Inf in the filters times a zero of the padding gives NaN"
    if np.isfinite(border).all():
        return "skipped", "Inf in the filters meets no zero in the padding"
    return "mixed", f"Inf in the filters over the padding gives NaN at {np.isnan(border).sum()} of {border.size} places"


def _batch_invariance(subject: _Subject) -> tuple[str, str]:
    images, filters = _real_data()
    together = subject.ask(images, filters)
    alone = np.concatenate([subject.ask(images[n : n + 1], filters) for n in range(len(images))])
    if _same_bits(together, alone):
        return "yes", f"each of {len(images)} images alone gives the same bits as in a batch"
    differing = np.count_nonzero(together != alone)
    return "no", f"{differing:,} of {alone.size:,} elements differ between an image alone and in a batch"


def _determinism(subject: _Subject) -> tuple[str, str]:
    images, filters = _real_data()
    first, *others = (subject.ask(images, filters) for _ in range(_CALLS))
    if all(_same_bits(first, other) for other in others):
        return "yes", f"{_CALLS} calls with the same real data give the same bits"
    return "no", f"{_CALLS} calls with the same real data give different bits"


def _overflow(subject: _Subject) -> tuple[str, str]:
    image = np.full((1, 1, 3, 1), 2**30, np.int32)
    total = subject.ask(image, np.ones((1, 3, 1, 1), np.int32)).item()
    largest = np.iinfo(np.int32).max
    if total == 3 * 2**30 - 2**32:
        return "wraps", "int32 sums beyond 2^31 - 1 wrap round"
    if total == largest:
        return "saturates", "int32 sums stay at 2^31 - 1"
    return "other", f"3·2^30 in int32 gives {total}"


_PROBES: dict[str, Callable[[_Subject], tuple[str, str]]] = {
    "denormals": _denormals,
    "signed zeros": _signed_zeros,
    "0·Inf in the padding": _padding,
    "batch invariance": _batch_invariance,
    "determinism": _determinism,
    "integer overflow": _overflow,
}


def _single(number: float) -> Array:
    return np.full((1, 1, 1, 1), number, np.float32)


def _real_data() -> tuple[Array, Array]:
    """Return images and filters of real numbers, large enough for blocks and threads."""
    stream = np.random.default_rng(4)
    images, filters = stream.normal(size=(4, 9, 10, 8)), stream.normal(size=(3, 3, 8, 16))
    return images.astype(np.float32), filters.astype(np.float32)


def _same_bits(left: Array, right: Array) -> bool:
    return left.tobytes() == right.tobytes()
