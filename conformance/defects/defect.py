"""A defect: a right convolution with one of its steps replaced, or something done between two of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from conformance.case import Case, Kind, Operation
from conformance.data import Array, Operands, channels_last
from conformance.defects.call import Call, from_arguments, from_case
from conformance.defects.posed import posed
from conformance.defects.steps import add_bias, contract, find_pads, find_sizes, find_tables

__all__ = ["RIGHT", "Arguments", "Change", "Compute", "Defect", "Finish", "everywhere"]

Change = Callable[[Call], Call]
Compute = Callable[[Call], Array]
Finish = Callable[[Array, Call], Array]
Arguments = dict[str, Any]


def everywhere(operation: Operation) -> bool:
    """Tell that a defect may sit in any operation."""
    return True


def _as_it_is(call: Call) -> Call:
    return call


def _as_it_comes(output: Array, call: Call) -> Array:
    return output


@dataclass(frozen=True, slots=True)
class Defect:
    """A wrong implementation of all operations that `operations` names, and the sentence that tells how it is wrong.

    A convolution goes through the steps of `conformance.defects.steps`; each hook is called after the one that it is
    named for, and sees and changes what was found so far.

    Attributes:
        name: kebab-case, unique.
        group: the class of mistake, in words, as in "strides".
        mistake: what it does wrong, completing "it …". Defects that no output can tell apart share it.
        operations: in which operations it sits; the others are right.
        accepts: changes the arguments, by the names of tf.nn but for `first` and `second`, before they are checked.
        asked: changes operands and parameters, before the pads are found.
        padded: changes pads, before the output's sizes are found.
        sized: changes sizes, or parameters that shall leave the sizes right, before the tables are found.
        tabled: changes which elements are met, or the operands, before anything is multiplied.
        contract: multiplies and sums.
        summed: changes the sums, before the bias is added.
        add_bias: adds the bias.
        finished: changes the result, channels last, in float64 or int64.
        returned: changes the array that the caller gets: its dtype, its layout, its memory.
        remembering: given a function that computes a call, returns one that errs by what it keeps between calls; asked
            anew for every namespace.
        survives: why no case of the core rejects it; nothing where one must.
    """

    name: str
    group: str
    mistake: str
    operations: Callable[[Operation], bool] = everywhere
    accepts: Callable[[Operation, Arguments], Arguments] | None = None
    asked: Change = _as_it_is
    padded: Change = _as_it_is
    sized: Change = _as_it_is
    tabled: Change = _as_it_is
    contract: Compute = contract
    summed: Finish = _as_it_comes
    add_bias: Finish = add_bias
    finished: Finish = _as_it_comes
    returned: Finish = _as_it_comes
    remembering: Callable[[Compute], Compute] | None = field(default=None)
    survives: str = ""

    @property
    def is_stateless(self) -> bool:
        """Whether its answer depends on nothing but the numbers of the call."""
        return self.remembering is None

    def answer(self, case: Case, operands: Operands) -> Array:
        """Return what it answers to a case, channels last, in the output's dtype.

        Raises:
            ValueError, IndexError: it cannot be computed; an implementation with this mistake would raise too.
        """
        return channels_last(case, self.compute(from_case(case, operands)))

    @np.errstate(invalid="ignore", over="ignore")
    def compute(self, given: Call) -> Array:
        """Return what it answers to a call, as the caller gets it."""
        if not self.operations(given.operation):
            return RIGHT.compute(given)
        call = self.padded(find_pads(self.asked(given)))
        call = self.tabled(find_tables(self.sized(find_sizes(call))))
        output = self.add_bias(self.summed(self.contract(call), call), call)
        output = self.finished(output, call)
        if given.kind is Kind.FILTER_GRADIENT and output.shape == given.filters_shape:
            output = output.reshape(given.result_shape)
        output = output.astype(given.dtype)
        if given.channels_first and given.kind is not Kind.FILTER_GRADIENT and output.ndim == given.rank + 2:
            output = np.moveaxis(output, -1, 1)
        output = np.asarray(self.returned(np.ascontiguousarray(output), given))
        return output if given.then is None else self.compute(from_arguments(replace(given.then, first=output)))

    def functions(self) -> Mapping[str, Callable[..., Array]]:
        """Return the operations by name, with the call forms of tf.nn and the bias as a keyword; a fresh start each."""
        compute = self.compute if self.remembering is None else self.remembering(self.compute)
        return {operation.value: self._function(operation, compute) for operation in Operation}

    def _function(self, operation: Operation, compute: Compute) -> Callable[..., Array]:
        def function(*leading: Any, bias: Array | None = None, **options: Any) -> Array:
            asked = posed(operation, leading, bias, options)
            if self.accepts is not None:
                changed = self.accepts(asked.operation, {"first": asked.first, "second": asked.second, **asked.options})
                first, second = changed.pop("first"), changed.pop("second")
                asked = replace(asked, first=first, second=second, options=changed)
            return compute(from_arguments(asked))

        return function


RIGHT = Defect("right", "none", "does nothing wrong")
"""The steps as they are."""
