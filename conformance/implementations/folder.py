"""The folder of a file that is judged: its neighbours can be imported, and only its own.

Two files may each have a `helper.py` beside them. Python keeps one module of a name, so that the second file would be
given the helper of the first, and be judged by it.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

__all__ = ["enter_folder"]

_entered: list[tuple[str, frozenset[str]]] = []
"""The folder entered last, if any, and the modules that there were before."""


def enter_folder(folder: str) -> None:
    """Let `folder` come first where modules are looked for, in place of the one that was entered before.

    The folder stays until the next is entered: a function may import its neighbours when it is called.
    """
    while _entered:
        _leave(*_entered.pop())
    _entered.append((folder, frozenset(sys.modules)))
    sys.path.insert(0, folder)


def _leave(folder: str, before: frozenset[str]) -> None:
    """Undo what entering `folder` brought: its place in `sys.path`, and the modules that lie in it.

    Modules that were there before stay, and so do those of a virtual environment below the folder.
    """
    if folder in sys.path:
        sys.path.remove(folder)
    own = {name for name, module in list(sys.modules.items()) if name not in before and _lies_in(folder, module)}
    for name in list(sys.modules):
        if name not in before and name.partition(".")[0] in own:
            del sys.modules[name]


def _lies_in(folder: str, module: ModuleType) -> bool:
    """Tell whether a module is a file or a package directly in `folder`."""
    values = getattr(module, "__dict__", {})
    places = [values.get("__file__"), *(values.get("__path__") or ())]
    return any(isinstance(place, str) and str(Path(place).resolve().parent) == folder for place in places)
