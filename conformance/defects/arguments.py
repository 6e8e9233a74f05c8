"""Arguments without a meaning that are accepted; with all others, these implementations are right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from conformance.case import Kind, Operation
from conformance.data import Array
from conformance.defects.defect import Arguments, Defect
from reference.checks import LAYOUTS

__all__ = ["DEFECTS"]

GROUP = "arguments"

Accepts = Callable[[Operation, Arguments], Arguments]


def _changed(names: tuple[str, ...], change: Callable[[Any, Operation], Any]) -> Accepts:
    """Return the changing of those of the named arguments that are given."""

    def accepts(operation: Operation, arguments: Arguments) -> Arguments:
        return arguments | {name: change(arguments[name], operation) for name in names if name in arguments}

    return accepts


def _each(names: tuple[str, ...], change: Callable[[Any], Any]) -> Accepts:
    """Return the changing of every number of the named arguments."""

    def changed(value: Any, operation: Operation) -> Any:
        return [change(entry) for entry in value] if np.ndim(value) else change(value)

    return _changed(names, changed)


def _spatial(names: tuple[str, ...], outer: Any) -> Accepts:
    """Return the changing of lists for all axes to such with `outer` for batch and channels."""

    def accepts(operation: Operation, arguments: Arguments) -> Arguments:
        def changed(value: Any) -> Any:
            if isinstance(value, str) or not np.ndim(value) or len(value) != operation.rank + 2:
                return value
            beside = (0, 1 if _channels_first(arguments) else len(value) - 1)
            return [outer if place in beside else entry for place, entry in enumerate(value)]

        return arguments | {name: changed(arguments[name]) for name in names if name in arguments}

    return accepts


def _axis(images: Array, arguments: Arguments) -> int:
    """Return the axis of an image's channels: the last, or the one behind the batch where a call says so."""
    return 1 if _channels_first(arguments) else images.ndim - 1


def _channels_first(arguments: Arguments) -> bool:
    return str(arguments.get("data_format") or "").startswith("NC")


def _cut(value: Any, operation: Operation, outer: Any) -> Any:
    """Return a list of sizes with as many entries as all axes have, cut or filled up."""
    if not np.ndim(value):
        return value
    wanted = operation.rank + 2 if len(value) > operation.rank else operation.rank
    return [*value, *[outer] * (wanted - len(value))][:wanted]


STRIDES, DILATIONS = ("strides", "stride"), ("dilations",)


def _name_as(name: str) -> Accepts:
    """Return the taking of any unknown name of a padding for this one."""

    def changed(value: Any, operation: Operation) -> Any:
        return name if isinstance(value, str) and value not in ("VALID", "SAME") else value

    return _changed(("padding",), changed)


def _no_negative_pads(value: Any, operation: Operation) -> Any:
    return value if isinstance(value, str) else np.maximum(value, 0).tolist()


def _known_format(value: Any, operation: Operation) -> Any:
    last = LAYOUTS[operation.rank]
    return value if value in (last, f"NC{last[1:-1]}") else last


def _forward(operation: Operation) -> bool:
    """Tell whether the operation takes images and filters of which the channels make groups."""
    return operation.kind is Kind.FORWARD and not operation.is_depthwise


def _channels_cut(operation: Operation, arguments: Arguments) -> Arguments:
    """Leave out input channels that make no whole group."""
    images, depth = arguments["first"], arguments["second"].shape[-2] if _forward(operation) else 0
    if not depth:
        return arguments
    axis = _axis(images, arguments)
    whole = max(1, images.shape[axis] // depth) * depth
    return arguments | {"first": images[(slice(None),) * axis + (slice(whole),)]}


def _depth_cut(operation: Operation, arguments: Arguments) -> Arguments:
    """Leave out the filters' channels that the input does not have."""
    if not _forward(operation):
        return arguments
    images, filters = arguments["first"], arguments["second"]
    return arguments | {"second": filters[..., : max(1, images.shape[_axis(images, arguments)]), :]}


def _filters_cut(operation: Operation, arguments: Arguments) -> Arguments:
    """Leave out filters that make no whole group."""
    images, filters = arguments["first"], arguments["second"]
    if not _forward(operation):
        return arguments
    channels, depth = images.shape[_axis(images, arguments)], max(1, filters.shape[-2])
    groups = max(1, channels // depth)
    if channels % depth:
        return arguments
    return arguments | {"second": filters[..., : filters.shape[-1] // groups * groups]}


_ALL: tuple[Defect, ...] = (
    Defect(
        "stride-zero-as-one",
        GROUP,
        "takes a stride of 0 for 1 instead of refusing it",
        accepts=_each(STRIDES, lambda step: step or 1),
    ),
    Defect(
        "stride-negative-accepted",
        GROUP,
        "takes a negative stride without its sign instead of refusing it",
        accepts=_each(STRIDES, abs),
    ),
    Defect(
        "stride-fraction-cut",
        GROUP,
        "rounds a stride down that is no whole number instead of refusing it",
        accepts=_each(STRIDES, int),
    ),
    Defect(
        "dilation-zero-as-one",
        GROUP,
        "takes a dilation of 0 for 1 instead of refusing it",
        accepts=_each(DILATIONS, lambda hole: hole or 1),
    ),
    Defect(
        "dilation-negative-accepted",
        GROUP,
        "takes a negative dilation without its sign instead of refusing it",
        accepts=_each(DILATIONS, abs),
    ),
    Defect(
        "strides-of-batch-and-channels-ignored",
        GROUP,
        "ignores strides of batch and channels instead of refusing them",
        accepts=_spatial(STRIDES, 1),
    ),
    Defect(
        "dilations-of-batch-and-channels-ignored",
        GROUP,
        "ignores dilations of batch and channels instead of refusing them",
        accepts=_spatial(DILATIONS, 1),
    ),
    Defect(
        "padding-of-batch-and-channels-ignored",
        GROUP,
        "ignores padding of batch and channels instead of refusing it",
        accepts=_spatial(("padding",), [0, 0]),
    ),
    Defect(
        "strides-of-any-length",
        GROUP,
        "cuts a list of strides that is too long, or fills it up with ones, instead of refusing it",
        accepts=_changed(STRIDES, lambda value, operation: _cut(value, operation, 1)),
    ),
    Defect(
        "dilations-of-any-length",
        GROUP,
        "cuts a list of dilations that is too long, or fills it up with ones, instead of refusing it",
        accepts=_changed(DILATIONS, lambda value, operation: _cut(value, operation, 1)),
    ),
    Defect(
        "padding-of-any-length",
        GROUP,
        "cuts a list of padding that is too long, or fills it up with zeros, instead of refusing it",
        accepts=_changed(
            ("padding",),
            lambda value, operation: value if isinstance(value, str) else _cut(value, operation, [0, 0]),
        ),
    ),
    Defect(
        "padding-name-as-valid",
        GROUP,
        "takes an unknown name of padding for VALID instead of refusing it",
        accepts=_name_as("VALID"),
    ),
    Defect(
        "padding-name-as-same",
        GROUP,
        "takes an unknown name of padding for SAME instead of refusing it",
        accepts=_name_as("SAME"),
    ),
    Defect(
        "padding-negative-as-zero",
        GROUP,
        "takes negative padding for 0 instead of refusing it",
        accepts=_changed(("padding",), _no_negative_pads),
    ),
    Defect(
        "data-format-unknown-accepted",
        GROUP,
        "takes an unknown data_format for channels last instead of refusing it",
        accepts=_changed(("data_format",), _known_format),
    ),
    Defect(
        "input-channels-cut",
        GROUP,
        "leaves out input channels that make no whole group instead of refusing them",
        accepts=_channels_cut,
    ),
    Defect(
        "filter-channels-cut",
        GROUP,
        "leaves out the filters' channels that the input does not have instead of refusing them",
        accepts=_depth_cut,
    ),
    Defect(
        "output-channels-cut",
        GROUP,
        "leaves out filters that the groups do not divide instead of refusing them",
        accepts=_filters_cut,
    ),
)

_REASON = "calls without meaning are asked for in the tier `full` only"

DEFECTS: tuple[Defect, ...] = tuple(replace(defect, survives=_REASON) for defect in _ALL)
"""What is right on every call that has a meaning is accepted by the core, whether it checks its arguments or not."""
