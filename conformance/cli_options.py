"""Arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from conformance.choices import Accuracy, Device, Isolation, Stale, Tier

__all__ = [
    "Budget",
    "Catalogues",
    "Demand",
    "Diagnose",
    "ExpectationsFile",
    "HtmlFile",
    "Isolate",
    "Jobs",
    "JournalFile",
    "JsonFile",
    "JunitFile",
    "MarkdownFile",
    "Memory",
    "On",
    "PlotFile",
    "Repeat",
    "ResumeFile",
    "Scheduler",
    "Selection",
    "ShardText",
    "Specs",
    "StaleChoice",
    "Tiers",
    "Timeout",
    "TimesFile",
    "UpdateExpectations",
    "Verbose",
]

Catalogues = Annotated[
    list[Path] | None, typer.Argument(metavar="[CATALOGUE…]", help="YAML files; the shipped catalogue where none.")
]
Specs = Annotated[
    list[str] | None,
    typer.Option(
        "-i",
        "--implementation",
        metavar="SPEC",
        help="tensorflow, package.module, package.module:object or path/to/file.py:object; may be repeated.",
    ),
]
Selection = Annotated[
    str,
    typer.Option("-k", metavar="EXPR", help="Only cases whose id contains, or whose tags are: 'stride and not bias'."),
]
Tiers = Annotated[
    Tier, typer.Option("--tier", help="Only the cases of `core`, or all that there are: `full` has both.")
]
Repeat = Annotated[
    int,
    typer.Option(
        "--repeat", metavar="N", min=1, help="Rounds of calls for each case, for faults that come and go: 2N + 1 calls."
    ),
]
Budget = Annotated[
    float, typer.Option("--memory-budget", metavar="GIB", min=0, help="GiB that the arrays of one case may take.")
]
Demand = Annotated[
    Accuracy, typer.Option("--accuracy", help="The loosest accuracy class that passes on real-valued data.")
]
Isolate = Annotated[
    Isolation,
    typer.Option(
        "--isolate",
        help="Where implementations run: in a `worker` process that is started again where a case ends it, "
        "in one process a `case`, or in `none` but this.",
    ),
]
Jobs = Annotated[int, typer.Option("-j", "--jobs", metavar="N", min=1, help="Worker processes.")]
Timeout = Annotated[
    float, typer.Option("--timeout", metavar="SECONDS", min=0, help="How long a case may take in a worker.")
]
Memory = Annotated[
    float | None,
    typer.Option(
        "--memory",
        metavar="GIB",
        min=0,
        help="What a worker and its children may hold; three quarters of the machine's memory for all where not given.",
    ),
]
JsonFile = Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write the results as JSON to FILE.")]
HtmlFile = Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write the report as a page to FILE.")]
MarkdownFile = Annotated[
    Path | None, typer.Option("--markdown", metavar="FILE", help="Write a summary as Markdown to FILE, for a CI job.")
]
JunitFile = Annotated[
    Path | None,
    typer.Option("--junit", metavar="FILE", help="Write the results as JUnit XML to FILE, for a CI server."),
]
PlotFile = Annotated[
    Path | None, typer.Option("--plot", metavar="FILE.png", help="Draw a picture to FILE (extra `plot`).")
]
Diagnose = Annotated[
    float,
    typer.Option(
        "--diagnose",
        metavar="SECONDS",
        min=0,
        help="How long to look, over all failures of an implementation, for what is wrong; 0: at each case only.",
    ),
]
On = Annotated[Device, typer.Option("--device", help="Where adapters compute; `gpu` where their framework sees one.")]
Verbose = Annotated[
    bool, typer.Option("-v", "--verbose", help="Print a line for each case, and the facts of every failure.")
]
JournalFile = Annotated[
    Path | None,
    typer.Option("--journal", metavar="FILE", help="Write each result to FILE as it comes, for --resume and --times."),
]
ResumeFile = Annotated[
    Path | None,
    typer.Option(
        "--resume", metavar="JOURNAL", help="Go on with a run that was cut off; what is done is not run again."
    ),
]
TimesFile = Annotated[
    Path | None,
    typer.Option("--times", metavar="FILE", help="A journal or JSON report, whose slow cases are run first."),
]
ShardText = Annotated[
    str, typer.Option("--shard", metavar="I/N", help="Only part I of N of the cases, the same part every time.")
]
ExpectationsFile = Annotated[
    Path | None,
    typer.Option(
        "--expectations",
        metavar="FILE",
        help="What is expected not to pass, with reasons; conformance.expectations.yaml where there is one.",
    ),
]
StaleChoice = Annotated[
    Stale,
    typer.Option("--stale", help="What an expectation does to the run that matches nothing, or whose case passes."),
]
UpdateExpectations = Annotated[
    bool,
    typer.Option("--update-expectations", help="Add entries for what fails now to the expectations file."),
]
Scheduler = Annotated[
    str,
    typer.Option(
        "--scheduler",
        metavar="ADDRESS",
        help="Judge on the workers of a Dask cluster: tcp://HOST:8786, or local:N for one of N workers here.",
    ),
]
