"""How often the diagnosis names the mistake: every defect of the kit is run as an implementation that nobody knows.

    python benchmarks/diagnosis_score.py [--every N] [--seconds 5] [-j PROCESSES]

Each defect answers the core catalogue, and the diagnosis says what is wrong. Told are the share of defects whose
sentence comes first, and within the first three, and each whose does not. Defects that survive the catalogue are not
counted; `conformance defects` tells them.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import time
from dataclasses import dataclass
from functools import partial

from conformance.case import Tier
from conformance.catalogue import load_catalogue
from conformance.choices import DEFAULT_SECONDS
from conformance.defects import DEFECTS
from conformance.diagnosis import Gathering, diagnose_run
from conformance.implementations import Implementation
from conformance.isolation import Asking, InProcess
from conformance.selection import select


@dataclass(frozen=True, slots=True)
class Told:
    """What the diagnosis said of a defect.

    Attributes:
        name: the defect.
        mistake: what it does wrong.
        failures: cases that did not pass.
        rank: of its sentence, from 1; 0 where it is not among those that are told.
        first: the sentence that was told first.
        seconds: that the diagnosis took.
    """

    name: str
    mistake: str
    failures: int
    rank: int
    first: str
    seconds: float


def diagnose(index: int, seconds: float) -> Told:
    """Run one defect of the kit as an unknown implementation, and return what the diagnosis said."""
    defect = DEFECTS[index]
    implementation = Implementation("unknown", "", dict(defect.functions()))
    gathering = Gathering()
    failures = 0
    subject = InProcess(implementation, Asking(search=False))
    subject.begin(select(load_catalogue(), tier=Tier.CORE))
    for tried in subject.attempts():
        gathering.add(tried)
        failures += tried.result.outcome not in ("passed", "unsupported")
    start = time.perf_counter()
    found = diagnose_run(gathering, subject, seconds) if failures else None
    told = [] if found is None else [finding.mistake for finding in found.findings]
    rank = told.index(defect.mistake) + 1 if defect.mistake in told else 0
    first = told[0] if told else "nothing"
    return Told(defect.name, defect.mistake, failures, rank, first, time.perf_counter() - start)


def main() -> None:
    """Diagnose every defect that is asked for, and print the shares and the misses."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only every N-th defect")
    parser.add_argument("--seconds", type=float, default=DEFAULT_SECONDS, help="that a diagnosis may take")
    parser.add_argument("-j", type=int, default=os.cpu_count() or 1, metavar="PROCESSES", help="at a time")
    arguments = parser.parse_args()
    indices = range(0, len(DEFECTS), arguments.every)
    with multiprocessing.get_context("spawn").Pool(arguments.j) as pool:
        found = pool.map(partial(diagnose, seconds=arguments.seconds), indices, chunksize=4)
    judged = [each for each in found if each.failures]
    for each in judged:
        if each.rank != 1:
            place = f"rank {each.rank}" if each.rank else "not told"
            print(f"{each.name}: {place}: it {each.mistake}\n    first: it {each.first}")
    first = sum(each.rank == 1 for each in judged)
    three = sum(1 <= each.rank <= 3 for each in judged)
    print(f"{len(judged)} defects, {len(found) - len(judged)} more survive: first in {first}, within three in {three}")
    slowest = max(judged, key=lambda each: each.seconds)
    print(f"slowest diagnosis {slowest.seconds:.1f} s ({slowest.name})")


if __name__ == "__main__":
    main()
