"""Write what the pages have of the program: commands, keys, recipes, call forms, refused calls, findings.

    python docs/generate.py

Replaces what stands between `<!-- generated: NAME -->` and `<!-- end -->` in the pages; a test compares.
"""

from __future__ import annotations

import ast
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
import typer
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from conformance.case import Case, Operation
from conformance.catalogue import load_catalogue
from conformance.catalogue.schema import CaseEntry, Data, Expect, RefusedEntry
from conformance.cli import app
from conformance.data import make_operands, recipes
from conformance.implementations.call import call_arguments, whole_call

DOCS = Path(__file__).parent

SHOWN = 6
"""Numbers of a recipe."""


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a table in Markdown."""
    lines = [list(head), *map(list, rows)]
    lines.insert(1, ["---"] * len(lines[0]))
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def keys() -> str:
    """Return what may be written for each key of a case, of a call that must be refused, and of their mappings."""
    told = CaseEntry.model_fields
    others = {
        name: field
        for name, field in RefusedEntry.model_fields.items()
        if name not in told or field.description != told[name].description
    }
    parts = [
        _fields(CaseEntry, told),
        "An entry with `refuses`, where that is not the same:",
        _fields(RefusedEntry, others),
        "`data` is a mapping of:",
        _fields(Data, Data.model_fields),
        "`expect`, where it is a mapping, of:",
        _fields(Expect, Expect.model_fields),
    ]
    return "\n\n".join(parts)


def _fields(model: type[BaseModel], fields: dict[str, FieldInfo]) -> str:
    rows = ((f"`{name}`", str(field.description), _default(field)) for name, field in fields.items())
    return table(("key", "must be", "where left out"), rows)


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "must be there"
    value = field.get_default(call_default_factory=True)
    return f"`{value}`" if isinstance(value, str | int) and value != "" else "–"


def recipe_table() -> str:
    """Return every recipe, what it gives, and the first numbers of an input of a case `example`."""
    rows: list[list[str]] = []
    for name, about in re.findall(r"^\| (.{24}) \| (.+?) *\|$", str(recipes.__doc__), re.MULTILINE)[1:]:
        if name.strip():
            rows.append([name.strip(), about])
        else:
            rows[-1][1] += f" {about}"
    rows = [row for row in rows if row[0].startswith("`")]
    return table(("recipe", "numbers", "such as"), ([*row, _such_as(row[0].strip("`"))] for row in rows))


def _such_as(recipe: str) -> str:
    """Return the first numbers of a recipe, of a case with the id `example`, for 2 images of 3×4 pixels."""
    written = re.sub(r"\bN\b", "12", re.sub(r"\bD\b", "2", re.sub(r"\bS\b", "123", recipe)))
    data = f"input: '{written}'" + (f", filters: '{written}'" if recipe == "cancelling" else "")
    entry = f"- {{id: example, input: [2, 3, 4, 1], filters: [2, 2], data: {{{data}}}, output: [2, 2, 3]}}\n"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "example.yaml"
        path.write_text(entry, encoding="utf-8")
        (case,) = load_catalogue([path])
    numbers = make_operands(case).input.ravel()[:SHOWN]
    shown = ", ".join(np.format_float_positional(number, precision=4, trim="-") for number in numbers)
    return f"{f'`{written}`: ' if written != recipe else ''}{shown}, …"


def calls() -> str:
    """Return the form in which each operation is called."""
    first = {case.operation: case for case in reversed(load_catalogue()) if not case.refuses}
    return "\n".join(f"- `{_form(operation, first[operation])}`" for operation in Operation)


def _form(operation: Operation, case: Case) -> str:
    named = list(call_arguments(case))
    given = [name for name in whole_call(case, make_operands(case)) if name not in named]
    later = [] if operation.is_bias else [name for name in given if name == "out_backprop"]
    leading = [name for name in given if name not in later and (operation.is_bias or name != "bias")]
    return f"{operation}({', '.join([*leading, '*', *later, *named])})"


def refusals() -> str:
    """Return the calls of the shipped catalogue that must be refused: why, and by which entries."""
    reasons: dict[str, list[str]] = {}
    for case in load_catalogue():
        if case.refuses:
            ids = reasons.setdefault(case.refuses, [])
            entry = case.id.split(".")[0]
            ids += [] if f"`{entry}`" in ids else [f"`{entry}`"]
    return table(("why it has no meaning", "cases"), ((reason, ", ".join(ids)) for reason, ids in reasons.items()))


def findings() -> str:
    """Return every script of docs/findings with what it shows and what it printed."""
    rows = []
    for script in sorted((DOCS / "findings").glob("*.py")):
        about = ast.get_docstring(ast.parse(script.read_text(encoding="utf-8"))) or ""
        sentence = " ".join(about.split("\n\n")[0].split())
        rows.append((sentence, f"[{script.stem}]({script.name})", f"[what it printed]({script.stem}.txt)"))
    return table(("finding", "script", "output"), rows)


def commands() -> str:
    """Return every command with its arguments and options."""
    return "\n\n".join(_commands("conformance", typer.main.get_command(app)))


def _commands(name: str, command: Any) -> Iterator[str]:
    """Yield what is told of a command, or of the commands of a group."""
    inner = getattr(command, "commands", {})
    for word, each in inner.items():
        yield from _commands(f"{name} {word}", each)
    if not inner:
        yield _command(name, command)


def _command(name: str, command: Any) -> str:
    arguments = [each.metavar or each.name.upper() for each in command.params if each.param_type_name == "argument"]
    options = [each for each in command.params if each.param_type_name == "option" and "--help" not in each.opts]
    rows = ((_spelled(each), _meaning(each), _usual(each)) for each in options)
    example = (command.epilog or "").replace("Example:", "For example")
    parts = [f"## {name}", f"`{' '.join([name, *arguments])}`", command.help or "", example]
    return "\n\n".join([*filter(None, parts), table(("option", "means", "where left out"), rows)])


def _spelled(option: Any) -> str:
    value = "" if option.is_flag else f" {option.metavar or option.name.upper()}".replace("|", " or ")
    return ", ".join(f"`{name}{value}`" for name in option.opts)


def _meaning(option: Any) -> str:
    choices = f" One of {', '.join(type(option.default))}." if isinstance(option.default, StrEnum) else ""
    return f"{option.help or ''}{choices}"


def _usual(option: Any) -> str:
    return "–" if option.is_flag or option.default in (None, "") else f"`{option.default}`"


SECTIONS: dict[str, dict[str, Callable[[], str]]] = {
    "commands.md": {"commands": commands},
    "cases.md": {"keys": keys, "recipes": recipe_table},
    "operations.md": {"calls": calls, "refusals": refusals},
    "findings/index.md": {"findings": findings},
}
"""By page, what is generated."""


def generated(page: str) -> str:
    """Return the text of a page with what is generated made anew."""
    text = (DOCS / page).read_text(encoding="utf-8")
    for name, make in SECTIONS[page].items():
        head, rest = text.split(f"<!-- generated: {name} -->")
        text = f"{head}<!-- generated: {name} -->\n\n{make()}\n\n<!-- end -->{rest.split('<!-- end -->', 1)[1]}"
    return text


def main() -> None:
    """Write the pages."""
    for page in SECTIONS:
        (DOCS / page).write_text(generated(page), encoding="utf-8")


if __name__ == "__main__":
    main()
