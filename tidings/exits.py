"""How the command line ends: one line for people, and a number for scripts."""

import logging
import sys
from enum import IntEnum
from typing import NoReturn, cast

import typer

from contracts.errors import BrokerUnavailable, ConfigurationInvalid, TidingsError
from tidings.teaching import Teaching


class Exit(IntEnum):
    """What the exit status means."""

    DONE = 0
    FAILED = 1
    """It did not work, or what was checked is not as it should be."""
    CONFIGURATION = 2
    """A setting, an option or an argument is wrong."""
    NO_BROKER = 3
    """No Kafka answers, and none could be started."""


def exit_of(error: TidingsError) -> Exit:
    """The status that tells `error` to a script."""
    match error:
        case ConfigurationInvalid():
            return Exit.CONFIGURATION
        case BrokerUnavailable():
            return Exit.NO_BROKER
        case _:
            return Exit.FAILED


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
