"""`conformance report` and `conformance diff`: what stored runs say, and in what they differ."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from conformance import reports
from conformance.errors import UsageError

__all__ = ["diff", "report"]

_MERGE = Path("merge")


def report(files: Sequence[Path], outputs: reports.Outputs, *, verbose: bool) -> int:
    """Write the reports that are wanted of stored runs; print one where none is.

    Return 0; of merged shards, the exit status that their run would have had.

    Args:
        files: JSON reports; behind the word `merge`, those of all shards of a run.
        outputs: what is wanted.
        verbose: whether every case takes a line, where it is printed.
    """
    outputs.check()
    merges = files[0] == _MERGE and not _MERGE.is_file()
    if merges and len(files) == 1:
        raise UsageError("report merge needs the JSON reports of all shards: conformance report merge SHARD.json…")
    twice = next((path for place, path in enumerate(files) if path in files[:place]), None)
    if merges and twice is not None:
        raise UsageError(f"report merge: {twice} is named twice; leave one out")
    stored = [(path, reports.read_run(path)) for path in files[merges:]]
    run = reports.merge_shards({str(path): each for path, each in stored}) if merges else reports.join_runs(stored)
    if not outputs.write(run):
        reports.print_run(reports.new_console(), run, verbose=verbose)
    return reports.exit_code(run) if merges else 0


def diff(old: Path, new: Path, markdown_file: Path | None) -> int:
    """Print in what two stored runs differ, write it to `markdown_file` if one is named; return 1 for a regression."""
    if markdown_file is not None:
        reports.check_target(markdown_file, "--markdown")
    runs = reports.read_run(old), reports.read_run(new)
    names = [{status.name for status in run.implementations} for run in runs]
    if not names[0] & names[1]:
        told = " and ".join(", ".join(sorted(each)) or "nobody" for each in names)
        raise UsageError(f"{old} and {new} have no implementation in common, but {told}; judge the same SPEC twice")
    difference = reports.difference_of(*runs)
    try:
        if markdown_file is not None:
            reports.write_file(markdown_file, reports.difference_markdown(difference), "--markdown")
    finally:
        reports.print_difference(reports.new_console(), difference)
    return int(difference.is_regression)
