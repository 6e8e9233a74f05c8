"""Importing without the chatter of native code."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["WORKER_MARK", "quiet_import"]

WORKER_MARK = "CONFORMANCE_WORKER"
"""The variable by which a worker knows what it is, and by which it and its children are found again."""

_CHATTY = ("tensorflow",)
"""Packages that log on import, before their own log level is in force."""


@contextmanager
def quiet_import() -> Iterator[None]:
    """Hold back what is written to the standard error, and drop it where a chatty framework was imported for good.

    TensorFlow's native code writes to the file descriptor itself, so that is what must be redirected. Where nothing
    chatty was imported, or something was raised, all that was written appears afterwards.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if WORKER_MARK in os.environ:  # whose standard error is read, and shown only where it dies
        yield
        return
    before = [name for name in _CHATTY if name in sys.modules]
    sys.stderr.flush()
    with tempfile.TemporaryFile() as chatter:
        kept = os.dup(2)
        os.dup2(chatter.fileno(), 2)
        finished = False
        try:
            yield
            finished = True
        finally:
            sys.stderr.flush()
            os.dup2(kept, 2)
            os.close(kept)
            if not finished or before == [name for name in _CHATTY if name in sys.modules]:
                chatter.seek(0)
                os.write(2, chatter.read())
