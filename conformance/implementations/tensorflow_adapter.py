"""TensorFlow, eager, on the device it chooses: `tf.nn` itself, without its chatter."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["VERSION", "bias_add", "conv2d"]


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what native code writes to the standard error back, and show it only where something is raised.

    TensorFlow logs before its own log level is in force, so only the file descriptor itself can be redirected.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.stderr.flush()
    with tempfile.TemporaryFile() as chatter:
        kept = os.dup(2)
        os.dup2(chatter.fileno(), 2)
        try:
            yield
        except BaseException:
            os.dup2(kept, 2)
            chatter.seek(0)
            os.write(2, chatter.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)


with _quiet():
    import tensorflow as tf

    tf.config.list_physical_devices()

VERSION: str = tf.__version__
conv2d = tf.nn.conv2d
bias_add = tf.nn.bias_add
