"""`conformance report` and `conformance diff`: their options."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from conformance.cli_options import HtmlFile, JsonFile, JunitFile, MarkdownFile, Verbose

__all__ = ["register"]

Stored = Annotated[list[Path], typer.Argument(metavar="JSON…", help="What `run --json` or `score --json` wrote.")]


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    app.command(epilog="Example: `conformance report mine.json theirs.json --html page.html`")(report)
    app.command(epilog="Example: `conformance diff old.json new.json`")(diff)


def report(
    files: Stored,
    html_file: HtmlFile = None,
    markdown_file: MarkdownFile = None,
    junit_file: JunitFile = None,
    json_file: JsonFile = None,
    verbose: Verbose = False,
) -> None:
    """Report stored runs again, several side by side; in the terminal where no file is named.

    `conformance report merge SHARD.json…` joins the reports of all shards of a run, refuses other ones, and exits as
    the run would have.
    """
    from conformance.commands import reporting
    from conformance.reports import Outputs

    outputs = Outputs(json_file, html_file, markdown_file, junit_file)
    raise typer.Exit(reporting.report(files, outputs, verbose=verbose))


def diff(
    old: Annotated[Path, typer.Argument(metavar="OLD.json", help="A stored run.")],
    new: Annotated[Path, typer.Argument(metavar="NEW.json", help="A later one.")],
    markdown_file: Annotated[
        Path | None, typer.Option("--markdown", metavar="FILE", help="Write the differences as Markdown to FILE.")
    ] = None,
) -> None:
    """Tell what became better or worse from one stored run to another.

    Exit status 1 where a case is newly wrong or no longer answered, an accuracy class is looser, an implementation is
    gone or no longer judged in full, or an expectation is newly stale and fails the later run.
    """
    from conformance.commands import reporting

    raise typer.Exit(reporting.diff(old, new, markdown_file))
