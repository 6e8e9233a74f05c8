"""What goes between the run and its workers: pickled messages, each behind its length in eight bytes."""

from __future__ import annotations

import pickle
import struct
from asyncio import StreamReader
from dataclasses import dataclass
from typing import Any, BinaryIO

from conformance.choices import Device
from conformance.data import Array
from conformance.isolation.subject import Asking
from conformance.runner import Prepared, Result

__all__ = ["Answered", "Beginning", "MeasureTraits", "Time", "Try", "Unavailing", "packed", "read", "receive"]

_LENGTH = struct.Struct("<Q")


@dataclass(frozen=True, slots=True)
class Beginning:
    """The first message to a worker: whom it serves."""

    spec: str
    device: Device


@dataclass(frozen=True, slots=True)
class Unavailing:
    """What a worker says instead of an `Identity` where the implementation cannot be imported."""

    reason: str


@dataclass(frozen=True, slots=True)
class Try:
    """A case to be tried."""

    prepared: Prepared
    asking: Asking


@dataclass(frozen=True, slots=True)
class MeasureTraits:
    """A request for the traits."""


@dataclass(frozen=True, slots=True)
class Time:
    """A request for the seconds of a call, for the case that was tried last; a `Result` comes where it fails."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of a case; the answer is left out where it is right, and the case is the asker's."""

    result: Result
    answer: Array | None
    turn: int
    strays: tuple[str, ...] = ()


def packed(message: object) -> bytes:
    """Return a message as it is sent."""
    content = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    return _LENGTH.pack(len(content)) + content


def receive(stream: BinaryIO) -> Any:
    """Return the next message of a stream; None at its end."""
    head = stream.read(_LENGTH.size)
    return pickle.loads(stream.read(*_LENGTH.unpack(head))) if len(head) == _LENGTH.size else None  # noqa: S301


async def read(stream: StreamReader) -> Any:
    """Return the next message of a stream.

    Raises:
        Exception: it ends before, or holds something else.
    """
    (length,) = _LENGTH.unpack(await stream.readexactly(_LENGTH.size))
    return pickle.loads(await stream.readexactly(length))  # noqa: S301
