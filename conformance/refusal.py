"""The trial of a case that must be refused: one call, which must raise.

Any ordinary exception is a refusal. An answer is none, and neither is what is raised for want of memory or to leave the
program.
"""

from __future__ import annotations

from conformance.case import Case
from conformance.data import Array, Operands, laid_out
from conformance.errors import ConformanceError
from conformance.handover import Handover
from conformance.implementations import Implementation, call
from conformance.judgement import Verdict
from conformance.trial import LARGE, Trial

__all__ = ["refusal_broken", "try_refusal"]


def try_refusal(case: Case, implementation: Implementation, operands: Operands) -> Trial:
    """Call `implementation` once, and return whether it refuses.

    Args:
        case: what is asked; has a reason under `refuses`.
        implementation: who is asked.
        operands: the arrays of the call; never handed over themselves.

    Raises:
        ConformanceError: the implementation does not offer what the case asks, or cannot be called.
        BaseException: what is no refusal, such as `MemoryError` and `SystemExit`.
    """
    handed = laid_out(case, operands)
    handover = Handover(handed, case.operation, case.memory)
    handover.fill(handover.pack(handed))
    try:
        answer = call(implementation, case, handover.operands)
    except (ConformanceError, MemoryError):
        raise
    except Exception:
        damage = handover.damage()
        if not damage:
            return Trial(None, Verdict(True, "refused"))
        limit = "operands and the memory around them stay as they are, whatever is raised"
        return Trial(None, Verdict(False, "memory", limit, "none: it refuses, as it must", damage), (damage,))
    return Trial(answer.copy() if answer.size <= LARGE else None, *refusal_broken(case, answer))


def refusal_broken(case: Case, answer: Array) -> tuple[Verdict, tuple[str, ...]]:
    """Return the verdict on an answer to a call that has none, and the mistake behind it."""
    shape = "×".join(map(str, answer.shape))
    worst = f"answered with shape ({shape}) of {answer.dtype}, where it must raise: {case.refuses}"
    verdict = Verdict(False, "refusal", "a call that has no meaning raises an exception", worst, "the whole answer")
    return verdict, (_mistake(case),)


def _mistake(case: Case) -> str:
    """Return what the implementation accepts, completing "it …"."""
    operation = case.operation
    for name, steps in {"stride": case.strides, "dilation": case.dilations}.items():
        if len(steps) != operation.rank:
            return f"accepts {len(steps)} {name}s for {operation.rank} spatial axes"
        if min(steps) < 1:
            return f"accepts a {name} of {min(steps)}"
    padding = _padding_mistake(case)
    if padding:
        return padding
    if case.data_format not in operation.data_formats:
        return f"accepts the data_format {case.data_format!r}"
    for name, shape in case.written.items():
        if len(shape) != operation.rank + 2:
            return f"accepts {name} of {len(shape)} axes"
    return "accepts shapes that do not fit together"


def _padding_mistake(case: Case) -> str:
    padding, rank = case.padding, case.operation.rank
    if isinstance(padding, str):
        return "" if padding in ("VALID", "SAME") else f"accepts the padding {padding!r}"
    if len(padding) != rank or any(len(pair) != 2 for pair in padding):
        return "accepts padding of the wrong length"
    least = min(map(min, padding))
    return f"accepts a pad of {least}" if least < 0 else ""
