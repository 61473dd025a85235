"""What a step says, as a body has it: the contents of the contracts, held to lengths and without control characters."""

from functools import cache, reduce
from operator import or_
from types import GenericAlias, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec
from msgspec import NODEFAULT, structs
from pydantic import BaseModel, ConfigDict, Discriminator, Field, GetCoreSchemaHandler, create_model
from pydantic_core import CoreSchema

from contracts.records import Record
from contracts.sends import AnyContent

LONGEST = 10_000

# Line ends and tabs are what people write; other control characters are not.
Words = Annotated[str, Field(min_length=1, max_length=LONGEST, pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]+$")]
LIMITED: dict[object, object] = {
    str: Words,
    int: Annotated[int, Field(ge=0, lt=2**53)],
    float: Annotated[float, Field(allow_inf_nan=False)],
    dict[str, str]: dict[Words, Words],
}


class ContentBody(BaseModel):
    """The base of the contents in a body."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def as_record(self) -> AnyContent:
        record: AnyContent = msgspec.convert(self.model_dump(exclude_none=True), AnyContent)
        return record


@cache
def _model(record: type[Record]) -> type[ContentBody]:
    """The body of a record of the contracts, member by member, so that there is one list of them."""
    tag = record.__struct_config__.tag
    members: dict[str, Any] = {} if tag is None else {"kind": (Literal[tag], ...)}
    members |= {member.name: (_annotation(member.type), _default(member)) for member in structs.fields(record)}
    made: type[ContentBody] = create_model(
        record.__name__, __base__=ContentBody, __doc__=record.__doc__, __module__=__name__, **members
    )
    return made


def _default(member: structs.FieldInfo) -> Any:  # noqa: ANN401  # what types are made of has no type
    if member.default is not NODEFAULT:
        return member.default
    return ... if member.default_factory is NODEFAULT else Field(default_factory=member.default_factory)


def _annotation(kind: Any) -> Any:  # noqa: ANN401  # likewise
    """The type of a member, with the limits that it has in a body."""
    origin = get_origin(kind)
    if isinstance(kind, type) and issubclass(kind, Record):
        return _model(kind)
    if origin in {Union, UnionType}:
        return reduce(or_, (_annotation(one) for one in get_args(kind)))
    if origin is tuple:
        return GenericAlias(tuple, (_annotation(get_args(kind)[0]), ...))
    return LIMITED.get(kind, kind)


KINDS = {str(record.__struct_config__.tag): _model(record) for record in get_args(AnyContent)}
"""What a content calls itself to its body."""


_ANY_KIND: Any = Annotated[reduce(or_, KINDS.values()), Discriminator("kind")]


class _AnyKind:
    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return handler.generate_schema(_ANY_KIND)


AnyContentBody = Annotated[ContentBody, _AnyKind]
"""One of the contents, told apart by its `kind`."""
