"""Filters as they are asked for: the one grammar, and for what has a closed set of words only these words."""

import re
from collections.abc import Callable, Iterable
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field

from analytics.measures.metrics import DIMENSIONS, Dimension
from contracts.errors import QueryInvalid
from contracts.filters import MEMBERS_LIMIT, Filter, Pattern, parse_filter
from contracts.status import DeliveryStatus
from contracts.vocabulary import Channel, Reason

GRAMMAR = (
    "Any of these, separated by commas or repeated; `!` before one keeps it out, `*` behind one stands for whatever "
    "begins so, a backslash takes the meaning from the character behind it."
)
_COUNTRY = re.compile("[A-Z]{2}")
_BEGINNING_OF_COUNTRY = re.compile("[A-Z]")


def filter_of(texts: list[str]) -> Filter | None:
    """What these say together; null when nothing was said."""
    return parse_filter(texts) if texts else None


def filters_in(asked: BaseModel) -> dict[Dimension, Filter]:
    """Of the members of `asked` that are called as dimensions, those that were given."""
    given = {one: filter_of(getattr(asked, one.value, [])) for one in Dimension}
    return {dimension: chosen for dimension, chosen in given.items() if chosen is not None}


def listed(value: object) -> object:
    """A text of a body stands for a list of one, as in a query string."""
    return [value] if isinstance(value, str) else value


def or_several(kind: Any, most: int) -> Any:  # noqa: ANN401  # types as pydantic reads them
    """How OpenAPI has what `listed` takes."""
    return kind | Annotated[list[kind], Field(max_length=most)]


def _checked(is_sensible: Callable[[Pattern], bool], advice: str) -> AfterValidator:
    """Refuses with `advice` a filter of which a member can never be met."""

    def check(texts: list[str]) -> list[str]:
        try:
            chosen = filter_of(texts)
        except QueryInvalid as exc:
            raise ValueError(str(exc)) from None
        members = (*chosen.any_of, *chosen.none_of) if chosen else ()
        if not all(map(is_sensible, members)):
            raise ValueError(advice)
        return texts

    return AfterValidator(check)


def one_of(words: Iterable[str]) -> AfterValidator:
    """Refuses, with those that there are, a filter of which a member is none of `words`."""
    known = tuple(map(str, words))
    return _checked(lambda one: any(map(one.matches, known)), f"there are {', '.join(known)}")


def _is_country(pattern: Pattern) -> bool:
    return bool((_BEGINNING_OF_COUNTRY if pattern.is_prefix else _COUNTRY).fullmatch(pattern.text))


def like(meaning: str) -> Any:  # noqa: ANN401  # as pydantic's own Field
    """The member that filters by what has this meaning."""
    return Field([], max_length=MEMBERS_LIMIT, description=f"{meaning} {GRAMMAR}")


def by(dimension: Dimension) -> Any:  # noqa: ANN401  # as above
    """The member that filters by `dimension`."""
    return like(DIMENSIONS[dimension])


Written = Annotated[list[str], BeforeValidator(listed, json_schema_input_type=or_several(str, MEMBERS_LIMIT))]
"""A filter as it may be written, in the grammar; still to be checked."""
Texts = Annotated[Written, _checked(lambda _: True, "")]
Channels = Annotated[Written, one_of(Channel)]
Statuses = Annotated[Written, one_of(DeliveryStatus)]
Reasons = Annotated[Written, one_of(Reason)]
Countries = Annotated[Written, _checked(_is_country, "write countries as ISO 3166 alpha-2, such as GR, or G*")]
