"""The SQL of the sink, one statement a file. Each runs inside a transaction of whoever writes."""

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from analytics.queries import with_parts
from analytics.store.database import Connection

_PARAMETER = re.compile(r"\$(\w+)")


@cache
def statement(name: str) -> str:
    """The SQL of the file called `name`."""
    return with_parts(files(__name__).joinpath(f"{name}.sql").read_text(encoding="utf-8"))


def run(connection: Connection, name: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """What the statement called `name` answers to those of `parameters` that it knows."""
    return execute(connection, statement(name), parameters)


def execute(connection: Connection, sql: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """What `sql` answers to those of `parameters` that it knows."""
    return connection.execute(sql, known_to(sql, parameters) or None).fetchall()


def known_to(sql: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Those of `parameters` that `sql` takes: DuckDB refuses others."""
    return {key: value for key, value in parameters.items() if key in _named_in(sql)}


@cache
def _named_in(sql: str) -> frozenset[str]:
    return frozenset(_PARAMETER.findall(sql))
