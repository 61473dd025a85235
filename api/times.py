"""Moments in a query string or a body."""

from typing import Annotated

from pydantic import AwareDatetime, BeforeValidator


def _iso(value: object) -> object:
    # A bare number would be taken for seconds since 1970.
    if isinstance(value, str) and "T" not in value.upper():
        raise ValueError("write the time in ISO 8601 with its zone, such as 2026-11-21T00:00:00Z")
    return value


Moment = Annotated[AwareDatetime, BeforeValidator(_iso)]
