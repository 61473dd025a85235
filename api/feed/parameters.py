"""The query string of the feed, checked and made into what is wanted."""

import re
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from api.access import Caller
from api.feed.bookmarks import LONGEST, looks_like_mark
from api.feed.events import Dimension
from api.feed.feed import Since
from api.feed.wishes import Wanted
from contracts.errors import QueryInvalid
from contracts.filters import MEMBER_LIMIT, MEMBERS_LIMIT, Filter, Pattern, parse_filter
from contracts.status import DeliveryStatus
from contracts.vocabulary import Channel, Reason
from runtime.settings import Connection

COUNTRY = re.compile("[A-Z]{2}")
MOMENT = TypeAdapter(AwareDatetime)
GRAMMAR = "`a,b`: any of these; `!a`: none of these; `a*`: what begins so."

Texts = list[Annotated[str, Field(max_length=MEMBERS_LIMIT * (MEMBER_LIMIT + 1))]]


def _filter(what: str) -> Any:  # noqa: ANN401  # as pydantic's own Field
    return Field([], max_length=MEMBERS_LIMIT, description=f"{what} {GRAMMAR}")


class FeedParameters(BaseModel):
    """The query string of `GET /v1/feed`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    since: str | None = Field(
        None,
        max_length=LONGEST,
        description="Begin behind the event with this id, or at this time in RFC 3339; now when not given.",
        examples=["2026-11-21T10:00:00Z"],
    )
    account: Texts = _filter("Whose it is.")
    provider: Texts = _filter("Who carried it.")
    connection: Texts = _filter("Over which account at the provider.")
    channel: Texts = _filter("How the message travelled.")
    country: Texts = _filter("Of the recipient's number, ISO 3166 alpha-2.")
    operator: Texts = _filter("The mobile network, as MCC and MNC digits.")
    campaign: Texts = _filter("As the registration or the provider names it.")
    sender: Texts = _filter("The sender id it was sent from.")
    status: Texts = _filter("What the report says.")
    reason: Texts = _filter("Why it did not arrive.")

    @model_validator(mode="before")
    @classmethod
    def _known(cls, given: dict[str, Any]) -> dict[str, Any]:
        if unknown := sorted(given.keys() - cls.model_fields.keys()):
            raise ValueError(f"There is no parameter {unknown[0]!r:.80}; there are {', '.join(cls.model_fields)}")
        return given

    def wanted(self, caller: Caller, connections: Iterable[Connection]) -> Wanted:
        """What this caller wants; raises `QueryInvalid`, which names what there is."""
        own = [one for one in connections if caller.may_see(one.account)]
        values: dict[Dimension, Collection[str]] = {
            Dimension.ACCOUNT: {one.account for one in own},
            Dimension.PROVIDER: {one.provider for one in own},
            Dimension.CONNECTION: {one.name for one in own},
            Dimension.CHANNEL: tuple(Channel),
            Dimension.STATUS: tuple(DeliveryStatus),
            Dimension.REASON: tuple(Reason),
        }
        given = {dimension: getattr(self, dimension.value) for dimension in Dimension}
        filters = {dimension: _read(dimension, texts) for dimension, texts in given.items() if texts}
        for dimension, wish in filters.items():
            for pattern in (*wish.any_of, *wish.none_of):
                _check(dimension, pattern, values.get(dimension))
        return Wanted(caller.accounts, tuple(filters.items()))

    def begin(self, last_event_id: str | None, now: datetime) -> Since:
        """Where the stream begins; raises `QueryInvalid`."""
        # A browser that comes back sends both: the address as it was, and what it has seen since.
        text = last_event_id or self.since
        if not text or looks_like_mark(text) or text is last_event_id:
            return text or None
        try:
            # A bare number would be taken for seconds since 1970.
            moment = MOMENT.validate_python(text if "T" in text.upper() else None)
        except ValidationError as exc:
            raise QueryInvalid(
                "since is neither the id of an event nor a time such as 2026-11-21T10:00:00Z; write a plus as %2B"
            ) from exc
        if moment > now:
            raise QueryInvalid("since lies in the future; leave it out to begin now")
        return moment


def _read(dimension: Dimension, texts: list[str]) -> Filter:
    try:
        return parse_filter(texts)
    except QueryInvalid as exc:
        raise QueryInvalid(f"{dimension}: {exc}") from exc


def _check(dimension: Dimension, pattern: Pattern, values: Collection[str] | None) -> None:
    if dimension is Dimension.COUNTRY and not (pattern.is_prefix or COUNTRY.fullmatch(pattern.text)):
        raise QueryInvalid(f"country: {pattern.text!r:.80} is no code of ISO 3166 alpha-2, such as GR or CY")
    if values is not None and not any(pattern.matches(value) for value in values):
        there_are = ", ".join(sorted(values)) or "none"
        raise QueryInvalid(f"{dimension}: there is no {pattern.text!r:.80}; there are {there_are}")
