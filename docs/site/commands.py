"""The table of all commands in `docs/command-line.md`, made from the commands themselves."""

from collections.abc import Iterator
from dataclasses import dataclass

import typer.main
from typer.core import TyperCommand, TyperGroup

from tidings.cli import app
from tidings.teaching import ENDS, EXAMPLE


@dataclass(frozen=True)
class Taught:
    """A command as its help teaches it."""

    name: str
    """All its words behind `tidings`."""
    command: TyperCommand
    summary: str
    example: str
    ends: str


def commands() -> Iterator[Taught]:
    """Every command, in the order of the help."""
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)  # noqa: S101  # it has many commands
    yield from _within(group, ())


def _within(group: TyperGroup, words: tuple[str, ...]) -> Iterator[Taught]:
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from _within(command, (*words, name))
        elif isinstance(command, TyperCommand):
            example, _, ends = (command.epilog or "").partition("\n\n")
            yield Taught(
                name=" ".join((*words, name)),
                command=command,
                summary=(command.help or "").partition("\n\n")[0],
                example=example.removeprefix(EXAMPLE),
                ends=ends.removeprefix(ENDS).removesuffix("."),
            )


def commands_table() -> str:
    """A row for each command."""
    rows = ["| command | what it does | for example | exit status |", "|---|---|---|---|"]
    rows += [f"| `{one.name}` | {one.summary} | `{one.example}` | {one.ends} |" for one in commands()]
    return "\n".join(rows)
