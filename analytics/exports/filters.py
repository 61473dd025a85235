"""Filters as the store takes them: two regular expressions for each dimension, always parameters."""

import re
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

from contracts.filters import Pattern, parse_filter


class By(StrEnum):
    """What rows can be filtered by, in the grammar of `contracts/filters.py`."""

    PROVIDER = "provider"
    CONNECTION = "connection"
    COUNTRY = "country"
    CHANNEL = "channel"
    CAMPAIGN = "campaign"
    SENDER = "sender"
    STATUS = "status"


def wanted_values(filters: Mapping[By, Sequence[str]]) -> dict[str, str | None]:
    """The parameters of `wanted_values.cte`; raises `QueryInvalid` for a filter that breaks the grammar."""
    parameters: dict[str, str | None] = {}
    for by in By:
        parsed = parse_filter(filters[by]) if filters.get(by) else None
        parameters[by.value] = _expression(parsed.any_of) if parsed else None
        parameters[f"not_{by.value}"] = _expression(parsed.none_of) if parsed else None
    return parameters


def _expression(patterns: Iterable[Pattern]) -> str | None:
    """What matches wholly whatever one of `patterns` matches; null for no pattern."""
    # "s": a value may have lines, and a dot must go over their ends.
    members = [re.escape(one.text) + (".*" if one.is_prefix else "") for one in patterns]
    return f"(?s:{'|'.join(members)})" if members else None
