"""What only one provider knows of a send, checked: the members of `SendRequest.own`."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from contracts.errors import RequestInvalid
from runtime.validation import dotted, wrong_members

M = TypeVar("M", bound=BaseModel)


def read_options(model: type[M], own: Mapping[str, Any]) -> M:
    """`own` as `model`; raises `RequestInvalid` naming the wrong members, and not their values."""
    try:
        return model.model_validate(own)
    except ValidationError as exc:
        raise RequestInvalid(wrong_members(exc, lambda place: dotted(("own", *place)))) from None
