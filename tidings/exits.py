"""How the command line ends: one line for people, and a number for scripts."""

import logging
import sys
from typing import NoReturn, cast

import typer

from contracts.errors import TidingsError
from runtime.exits import exit_of
from tidings.teaching import Teaching


class PlainTyper(Teaching):
    """Commands whose expected errors end in a line instead of a traceback."""

    def __call__(self, *args: object, **kwargs: object) -> object:
        # Whom it cannot reach we tell ourselves, in that line.
        logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
        try:
            return super().__call__(*args, **kwargs)
        except TidingsError as exc:
            _end(exc)
        except ExceptionGroup as group:
            # Of what is done at the same time several may fail for one reason; a line tells it as well as a tree.
            if group.split(TidingsError)[1] is not None:
                raise
            _end(_first_of(group))


def _first_of(group: BaseException) -> TidingsError:
    while isinstance(group, ExceptionGroup):
        group = group.exceptions[0]
    return cast("TidingsError", group)


def _end(error: TidingsError) -> NoReturn:
    typer.echo(f"tidings: {error}", err=True)
    sys.exit(exit_of(error))
