"""Moments in a query string or a body."""

from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, ValidationError, ValidatorFunctionWrapHandler, WrapValidator

ADVICE = "write the time in ISO 8601 with its zone, such as 2026-11-21T00:00:00Z, and a plus in an address as %2B"


def _iso(value: object, read: ValidatorFunctionWrapHandler) -> datetime:
    # A bare number would be taken for seconds since 1970.
    if isinstance(value, str) and "T" not in value.upper():
        raise ValueError(ADVICE)
    try:
        moment: datetime = read(value)
    except ValidationError:
        raise ValueError(ADVICE) from None
    return moment


Moment = Annotated[AwareDatetime, WrapValidator(_iso)]
