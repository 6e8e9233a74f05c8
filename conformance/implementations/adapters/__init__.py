"""The adapters: one file a framework, the only files that import one.

Each module states `VERSION` and has `namespace(variant, device)`, which returns an object with functions in the call
forms of tf.nn. It raises `NotImplementedError` in a call for what the framework does not do, and `Unavailable` for a
device that it does not see.
"""

from conformance.implementations.adapters.registry import ADAPTERS, REFERENCES, Adapter

__all__ = ["ADAPTERS", "REFERENCES", "Adapter"]
