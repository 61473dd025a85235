"""Commands that teach: each says what it does, shows one call of it, and says how it ends."""

import re
from collections.abc import Callable
from inspect import cleandoc
from typing import Any, TypeVar

import typer

Command = TypeVar("Command", bound=Callable[..., Any])

EXAMPLE, ENDS = "Example: ", "Exit status "


class Teaching(typer.Typer):
    """A table of commands, of which none stands without an example."""

    def taught(self, example: str, *, ends: str, name: str | None = None) -> Callable[[Command], Command]:
        """Put a function among the commands, under its own name when no other is given.

        `example` is a whole command line that somebody could type, `ends` the exit status that a script looks for, and
        when it comes.
        """
        epilog = f"{EXAMPLE}{example}\n\n{ENDS}{ends}."

        def teach(function: Command) -> Command:
            return self.command(name, help=unwrapped(function.__doc__ or ""), epilog=epilog)(function)

        return teach


def unwrapped(text: str) -> str:
    """The paragraphs of a docstring, each on one line: the terminal is not as wide as the source."""
    return "\n\n".join(re.sub(r"\s*\n\s*", " ", paragraph) for paragraph in cleandoc(text).split("\n\n"))
