"""Made-up messages as SQL makes them, span by span: a million reports take seconds, not minutes."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from analytics.statements import execute
from analytics.store.database import Connection

HERE = Path(__file__).parent
REPORTS_OF_A_MESSAGE = 3.2
"""Or so."""


class Lives:
    """Makes, in the connection that it is given, one span after the other: the temporary tables of `lives.sql`."""

    def __init__(self, connection: Connection, begin: datetime, *, reports_per_s: float, first: int = 0) -> None:
        self.until = begin
        self._connection = connection
        self._every_us = round(1e6 * REPORTS_OF_A_MESSAGE / reports_per_s)
        self._number = first

    def go_on(self, span: timedelta) -> None:
        """What is told of within `span`, right behind the one before, is in `told`."""
        count = int(span / timedelta(microseconds=self._every_us))
        begin, self.until = self.until, self.until + span
        parameters = {
            "begin": stored(begin),
            "until": stored(self.until),
            "first": self._number,
            "count": count,
            "every_us": self._every_us,
        }
        for statement in statements("lives"):
            execute(self._connection, statement, parameters)
        self._number += count


@cache
def text_of(name: str) -> str:
    return (HERE / f"{name}.sql").read_text(encoding="utf-8")


def statements(name: str) -> Iterator[str]:
    """The statements of the file, in order."""
    yield from re.sub(r"^--.*\n", "", text_of(name), flags=re.MULTILINE).split(";\n")


def stored(moment: datetime) -> datetime:
    """As the store keeps it."""
    return moment.astimezone(UTC).replace(tzinfo=None)
