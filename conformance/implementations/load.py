"""From a SPEC, as a user writes it, to the functions that can be called.

| SPEC                            | what it names                                                  |
|---------------------------------|----------------------------------------------------------------|
| `tensorflow`                    | a built-in adapter                                             |
| `package.module`                | a module with functions named as in tf.nn                      |
| `package.module:object`         | a function, or an object with such functions                   |
| `path/to/file.py:object`        | the same, from a file that need not be importable              |
| `path/to/libfoo.so:function`    | a function by the C ABI, or all that a library has             |
| `cmd:./program --option`        | a program that is asked over its standard input                |

A bare function is taken as the operation of its own name, and as `conv2d` where its name is no operation.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.metadata
import importlib.util
import inspect
import os
import pkgutil
import shlex
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from types import ModuleType
from typing import Any

from conformance.case import Operation
from conformance.choices import Device
from conformance.errors import ConformanceError, Unavailable, UsageError, described
from conformance.implementations.adapters import ADAPTERS, Adapter
from conformance.implementations.folder import enter_folder
from conformance.implementations.native import is_library, library_functions
from conformance.implementations.program import PREFIX, check_program, program_functions
from conformance.implementations.quiet import quiet_import

__all__ = ["BUILT_IN", "Implementation", "implementation_of", "load_implementation", "split_spec"]

BUILT_IN = tuple(ADAPTERS)
"""The SPECs of adapters."""

_FORMS = (
    "an adapter's name such as tensorflow, package.module, package.module:object, path/to/file.py:object, "
    "path/to/libfoo.so:function or cmd:PROGRAM"
)

_MISSING = object()

Function = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Implementation:
    """Something to judge.

    Attributes:
        name: the SPEC as given; its name in every report.
        version: of the framework or package, empty where there is none.
        functions: by the names of tf.nn.
        device: where an adapter computes; what is no adapter chooses that itself.
        digest: of the file that it stands in, if there is one.
        switches: what an adapter has set of its framework, by name.
    """

    name: str
    version: str
    functions: dict[str, Function]
    device: Device = Device.CPU
    digest: str = ""
    switches: Mapping[str, str] = field(default_factory=dict)


def load_implementation(spec: str, device: Device = Device.CPU) -> Implementation:
    """Import what `spec` names.

    Args:
        spec: as a user writes it.
        device: where an adapter computes; anything else does that where it wants to.

    Raises:
        UsageError: `spec` has none of the known forms.
        Unavailable: it cannot be imported or has nothing to judge; the message says why.
    """
    try:
        return _find(spec, device)
    except ConformanceError:
        raise
    except (Exception, SystemExit) as error:  # even `isinstance` runs code of what is looked at
        raise Unavailable(f"{spec}: looking at what it names raised {described(error)}") from error


def _find(spec: str, device: Device) -> Implementation:
    if spec in ADAPTERS:
        return _adapted(spec, ADAPTERS[spec], device)
    if device is not Device.CPU:
        raise Unavailable(f"{spec}: chooses its device itself; --device is for adapters")
    if spec.startswith(PREFIX):
        files = [Path(word) for word in shlex.split(spec.removeprefix(PREFIX))]
        return Implementation(spec, "", program_functions(spec), digest=_digest(*files))
    where, name = split_spec(spec)
    if is_library(where):
        return Implementation(spec, "", library_functions(Path(where), name, spec), digest=_digest(Path(where)))
    module = _load_file(Path(where), spec) if where.endswith(".py") else _import(where, spec)
    subject = _attribute(module, name, spec, where) if name else module
    file = getattr(module, "__file__", None) if isinstance(module, ModuleType) else None
    return replace(implementation_of(subject, spec, _version(module)), digest=_digest(Path(file or "")))


def _digest(*files: Path) -> str:
    """Return the digest of the contents of those files that there are."""
    with suppress(OSError):
        contents = [hashlib.sha256(file.read_bytes()).digest() for file in files if file.is_file()]
        return f"sha256:{hashlib.sha256(b''.join(contents)).hexdigest()}" if contents else ""
    return ""


def implementation_of(subject: Any, name: str, version: str = "") -> Implementation:
    """Return an object as an implementation: a function, or something with functions named as in tf.nn.

    Args:
        subject: the object.
        name: of the implementation, in reports.
        version: of what it belongs to.

    Raises:
        Unavailable: it has nothing to judge; the message says why.
    """
    functions = _functions(subject, name)
    if not functions and inspect.isclass(subject):
        raise Unavailable(f"{name}: is a class; name a function, or an instance of it")
    if not functions and callable(subject):
        own = str(_read(subject, "__name__", name))
        functions = {own if own in set(Operation) else str(Operation.CONV2D): subject}
    if not any(operation in functions for operation in Operation):
        raise Unavailable(f"{name}: offers no operation of tf.nn, such as conv2d; name a function behind ':'")
    return Implementation(name, version, functions)


def _adapted(spec: str, adapter: Adapter, device: Device) -> Implementation:
    """Return what an adapter offers, its environment set before its framework is imported."""
    if device not in adapter.devices:
        raise Unavailable(f"{spec}: computes on {' and '.join(adapter.devices)}, not on {device.value!r}")
    changed = {name: value for name, value in adapter.environment.items() if os.environ.get(name) != value}
    imported = [name for name in adapter.packages if name in sys.modules]
    if changed and imported:
        settings = ", ".join(f"{name}={value}" for name, value in changed.items())
        raise Unavailable(f"{spec}: needs a process of its own: {imported[0]} was imported here without {settings}")
    os.environ.update(changed)
    module = _import(adapter.module, spec)
    found = module.namespace(adapter.variant, device)
    switches = {**adapter.environment, **found.SWITCHES}
    return Implementation(spec, module.VERSION, _functions(found, spec), device, switches=switches)


def split_spec(spec: str) -> tuple[str, str]:
    """Return the module or file of `spec`, and the object in it, if one is named.

    >>> split_spec("path/to/file.py:conv2d")
    ('path/to/file.py', 'conv2d')

    Raises:
        UsageError: `spec` has none of the known forms.
    """
    if spec.startswith(PREFIX):
        check_program(spec)
        return spec, ""
    where, _, name = spec.rpartition(":") if _names_object(spec) else (spec, "", "")
    hint = ""
    if ".py:" in where:
        hint = " (only one ':' may follow the file)"
    elif not where.endswith(".py") and not is_library(where) and ("" in where.split(".") or set(where) & set("/\\")):
        found = where and Path(f"{where}.py").is_file()
        hint = f" (did you mean {f'{where}.py{spec.removeprefix(where)}'!r}?)" if found else " (a path must end in .py)"
    if hint or not where or (_names_object(spec) and not name):
        raise UsageError(f"implementation must be {_FORMS}, but is {spec!r}{hint if where else ''}")
    return where, name


def _names_object(spec: str) -> bool:
    """Tell whether the last ':' stands before an object, and is not that of a Windows drive."""
    return ":" in spec and not spec.rpartition(":")[2].startswith(("\\", "/"))


def _functions(namespace: Any, spec: str) -> dict[str, Function]:
    found = {name: _read(namespace, name, spec, lacking=NotImplementedError) for name in map(str, Operation)}
    functions = {name: function for name, function in found.items() if callable(function)}
    if inspect.isclass(namespace):
        for name, function in functions.items():
            if inspect.isfunction(function) and function.__code__.co_varnames[:1] == ("self",):
                raise Unavailable(f"{spec}: {name} is a method of a class; name an instance of the class")
    return functions


def _read(owner: Any, name: str, spec: str, default: Any = None, lacking: type[Exception] | tuple[()] = ()) -> Any:
    """Return an attribute of what is judged, whose code may raise anything; `lacking`: there is none."""
    try:
        return getattr(owner, name, default)
    except lacking:
        return default
    except (Exception, SystemExit) as error:
        raise Unavailable(f"{spec}: reading {name!r} raised {described(error)}") from error


def _import(name: str, spec: str) -> Any:
    """Import a module, or a namespace inside one that the import system does not know, such as `tensorflow.nn`."""
    folder = str(Path.cwd())
    if folder not in sys.path:
        sys.path.insert(0, folder)
    try:
        with quiet_import():
            return importlib.import_module(name)
    except ModuleNotFoundError as error:
        parent, _, child = name.rpartition(".")
        if error.name == name and parent:
            return _attribute(_import(parent, spec), child, spec, parent)
        using = [each for each in ADAPTERS.values() if error.name in each.packages]
        own = [each for each in using if each is ADAPTERS.get(spec)]
        extra = min(own or using, key=lambda each: len(each.packages)).extra if using else ""
        remedy = f"install it: pip install '.[{extra}]'" if extra else _near_modules(error.name or name)
        raise Unavailable(f"{spec}: there is no module {error.name!r}; {remedy}") from error
    except (Exception, SystemExit) as error:
        raise Unavailable(f"{spec}: importing {name} raised {described(error)}") from error


def _near_modules(name: str) -> str:
    """Return which modules or adapters have a name like one that there is no module of, as a question."""
    known = {*ADAPTERS, *(module.name for module in pkgutil.iter_modules())}
    near = get_close_matches(name, sorted(known), n=3, cutoff=0.75)
    return f"did you mean {', '.join(near)}?" if near else "is it installed?"


def _load_file(path: Path, spec: str) -> ModuleType:
    if not path.is_file():
        raise Unavailable(f"{spec}: there is no file {str(path)!r}")
    enter_folder(str(path.resolve().parent))
    name = _module_name(path)
    module_spec = importlib.util.spec_from_file_location(name, path)
    if module_spec is None or module_spec.loader is None:
        raise Unavailable(f"{spec}: {str(path)!r} is not a Python file")
    module = importlib.util.module_from_spec(module_spec)
    sys.modules[name] = module
    try:
        with quiet_import():
            module_spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise Unavailable(f"{spec}: running {str(path)!r} raised {described(error)}") from error
    return module


def _module_name(path: Path) -> str:
    """Return the name by which a file is imported: its own where others would find it by that, neighbours and children.

    A name that is taken, as `random` is, stays with whoever has it.
    """
    name = path.stem
    if name.isidentifier() and name not in sys.modules:
        found = importlib.util.find_spec(name)
        if found is not None and found.origin is not None and Path(found.origin).resolve() == path.resolve():
            return name
    return f"_subject_{name}"


def _attribute(owner: Any, path: str, spec: str, where: str) -> Any:
    for name in path.split("."):
        found = _read(owner, name, spec, _MISSING)
        if found is _MISSING:
            near = get_close_matches(name, dir(owner), n=3)
            hint = f" (near: {', '.join(near)})" if near else ""
            raise Unavailable(f"{spec}: {where} has no {name!r}{hint}")
        owner = found
    return owner


def _version(module: Any) -> str:
    """Return the version of the distribution or package that `module` belongs to, or nothing."""
    package = getattr(module, "__name__", "").split(".")[0]
    try:
        own = getattr(module, "__version__", None) or getattr(sys.modules.get(package), "__version__", None)
        if own is not None:
            return str(own)
    except (Exception, SystemExit):  # of a module's own `__getattr__`, which must not hide the function that was found
        return ""
    try:
        return importlib.metadata.version(package)
    except (importlib.metadata.PackageNotFoundError, ValueError):
        return ""
