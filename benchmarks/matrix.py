"""Write docs/matrix.md: implementations × operations and features, with what became of the cases of each.

    python benchmarks/matrix.py REPORTS [-i SPEC …]

Judges each SPEC, all installed adapters where none is named, with `conformance run --json REPORTS/SPEC.json`, unless
that report is there already. Frameworks that cannot be installed together are run in environments of their own, into
the same folder. The page is made from all reports of the folder, and tells of this machine, on which they should be
made. Shipped expectations that are stale here, which fail nobody's run, are printed: those whose pattern names a case
that passes.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from conformance.case import Case, Tier
from conformance.catalogue import load_catalogue
from conformance.features import FEATURES, GROUPS, group_of
from conformance.implementations import ADAPTERS
from conformance.record import StaleEntry

SHIPPED = str(files("conformance") / "expectations.yaml")

TIMEOUT = "300"
"""Seconds for a case, of which ncnn has one with 65537 images, which it takes one by one."""

INSTRUCTIONS = {"avx512_bf16": "AVX512-BF16", "avx512_fp16": "AVX512-FP16", "amx_bf16": "AMX-BF16"}
"""Instructions by which frameworks choose kernels and precision, as Linux and their maker name them."""

PAGE = Path(__file__).parent.parent / "docs" / "matrix.md"

HEAD = """# The conformance matrix

Made by `python benchmarks/matrix.py REPORTS` from runs of the core catalogue. A cell counts the cases that **passed**;
behind it, with letters, those that are **k**nown to fail, each with its reason in `conformance/expectations.yaml` and
a script in [findings](findings/index.md), those that **f**ailed otherwise, and those that are **u**nsupported. An empty
cell has unsupported cases only. The accuracy is that of the least exact answer, known failures among them: who computes
float64 in float32 is `tf32` there.
"""

Choice = Callable[[Case], bool]


def _is_in(group: str, case: Case) -> bool:
    return group_of(case.operation) == group


OPERATIONS: dict[str, Choice] = {group: partial(_is_in, group) for group in GROUPS}


def judge(spec: str, folder: Path) -> None:
    """Run the core catalogue on an implementation, if there is no report of that."""
    path = folder / f"{spec}.json"
    if not path.exists():
        print(spec, flush=True)
        command = [sys.executable, "-m", "conformance", "run", "-i", spec, "--diagnose", "0", "--json", str(path)]
        command += ["--timeout", TIMEOUT]
        command += ["--expectations", SHIPPED, "--stale", "warn"]  # as if they were ours, so that stale ones are told
        subprocess.run(command, check=False, stdout=subprocess.DEVNULL)


def cell(outcomes: Iterable[str]) -> str:
    """Return the outcomes of some cases in a few characters."""
    counts = Counter(outcomes)
    failed = sum(counts[each] for each in ("failed", "error", "crashed", "timed-out"))
    if not counts["passed"] + counts["known"] + failed:
        return ""
    parts = [(counts["known"], "k"), (failed, "f"), (counts["unsupported"], "u")]
    return " ".join([str(counts["passed"]), *(f"{count}{letter}" for count, letter in parts if count)])


def table(title: str, columns: Mapping[str, Choice], reports: dict[str, dict[str, Any]], cases: list[Case]) -> str:
    """Return a table with a row for each report and a column for each choice that has cases."""
    chosen = {name: {case.id for case in cases if choice(case)} for name, choice in columns.items()}
    chosen = {name: ids for name, ids in chosen.items() if ids}
    lines = [f"## {title}", "", f"| | {' | '.join(chosen)} |", "|---" * (len(chosen) + 1) + "|"]
    for spec, report in reports.items():
        outcomes = {each["case"]: each["outcome"] for each in report["results"]}
        cells = [cell(outcomes[each] for each in ids if each in outcomes) for ids in chosen.values()]
        lines.append(f"| `{spec}` | {' | '.join(cells)} |")
    return "\n".join(lines)


def overview(reports: dict[str, dict[str, Any]]) -> str:
    """Return the table of versions, totals, accuracy of conv2d, and traits."""
    lines = [
        "## Overview",
        "",
        "| | version | passed | known | failed | unsupported | accuracy of conv2d |",
        "|---" * 7 + "|",
    ]
    for spec, report in reports.items():
        (implementation,) = report["implementations"]
        counts = Counter(each["outcome"] for each in report["results"])
        failed = sum(counts[each] for each in ("failed", "error", "crashed", "timed-out"))
        accuracy = {each["operation"]: each["class"] for each in implementation["accuracy"]}.get("conv2d") or "–"
        numbers = [counts["passed"], counts["known"], failed, counts["unsupported"]]
        lines.append(f"| `{spec}` | {implementation['version']} | {' | '.join(map(str, numbers))} | {accuracy} |")
    names = list(dict.fromkeys(name for report in reports.values() for name in report["implementations"][0]["traits"]))
    lines += ["", "## Traits", "", f"| | {' | '.join(names)} |", "|---" * (len(names) + 1) + "|"]
    for spec, report in reports.items():
        traits = report["implementations"][0]["traits"]
        lines.append(f"| `{spec}` | {' | '.join(traits.get(name, {}).get('value', '') for name in names)} |")
    return "\n".join(lines)


def place() -> str:
    """Return where the runs were made, with the instructions on which some numbers depend, where Linux tells them."""
    told = Path("/proc/cpuinfo")
    flags = told.read_text(encoding="utf-8").split() if told.exists() else []
    names = [name for flag, name in INSTRUCTIONS.items() if flag in flags]
    return f"On {platform.system()}, {platform.machine()}, CPU{' with ' if names else ''}{', '.join(names)}."


def main() -> None:
    """Judge whom no report tells of, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("reports", type=Path, help="a folder for the reports")
    parser.add_argument("-i", action="append", metavar="SPEC", help="whom to judge; may be repeated")
    arguments = parser.parse_args()
    arguments.reports.mkdir(exist_ok=True)
    installed = [spec for spec, adapter in ADAPTERS.items() if all(map(find_spec, adapter.packages))]
    for spec in arguments.i or installed:
        judge(spec, arguments.reports)
    paths = sorted(arguments.reports.glob("*.json"))
    reports = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in paths}
    for each in (each for report in reports.values() for each in report["implementations"][0].get("stale", ())):
        print(f"stale: {StaleEntry.model_validate(each).sentence(5)}")
    cases = [case for case in load_catalogue() if case.tier is Tier.CORE]
    tables = [overview(reports)]
    tables += [table("Operations", OPERATIONS, reports, cases), table("Features", FEATURES, reports, cases)]
    PAGE.write_text("\n".join([HEAD, "\n\n".join(tables), "", place(), ""]), encoding="utf-8")
    print(PAGE)


if __name__ == "__main__":
    main()
