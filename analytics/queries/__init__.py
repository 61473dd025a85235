"""The questions, one SQL file each. The head of a file says what it answers, its parameters, and its lane."""

import re
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from importlib.resources import files
from itertools import takewhile

from contracts.errors import QueryInvalid

_MEMBERS = ("parameters:", "lane:", "facts:")
_INCLUDE = re.compile(r"^-- include: (\w+)((?: \w+=\w+)*)$", re.MULTILINE)
_FILTER = re.compile(
    r"^ *AND (?:is_wanted\(\w+, \$(\w+)\)|\(\$(accounts) IS NULL OR list_contains\(\$accounts, [\w.]+\)\))\n?",
    re.MULTILINE,
)
"""A line that leaves everything when its parameter is null."""
_WISH = re.compile(r"is_wanted\((\w+), \$(\w+)\)")
_NAMED = r"list_contains($\2.any_of, \1)"
_SECTION = re.compile(r"^-- if: (\w+)\n(.*?)^-- end: \1\n", re.MULTILINE | re.DOTALL)
"""Lines that are only of use with their parameter."""
_GROUP = re.compile(r",\s*'(\w+)': CASE WHEN list_contains\(\$group_by, '\1'\) THEN \1 END")
"""What a row is grouped by when it is wanted, else null."""
VARIANTS_KEPT = 512
"""Forms of questions, by what they were asked with."""


@dataclass(frozen=True)
class Query:
    """A question as its file has it."""

    name: str
    sql: str
    purpose: str
    parameters: frozenset[str]
    is_lookup: bool
    """Look-ups by id have a lane of their own: they take milliseconds and must not wait behind scans."""
    facts_from: str | None = None
    """The parameter from which on facts must be there; null when it needs none, or tells of those there are."""


@cache
def load_query(name: str) -> Query:
    """The question called `name`; raises `QueryInvalid` when there is none."""
    try:
        sql = with_parts(_text(f"{name}.sql"))
    except FileNotFoundError:
        raise QueryInvalid(f"there is no question {name}; there are {', '.join(query_names())}") from None
    head = [line.removeprefix("--").strip() for line in takewhile(_is_comment, sql.splitlines())]
    told = {member: [line.removeprefix(member) for line in head if line.startswith(member)] for member in _MEMBERS}
    return Query(
        name=name,
        sql=sql,
        purpose=" ".join(line for line in head if not line.startswith(_MEMBERS)),
        parameters=frozenset(re.findall(r"\w+", " ".join(told["parameters:"]))),
        is_lookup=[lane.strip() for lane in told["lane:"]] == ["look-up"],
        facts_from=next((name.strip() for name in told["facts:"]), None),
    )


@lru_cache(VARIANTS_KEPT)
def load_query_for(
    name: str, absent: frozenset[str], groups: frozenset[str], plain: frozenset[str] = frozenset()
) -> Query:
    """The same question when the parameters `absent` are null and rows are grouped by `groups`; other groups have no
    column. Of the filters `plain` it is known that they only name the values that are wanted.

    DuckDB plans a filter that wants everything, or could have more in it, as long as any other, and of small answers
    planning is most of the time; and by values that are named it leaves unread what has none of them.
    """
    whole = load_query(name)
    sql = _SECTION.sub(lambda found: "" if found[1] in absent else found[2], whole.sql)
    sql = _FILTER.sub(lambda found: "" if (found[1] or found[2]) in absent else found[0], sql)
    sql = _GROUP.sub(lambda found: f", '{found[1]}': {found[1]}" if found[1] in groups else "", sql)
    sql = _WISH.sub(lambda found: found.expand(_NAMED) if found[2] in plain else found[0], sql)
    named = set(re.findall(r"\$(\w+)", re.sub(r"^ *--.*$", "", sql, flags=re.MULTILINE)))
    return replace(whole, sql=sql, parameters=whole.parameters & named)


def _text(name: str) -> str:
    return files(__name__).joinpath(name).read_text(encoding="utf-8")


def with_parts(sql: str) -> str:
    """The SQL with what it includes."""
    return _INCLUDE.sub(_included, sql)


def _included(found: re.Match[str]) -> str:
    """What several questions share: the table expressions of a `.cte` file, with the names that the line gives them, in
    the place of the line.
    """
    part = _text(f"{found[1]}.cte").rstrip()
    for given in found[2].split():
        name, _, meant = given.partition("=")
        part = part.replace(f"{{{name}}}", meant)
    return _INCLUDE.sub(_included, part)


def _is_comment(line: str) -> bool:
    return line.startswith("--")


def query_names() -> list[str]:
    """All questions there are."""
    return sorted(entry.name.removesuffix(".sql") for entry in files(__name__).iterdir() if entry.name.endswith(".sql"))
