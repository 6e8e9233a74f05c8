"""`conformance defects`: its options."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from conformance.choices import DEFAULT_BUDGET, Tier
from conformance.cli_options import Budget, Catalogues, Selection, Tiers

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command(epilog="Example: `conformance defects --only strides -k 'not bias'`")(defects)


def defects(
    catalogues: Catalogues = None,
    expression: Selection = "",
    tier: Tiers = Tier.CORE,
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only",
            metavar="CLASS|NAME",
            help="Only these defects, and no right implementations; may be repeated.",
        ),
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write the table as JSON to FILE.")
    ] = None,
    jobs: Annotated[int, typer.Option("-j", "--jobs", metavar="N", min=0, help="Processes; 0 for one a core.")] = 0,
    listing: Annotated[bool, typer.Option("--list", help="Only list the defects, by class of mistake.")] = False,
    memory_budget: Budget = DEFAULT_BUDGET,
) -> None:
    """Try the kit of wrong implementations on the cases: which case rejects which, and whether the right ones pass.

    Exit status 1 where a defect survives without a reason, or a right implementation is rejected.
    """
    from conformance.commands import defects as command

    chosen = command.choose(only or ())
    if listing:
        command.print_kit(chosen)
        return
    cases = command.cases_of(catalogues or (), memory_budget, expression, tier, json_file)
    raise typer.Exit(command.score(cases, chosen, catalogues or (), json_file=json_file, jobs=jobs, right=not only))
