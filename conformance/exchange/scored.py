"""`conformance score`: the answers that a program has written beside exported cases, judged as answers to calls are."""

from __future__ import annotations

import hashlib
import json
import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from conformance.arrays import FileFault, open_plain
from conformance.case import Case, Outcome
from conformance.choices import Format
from conformance.errors import UsageError
from conformance.exchange.export import MANIFEST, SCHEMA, request_of
from conformance.implementations import CALL, read_output, request_files
from conformance.isolation import Asking, Identity
from conformance.operation import Operation
from conformance.runner import Attempt, Prepared, Result, answered, prepare
from conformance.traits import Trait

__all__ = ["Scored"]

REPLY = "output.json"

_NOTE = "from files: one answer a case, so that memory and state are not asked"

_REPLY_LIMIT = 10_000
"""Bytes that a reply may have."""


class Scored:
    """Answers in the folders of an export: a subject that has spoken already.

    Args:
        folder: of the export.
        name: of the implementation, in reports.
        asking: how strictly its answers are judged.

    Raises:
        UsageError: the folder holds no export.
    """

    def __init__(self, folder: Path, name: str, asking: Asking) -> None:
        self.name, self.device = name, asking.device
        self._folder = folder
        self._asking = asking
        self._digests = _digests(folder)
        self._cases: list[Case] = []

    def __enter__(self) -> Scored:
        return self

    def __exit__(self, *_: object) -> None:
        return

    def begin(self, cases: Iterable[Case]) -> Identity:
        """Take the cases that were exported, and refuse an export that has none of them."""
        self._cases = [case for case in cases if case.id in self._digests]
        if not self._cases:
            raise UsageError(f"{str(self._folder)!r} has none of the cases; name the catalogue that was exported")
        return Identity("", frozenset(map(str, Operation)), _NOTE)

    def attempts(self) -> Iterator[Attempt]:
        """Yield the judgement of each answer."""
        for case in self._cases:
            yield self._attempt(prepare(case))

    def attempt(self, case: Case) -> Attempt:
        """Return that a case which was not exported has no answer."""
        prepared = prepare(case)
        result = Result(case, self.name, Outcome.UNSUPPORTED, detail="it was not exported")
        return Attempt(result, prepared.operands, prepared.expected, None)

    def _attempt(self, prepared: Prepared) -> Attempt:
        case, folder = prepared.case, self._folder / prepared.case.id
        catalogue = [case.catalogue] if case.catalogue else []
        again = shlex.join(["conformance", "score", str(self._folder), *catalogue, "-k", case.id])
        try:
            self._check_files(folder, case.id)
            self._check_case(prepared)
            said = _reply(folder / REPLY)
            if said is not None:
                return self._said(prepared, said)
            answer = read_output(folder, case.out_dtype)
        except FileFault as fault:
            result = Result(case, self.name, Outcome.ERROR, detail=f"{case.operation}: {fault}")
            return Attempt(result, prepared.operands, prepared.expected, None)
        asking = self._asking
        return answered(prepared, self.name, answer, demand=asking.demand, search=asking.search, again=again)

    def _check_case(self, prepared: Prepared) -> None:
        """Refuse an answer to another question than the catalogue now asks.

        Raises:
            FileFault: a file of the case would now be another one.
        """
        for name, content in request_files(request_of(prepared), prepared.case.id).items():
            if hashlib.sha256(content).hexdigest() != self._digests[prepared.case.id].get(name):
                raise FileFault(f"the case has changed since {name} was exported; export it again")

    def _check_files(self, folder: Path, case: str) -> None:
        """Refuse a case whose files are not those that were exported.

        Raises:
            FileFault: one is missing, or another one.
        """
        for name, digest in self._digests[case].items():
            path = folder / name
            if not path.is_file():
                raise FileFault(f"{name} of the export is missing; export the case again")
            if hashlib.sha256(path.read_bytes()).hexdigest() != digest:
                raise FileFault(f"{name} is not what was exported; export the case again")

    def _said(self, prepared: Prepared, said: dict[str, Any]) -> Attempt:
        """Return the attempt of a program that says why there is no answer."""
        case, reason = prepared.case, str(said.get("reason", "it gives no reason"))
        outcome = Outcome.UNSUPPORTED if said.get("status") == "unsupported" else Outcome.ERROR
        rule, detail = "", reason if outcome is Outcome.UNSUPPORTED else f"{case.operation}: {reason}"
        if outcome is Outcome.ERROR and case.refuses:
            outcome, rule, detail = Outcome.PASSED, "refused", ""
        result = Result(case, self.name, outcome, rule, detail=detail)
        return Attempt(result, prepared.operands, prepared.expected, None)

    def attempt_alone(self, case: Case) -> Attempt | None:
        """Return nothing: nobody is asked."""

    def traits(self) -> tuple[Trait, ...]:
        """Return nothing: they would need further calls."""
        return ()

    def incidents(self) -> tuple[str, ...]:
        """Return nothing: nothing runs."""
        return ()


def _digests(folder: Path) -> dict[str, dict[str, str]]:
    """Return the digests of the files of every case, by its id.

    Raises:
        UsageError: there is no manifest, or it is damaged.
    """
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        cases, form = manifest["cases"], manifest.get("format", Format.NPY)
        sound = manifest["schema"] == SCHEMA and all(CALL in dict(digests) for digests in cases.values())
    except FileNotFoundError as error:
        hint = f"`conformance export {folder}` writes one"
        raise UsageError(f"{str(folder)!r} holds no export: there is no {MANIFEST}; {hint}") from error
    except OSError as error:
        raise UsageError(f"{str(path)!r} cannot be read ({error.strerror})") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"{str(path)!r} must be the manifest of an export, but is damaged; export again") from error
    if form != Format.NPY:
        raise UsageError(
            f"{str(folder)!r} was exported as {form}, which score does not read; export it as {Format.NPY}"
        )
    if not sound:
        raise UsageError(f"{str(path)!r} must have the schema {SCHEMA}; export again")
    return dict(cases)


def _reply(path: Path) -> dict[str, Any] | None:
    """Return what a program says of a case instead of an answer; None where it says that there is one, or nothing.

    Raises:
        FileFault: it says something else.
    """
    if not path.exists():
        return None
    try:
        with open_plain(path) as file:
            said = json.loads(file.read(_REPLY_LIMIT))
    except (OSError, ValueError) as error:
        raise FileFault(f"{path.name} must be JSON of at most {_REPLY_LIMIT} bytes") from error
    if not isinstance(said, dict) or said.get("status") not in ("ok", "unsupported", "error"):
        raise FileFault(f'{path.name} must have a "status" of "ok", "unsupported" or "error"')
    return None if said["status"] == "ok" else said
