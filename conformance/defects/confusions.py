"""Arguments that are taken for one another, and lists that are read at the wrong places."""

from __future__ import annotations

from dataclasses import replace

from conformance.case import Shape
from conformance.defects.call import Call
from conformance.defects.defect import Change, Defect
from conformance.defects.hooks import dilations, out_sizes, pads, strides
from conformance.defects.steps import find_sizes

__all__ = ["DEFECTS"]

TAKEN, PLACES, SIZES = "arguments exchanged", "list entries", "sizes exchanged"


def _size_of(change: Change) -> Change:
    """Return the change by which the output has the size that another call's would have."""
    return out_sizes(lambda call: find_sizes(change(call)).out_sizes)


def _filter_of(taps: Shape, call: Call) -> Call:
    return replace(call, filters_shape=(*taps, *call.filters_shape[-2:]))


DEFECTS: tuple[Defect, ...] = (
    Defect(
        "stride-and-dilation-exchanged",
        TAKEN,
        "exchanges strides and dilations",
        asked=lambda call: replace(call, strides=call.dilations, dilations=call.strides),
    ),
    Defect(
        "stride-and-dilation-exchanged-right-size",
        TAKEN,
        "exchanges strides and dilations where it reads, though not in the output's size",
        sized=lambda call: replace(call, strides=call.dilations, dilations=call.strides),
    ),
    Defect(
        "stride-as-dilation-too",
        TAKEN,
        "uses the strides as dilations too",
        asked=lambda call: replace(call, dilations=call.strides),
    ),
    Defect(
        "dilation-as-stride-too",
        TAKEN,
        "uses the dilations as strides too",
        asked=lambda call: replace(call, strides=call.dilations),
    ),
    Defect(
        "dilation-as-padding",
        TAKEN,
        "adds the dilation, less one, to the padding on every side",
        padded=lambda call: replace(
            call,
            pads=tuple((p + hole - 1, q + hole - 1) for (p, q), hole in zip(call.pads, call.dilations, strict=True)),
        ),
    ),
    Defect(
        "strides-one-place-early",
        PLACES,
        "reads the strides one place too early in their list, from batch and height",
        asked=strides(lambda steps: (1, *steps[:-1])),
    ),
    Defect(
        "strides-one-place-late",
        PLACES,
        "reads the strides one place too late in their list, from width and channels",
        asked=strides(lambda steps: (*steps[1:], 1)),
    ),
    Defect(
        "dilations-one-place-early",
        PLACES,
        "reads the dilations one place too early in their list, from batch and height",
        asked=dilations(lambda holes: (1, *holes[:-1])),
    ),
    Defect(
        "dilations-one-place-late",
        PLACES,
        "reads the dilations one place too late in their list, from width and channels",
        asked=dilations(lambda holes: (*holes[1:], 1)),
    ),
    Defect(
        "padding-one-place-early",
        PLACES,
        "reads the padding one place too early in its list, from batch and height",
        padded=pads(lambda pairs: ((0, 0), *pairs[:-1])),
    ),
    Defect(
        "padding-one-place-late",
        PLACES,
        "reads the padding one place too late in its list, from width and channels",
        padded=pads(lambda pairs: (*pairs[1:], (0, 0))),
    ),
    Defect(
        "size-of-swapped-filter",
        SIZES,
        "computes the output's size with the filter's height and width swapped",
        sized=_size_of(lambda call: _filter_of(call.taps[::-1], call)),
    ),
    Defect(
        "size-of-filter-height",
        SIZES,
        "computes the output's size with the filter's height for its width too",
        sized=_size_of(lambda call: _filter_of(call.taps[:1] * call.rank, call)),
    ),
    Defect(
        "size-of-vertical-stride",
        SIZES,
        "computes the output's size with the vertical stride for both axes, though it reads with both",
        sized=_size_of(strides(lambda steps: steps[:1] * len(steps))),
    ),
    Defect(
        "size-of-vertical-dilation",
        SIZES,
        "computes the output's size with the vertical dilation for both axes, though it reads with both",
        sized=_size_of(dilations(lambda holes: holes[:1] * len(holes))),
    ),
    Defect(
        "size-of-vertical-padding",
        SIZES,
        "computes the output's size with the vertical padding for both axes, though it reads with both",
        sized=_size_of(pads(lambda pairs: pairs[:1] * len(pairs))),
    ),
    Defect(
        "size-of-image-height",
        SIZES,
        "computes the output's size with the image's height for its width too",
        sized=_size_of(
            lambda call: replace(call, image_shape=(call.batch, *call.in_sizes[:1] * call.rank, call.in_channels))
        ),
    ),
)
