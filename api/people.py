"""People as callers name them: by a telephone number, or by the opaque id that a bot's provider gives."""

from typing import Annotated

from pydantic import AfterValidator, Field

from api.recipients import recipient_of


def _person(text: str) -> str:
    looks_like_number = text.lstrip("+ (0").replace(" ", "").replace("-", "").isdigit()
    return recipient_of(text).number if text.startswith("+") or looks_like_number else text


Person = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$"), AfterValidator(_person)]
"""A number becomes E.164; what cannot be one is taken for an opaque id."""
