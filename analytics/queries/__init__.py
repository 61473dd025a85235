"""The questions, one SQL file each. The head of a file says what it answers, its parameters, and its lane."""

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from contracts.errors import QueryInvalid

_MEMBERS = ("parameters:", "lane:")


@dataclass(frozen=True)
class Query:
    """A question as its file has it."""

    name: str
    sql: str
    purpose: str
    parameters: frozenset[str]
    is_lookup: bool
    """Look-ups by id have a lane of their own: they take milliseconds and must not wait behind scans."""


@cache
def load_query(name: str) -> Query:
    """The question called `name`; raises `QueryInvalid` when there is none."""
    try:
        sql = files(__name__).joinpath(f"{name}.sql").read_text(encoding="utf-8")
    except FileNotFoundError:
        raise QueryInvalid(f"there is no question {name}; there are {', '.join(query_names())}") from None
    head = [line.removeprefix("--").strip() for line in sql.splitlines() if line.startswith("--")]
    told = {member: [line.removeprefix(member) for line in head if line.startswith(member)] for member in _MEMBERS}
    return Query(
        name=name,
        sql=sql,
        purpose=" ".join(line for line in head if not line.startswith(_MEMBERS)),
        parameters=frozenset(re.findall(r"\w+", " ".join(told["parameters:"]))),
        is_lookup=[lane.strip() for lane in told["lane:"]] == ["look-up"],
    )


def query_names() -> list[str]:
    """All questions there are."""
    return sorted(entry.name.removesuffix(".sql") for entry in files(__name__).iterdir() if entry.name.endswith(".sql"))
