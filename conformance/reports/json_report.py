"""The JSON report, schema `conformance-report/1`."""

from __future__ import annotations

import json
import math
import os
import platform
import shutil
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from conformance.diagnosis import Diagnosis
from conformance.errors import UsageError
from conformance.reports.summary import Run

__all__ = ["check_target", "environment", "json_report", "write_json", "write_report"]


def json_report(run: Run) -> dict[str, Any]:
    """Return the report of `run` as plain values."""
    return {
        "schema": "conformance-report/1",
        "environment": environment(run.catalogues),
        "implementations": [
            {
                "name": status.name,
                "version": status.version,
                "status": status.state.value,
                "reason": status.reason,
                "note": status.note,
                "traits": {trait.name: {"value": trait.value, "sentence": trait.sentence} for trait in status.traits},
                "accuracy": [
                    {"operation": str(each.operation), "class": each.accuracy, "margin": _finite(each.margin)}
                    for each in run.accuracy(status.name)
                ],
                **_diagnosis(status.diagnosis),
                "incidents": list(status.incidents),
                "strays": status.strays,
            }
            for status in run.implementations
        ],
        "results": [
            {
                "case": result.case.id,
                "operation": str(result.case.operation),
                "implementation": result.implementation,
                "outcome": str(result.outcome),
                "rule": result.rule,
                "seconds": round(result.seconds, 6),
                "detail": result.detail,
                "diagnosis": list(result.diagnosis),
            }
            for result in run.results
        ],
        "summary": {
            status.name: {str(outcome): count for outcome, count in run.counts(status.name).items()}
            for status in run.implementations
        },
    }


def environment(catalogues: list[str]) -> dict[str, Any]:
    """Return what a result may depend on beside the cases, as plain values."""
    return {
        "conformance": version("conformance"),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processors": os.cpu_count(),
        "numpy": version("numpy"),
        "catalogues": catalogues,
    }


def _diagnosis(diagnosis: Diagnosis) -> dict[str, Any]:
    """Return the mistakes that are likely, what the failing cases have in common, and the smallest one found."""
    minimal = diagnosis.minimal
    return {
        "diagnosis": [
            {"mistake": each.mistake, "evidence": each.evidence, "cases": list(each.cases)}
            for each in diagnosis.findings
        ],
        "common": list(diagnosis.common),
        "minimal": None if minimal is None else {"case": minimal.text, "command": minimal.command},
    }


def _finite(margin: float) -> float | None:
    """Return a margin, or None where it is infinite, which JSON has no number for."""
    return margin if math.isfinite(margin) else None


def check_target(path: Path) -> None:
    """Refuse, before anything is judged, a file that cannot be written for lack of a folder.

    Raises:
        UsageError: it names no file in an existing folder.
    """
    try:
        if path.is_dir() or not path.name or not path.parent.is_dir():
            raise UsageError(f"--json must name a file in an existing folder, but is {str(path)!r}")
    except OSError as error:
        raise UsageError(f"--json {str(path)!r} cannot be written ({error.strerror})") from error


def write_json(run: Run, path: Path) -> None:
    """Write the report of `run` to `path`, as `write_report` does."""
    write_report(json_report(run), path)


def write_report(report: dict[str, Any], path: Path) -> None:
    """Write a report to `path`, whole or not at all; a device or pipe is written to as it is.

    Raises:
        UsageError: it cannot be written there; the message says why.
    """
    text = json.dumps(report, indent=2, ensure_ascii=False) + "\n"
    content = text.encode("utf-8", "backslashreplace")  # a lone surrogate becomes JSON's own escape for it, `\udc80`
    try:
        if _is_standard_output(path):
            sys.stdout.flush()
            with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as output:
                output.write(content)
        elif path.exists() and not path.is_file():  # asked before links are followed: those of pipes lead nowhere
            path.write_bytes(content)
        else:
            _replace(path.resolve(), content)
    except OSError as error:
        reason = error.strerror or str(error)
        raise UsageError(f"--json {str(path)!r} cannot be written ({reason}); name a file that can be") from error


def _is_standard_output(path: Path) -> bool:
    """Tell whether `path` is what the report for people goes to; opening it again would write over that."""
    try:
        return os.path.samestat(path.stat(), os.fstat(sys.stdout.fileno()))
    except (OSError, ValueError, AttributeError):
        return False


def _replace(path: Path, content: bytes) -> None:
    partial = path.with_name(f"{path.name}.partial")
    try:
        partial.write_bytes(content)
        if path.exists():
            shutil.copymode(path, partial)
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
