"""`conformance fuzz`: random cases are written down as a catalogue, and implementations judged on it as by `run`."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from secrets import randbelow

from conformance import reports
from conformance.case import Operation, Tier
from conformance.choices import DEFAULT_BUDGET, Isolation
from conformance.commands import judging
from conformance.errors import Unavailable, UsageError
from conformance.fuzz import FIRST_WORDS, fuzzed, header, written
from conformance.isolation import Asking, Limits, open_subject

__all__ = ["fuzz", "parse_operations"]

_SEEDS = 10**6


def fuzz(
    specs: Sequence[str],
    *,
    count: int,
    seed: int | None,
    operations: Sequence[Operation],
    file: Path | None,
    asking: Asking,
    seconds: float,
    isolation: Isolation,
    limits: Limits,
    jobs: int,
    outputs: reports.Outputs,
    verbose: bool,
) -> int:
    """Write random cases to a file, judge implementations on them, and return the exit status of `run`.

    Args:
        specs: whom.
        count: of the cases.
        seed: of the random numbers; a random one where None.
        operations: that are asked for; those that the implementations offer where empty.
        file: for the cases; `fuzz-SEED.yaml` where None.
        asking: how cases are asked.
        seconds: for the diagnosis of each implementation.
        isolation: where implementations run.
        limits: what a case may take there.
        jobs: processes.
        outputs: where the report goes beside the terminal.
        verbose: whether every case takes a line.

    Raises:
        UsageError: the file cannot be written, or is somebody's.
    """
    seed = randbelow(_SEEDS) if seed is None else seed
    path = file or Path(f"fuzz-{seed}.yaml")
    reports.check_target(path, "--write")
    _check_ours(path)
    asked = list(dict.fromkeys(operations)) or _offered(specs, asking, isolation, limits)
    entries = fuzzed(seed, count, asked)
    reports.write_file(path, [f"{header(seed, count, asked)}\n", *written(entries)], "--write")
    return judging.run(
        specs,
        [path],
        expression="",
        tier=Tier.FULL,
        asking=asking,
        seconds=seconds,
        budget=DEFAULT_BUDGET,
        isolation=isolation,
        limits=limits,
        jobs=jobs,
        scheduler="",
        keeping=judging.Keeping(),
        expecting=judging.Expecting(searches=False),
        outputs=outputs,
        verbose=verbose,
    )


def parse_operations(names: Sequence[str]) -> list[Operation]:
    """Return the operations of these names.

    Raises:
        UsageError: there is none of a name.
    """
    known = list(map(str, Operation))
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, n=3)
            hint = f"did you mean {', '.join(near)}?" if near else f"they are {', '.join(known)}"
            raise UsageError(f"--operation must be an operation, but is {name!r}; {hint}")
    return list(map(Operation, names))


def _check_ours(path: Path) -> None:
    """Refuse a file whose content would be lost: one that is no catalogue of random cases."""
    if path.is_file() and path.stat().st_size:
        with path.open("rb") as file:
            first = file.readline(len(FIRST_WORDS))
        if first != FIRST_WORDS.encode():
            raise UsageError(f"--write: {path} holds something else than random cases; choose another file")


def _offered(specs: Sequence[str], asking: Asking, isolation: Isolation, limits: Limits) -> list[Operation]:
    """Return the operations that any of the implementations offers; all where none can be imported."""
    offered: set[str] = set()
    for spec in specs:
        try:
            with open_subject(spec, asking, isolation, limits) as subject:
                offered |= set(subject.begin(()).offered)
        except Unavailable:
            continue
    return [each for each in Operation if not offered or each in offered]
