"""Filters as the questions take them: one parameter a dimension, by the macro `is_wanted`. Null lets everything in."""

from collections.abc import Iterable, Mapping
from typing import Any

from contracts.filters import Filter, Pattern


def wanted(chosen: Filter | None) -> dict[str, list[str] | None] | None:
    """One filter, as `is_wanted` has its members."""
    if chosen is None:
        return None
    return {
        "any_of": _texts(chosen.any_of, of_prefixes=False),
        "beginnings": _texts(chosen.any_of, of_prefixes=True),
        "none_of": _texts(chosen.none_of, of_prefixes=False),
        "no_beginnings": _texts(chosen.none_of, of_prefixes=True),
    }


def is_plain(value: object) -> bool:
    """Whether a parameter is a filter that only names the values that are wanted."""
    return isinstance(value, dict) and [name for name, patterns in value.items() if patterns] == ["any_of"]


def wanted_by(filters: Mapping[Any, Filter], dimensions: Iterable[str]) -> dict[str, Any]:
    """The parameters of a question that includes `wanted`, one for each of `dimensions`."""
    return {str(one): wanted(filters.get(one)) for one in dimensions}


def _texts(patterns: Iterable[Pattern], *, of_prefixes: bool) -> list[str] | None:
    return [pattern.text for pattern in patterns if pattern.is_prefix is of_prefixes] or None
