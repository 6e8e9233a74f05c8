"""The table of which case rejects which defect, for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from conformance.case import Case
from conformance.defects import DEFECTS, Defect
from conformance.kill_table import KillTable, Trusted
from conformance.reports.files import write_file
from conformance.reports.json_report import environment
from conformance.reports.terminal import print_table

__all__ = ["print_defects", "print_kit", "write_defects"]

_PRIORITY = ("defect", "rejected by", "first", "class", "it …")


def print_kit(console: Console, defects: Iterable[Defect]) -> None:
    """Print the classes of mistakes, each with its sentences and, in brackets, the defects that they belong to."""
    for group, members in groupby(sorted(defects, key=lambda defect: defect.group), lambda defect: defect.group):
        console.print(group, style="bold", markup=False)
        sentences: dict[str, list[str]] = {}
        for defect in members:
            sentences.setdefault(defect.mistake, []).append(defect.name)
        for mistake, names in sentences.items():
            console.print(f"  it {mistake} ({', '.join(names)})", markup=False, soft_wrap=True)


def print_defects(console: Console, table: KillTable, trusted: Sequence[Trusted]) -> None:
    """Print a line for each defect, then survivors, needed and needless cases, right implementations and the sum."""
    rows = [_row(table, defect) for defect in sorted(table.defects, key=lambda defect: defect.group)]
    print_table(console, rows, _PRIORITY)
    console.print()
    for defect in table.survivors:
        reason = f"; {defect.survives}" if defect.survives else ""
        style = "yellow" if defect.survives else "red"
        text = f"survivor {defect.name}: no case notices that it {defect.mistake}{reason}"
        console.print(text, style=style, markup=False, soft_wrap=True)
    _print_cases(console, table)
    for each in trusted:
        _print_trusted(console, each)
    console.print(_total(table, trusted))


def _row(table: KillTable, defect: Defect) -> dict[str, Text]:
    ids = list(table.rejections[defect.name])
    number = f"{len(ids)} in turn" if ids and defect.name in table.in_turn else str(len(ids))
    lost = "yellow" if defect.survives else "red"
    return {
        "class": Text(defect.group),
        "defect": Text(defect.name, style="" if ids else lost),
        "rejected by": Text(number, style="" if ids else lost, justify="right"),
        "first": Text(ids[0] if ids else "none"),
        "it …": Text(defect.mistake),
    }


def _print_cases(console: Console, table: KillTable) -> None:
    lists = {"smallest covering set found": (len(table.cover), table.cover)}
    if len(table.defects) == len(DEFECTS):  # what a part of them does not need says nothing of a case
        lists["needed by no defect, kept for their tags"] = len(table.kept), _abridged(table.kept)
        lists["needed by no defect"] = len(table.needless), _abridged(table.needless)
        lists["of all cases, reject no defect"] = len(table.toothless), _abridged(table.toothless)
    for name, (number, ids) in lists.items():
        listed = f": {', '.join(ids)}" if ids else ""
        console.print(f"{name}, {_count(number, 'case')}{listed}\n", markup=False, soft_wrap=True)


def _abridged(cases: Iterable[Case]) -> list[str]:
    """Return the ids of cases; of those that a matrix made, the entry's with their number."""
    entries = [(entry, list(ids)) for entry, ids in groupby(_ids(cases), lambda name: name.partition(".")[0])]
    return [ids[0] if len(ids) == 1 else f"{entry}.… ({len(ids)})" for entry, ids in entries]


def _print_trusted(console: Console, each: Trusted) -> None:
    name = f"{each.name} {each.version}".rstrip()
    if each.missing:
        console.print(f"right: {name} was not asked: {each.missing}", style="yellow", markup=False, soft_wrap=True)
        return
    numbers = f"{each.passed} passed, {each.unsupported} unsupported, {_count(len(each.alarms), 'false alarm')}"
    console.print(f"right: {name}: {numbers}", style="red" if each.alarms else "green", markup=False)
    for case, detail in each.alarms.items():
        console.print(f"false alarm {case}\n{detail}\n", markup=False, soft_wrap=True)


def _total(table: KillTable, trusted: Sequence[Trusted]) -> Text:
    classes = len({defect.group for defect in table.defects})
    kinds = f"{classes} class{'es' * (classes != 1)}"
    parts = [
        f"{_count(len(table.defects), 'defect')} in {kinds}, {_count(len(table.cases), 'case')}",
        f"{_count(len(table.alarming), 'survivor')}",
    ]
    explained = len(table.survivors) - len(table.alarming)
    if explained:
        parts.append(f"{explained} with a reason")
    alarms = sum(len(each.alarms) for each in trusted)
    if trusted:
        parts.append(_count(alarms, "false alarm"))
    return Text(", ".join(parts), style="red" if table.alarming or alarms else "green")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


def _ids(cases: Iterable[Case]) -> list[str]:
    return [case.id for case in cases]


def write_defects(path: Path, table: KillTable, trusted: Sequence[Trusted], catalogues: list[str]) -> None:
    """Write the table and what follows from it as JSON, schema `conformance-defects/1`, as `write_file` does."""
    text = json.dumps(_report(table, trusted, catalogues), indent=2, ensure_ascii=False)
    write_file(path, [text, "\n"])


def _report(table: KillTable, trusted: Sequence[Trusted], catalogues: list[str]) -> dict[str, Any]:
    return {
        "schema": "conformance-defects/1",
        "environment": environment(catalogues),
        "cases": _ids(table.cases),
        "defects": [
            {
                "name": defect.name,
                "class": defect.group,
                "mistake": defect.mistake,
                "survives": defect.survives,
                "rejected_by": dict(table.rejections[defect.name]),
                "in_turn": bool(table.in_turn.get(defect.name)),
            }
            for defect in table.defects
        ],
        "survivors": [defect.name for defect in table.survivors],
        "cover": table.cover,
        "needless": _ids(table.needless),
        "kept": _ids(table.kept),
        "toothless": _ids(table.toothless),
        "right": [
            {
                "name": each.name,
                "version": each.version,
                "missing": each.missing,
                "passed": each.passed,
                "unsupported": each.unsupported,
                "false_alarms": each.alarms,
            }
            for each in trusted
        ],
    }
