"""What the whole catalogue finds in the installed TensorFlow: with oneDNN, without, and compiled by XLA.

    python benchmarks/tensorflow_findings.py [--mode onednn|plain|xla] [--seconds 20]

Each mode runs in a child process, one case after another. A case that ends the process, or takes longer than allowed,
is reported as such, and a new child goes on with the next. What is printed is every case that neither passed nor is
unsupported: its outcome, what came, and the likely mistake.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import queue
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from typing import IO, Any

MODES = {"onednn": "1", "plain": "0", "xla": "1"}
"""The ways to compute, and what `TF_ENABLE_ONEDNN_OPTS` is in each."""

GREEN = ("passed", "unsupported")


def main() -> None:
    """Judge TensorFlow in the modes that are asked for, and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mode", choices=MODES, action="append", help="may be repeated; all where absent")
    parser.add_argument("--seconds", type=float, default=20, help="that a case may take")
    parser.add_argument("--child", metavar="FIRST", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child is not None:
        judge_from(arguments.child, arguments.mode[0])
        return
    for mode in arguments.mode or MODES:
        results = list(judged(mode, arguments.seconds))
        counts = Counter(result["outcome"] for result in results)
        print(f"\n{mode}: {', '.join(f'{count} {outcome}' for outcome, count in counts.items())}")
        for result in results:
            if result["outcome"] not in GREEN:
                print(f"  {result['case']}: {result['outcome']}: {result['detail']}")


def judged(mode: str, seconds: float) -> Iterator[dict[str, str]]:
    """Yield the result of every case, starting a new child where one ends early."""
    names: list[str] = []
    done = 0
    while not names or done < len(names):
        command = [sys.executable, __file__, "--mode", mode, "--child", str(done)]
        environment = os.environ | {"TF_ENABLE_ONEDNN_OPTS": MODES[mode], "TF_CPP_MIN_LOG_LEVEL": "3"}
        child = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert child.stdout is not None
        lines = _lines(child.stdout)
        names = json.loads(lines.get())
        for result in iter(functools.partial(_next, lines, seconds), None):
            if isinstance(result, str):
                child.kill()
                yield {"case": names[done], "outcome": "timed-out", "detail": f"after {seconds:g} s"}
            else:
                yield result
            done += 1
        if child.wait() and done < len(names):
            yield {"case": names[done], "outcome": "crashed", "detail": f"exit status {child.returncode}"}
            done += 1


def _lines(stream: IO[str]) -> queue.Queue[str]:
    """Return a queue of a stream's lines, and of an empty one at its end."""
    lines: queue.Queue[str] = queue.Queue()

    def read() -> None:
        for line in stream:
            if line.startswith(("[", "{")):
                lines.put(line)
        lines.put("")

    threading.Thread(target=read, daemon=True).start()
    return lines


def _next(lines: queue.Queue[str], seconds: float) -> Any:
    """Return the next result, None where there is no more, or a word where it does not come in time."""
    try:
        line = lines.get(timeout=seconds)
    except queue.Empty:
        return "late"
    return json.loads(line) if line else None


def judge_from(first: int, mode: str) -> None:
    """Print the ids of all cases, then the results of those from the `first`, a line each."""
    from conformance.catalogue import load_catalogue
    from conformance.implementations import load_implementation
    from conformance.runner import attempt

    cases = load_catalogue()
    judged = load_implementation("tensorflow")
    if mode == "xla":
        for name, function in judged.functions.items():
            judged.functions[name] = _compiled(function)
    print(json.dumps([case.id for case in cases]), flush=True)
    for case in cases[first:]:
        result = attempt(case, judged).result
        facts = [line for line in result.detail.splitlines() if not line.startswith(("case:", "again:"))]
        print(json.dumps({"case": case.id, "outcome": result.outcome, "detail": " · ".join(facts)}), flush=True)


def _compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return `function` compiled by XLA: arrays are its arguments, everything else is part of the program."""
    import numpy as np
    import tensorflow as tf

    @functools.wraps(function)
    def compiled(*places: Any, **keywords: Any) -> Any:
        given = {f"place{index}": part for index, part in enumerate(places)} | keywords
        arrays = {name: part for name, part in given.items() if isinstance(part, np.ndarray)}

        @tf.function(jit_compile=True, autograph=False)  # type: ignore[untyped-decorator]
        def program(tensors: dict[str, Any]) -> Any:
            parts = given | tensors
            leading = [parts.pop(f"place{index}") for index in range(len(places))]
            return function(*leading, **parts)

        return program({name: tf.constant(part) for name, part in arrays.items()})

    return compiled


if __name__ == "__main__":
    main()
