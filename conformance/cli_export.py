"""The command `conformance export`, as thin as the others."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from conformance.choices import DEFAULT_BUDGET, Format, Tier
from conformance.cli_options import Budget, Catalogues, Selection, Tiers

__all__ = ["export", "register"]


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command(epilog="Example: `conformance export cases/ -k stride --expected`")(export)


def export(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Must be empty, or hold an earlier export.")],
    catalogues: Catalogues = None,
    expression: Selection = "",
    tier: Tiers = Tier.CORE,
    expected: Annotated[bool, typer.Option("--expected", help="Write the right outputs too; ONNX has them.")] = False,
    form: Annotated[
        Format, typer.Option("--format", help="Arrays for `score`, or ONNX models with test data (extra `onnx`).")
    ] = Format.NPY,
    memory_budget: Budget = DEFAULT_BUDGET,
) -> None:
    """Write the cases as files, for programs in any language; `score` judges what they write beside them."""
    from conformance.commands import judging

    judging.export(
        folder,
        catalogues or (),
        expression=expression,
        tier=tier,
        budget=memory_budget,
        expected=expected,
        form=form,
    )
