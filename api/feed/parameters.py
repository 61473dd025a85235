"""The query string of the feed, checked and made into what is wanted."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from analytics.measures import metrics
from api.admission.access import Caller
from api.feed.bookmarks import LONGEST, looks_like_mark
from api.feed.events import Dimension
from api.feed.feed import Since
from api.feed.wishes import Wanted
from api.questions import filtering
from contracts.errors import QueryInvalid
from contracts.filters import Filter, parse_filter
from runtime.settings import Connection

MOMENT = TypeAdapter(AwareDatetime)


class FeedParameters(BaseModel):
    """The query string of `GET /v1/feed`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    since: str | None = Field(
        None,
        max_length=LONGEST,
        description="Begin behind the event with this id, or at this time in RFC 3339; now when not given.",
        examples=["2026-11-21T10:00:00Z"],
    )
    account: filtering.Texts = filtering.by(metrics.Dimension.ACCOUNT)
    provider: filtering.Texts = filtering.by(metrics.Dimension.PROVIDER)
    connection: filtering.Texts = filtering.by(metrics.Dimension.CONNECTION)
    channel: filtering.Channels = filtering.like("How the message travelled.")
    country: filtering.Countries = filtering.by(metrics.Dimension.COUNTRY)
    operator: filtering.Texts = filtering.like("The mobile network, as MCC and MNC digits.")
    campaign: filtering.Texts = filtering.by(metrics.Dimension.CAMPAIGN)
    sender: filtering.Texts = filtering.by(metrics.Dimension.SENDER)
    status: filtering.Statuses = filtering.like("What the report says.")
    reason: filtering.Reasons = filtering.by(metrics.Dimension.REASON)

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
        }
        given = {dimension: getattr(self, dimension.value) for dimension in Dimension}
        filters = {dimension: parse_filter(texts) for dimension, texts in given.items() if texts}
        for dimension, known in values.items():
            _require_known(dimension, filters.get(dimension, Filter()), known)
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


def _require_known(dimension: Dimension, wish: Filter, values: Collection[str]) -> None:
    for pattern in (*wish.any_of, *wish.none_of):
        if not any(pattern.matches(value) for value in values):
            there_are = ", ".join(sorted(values)) or "none"
            raise QueryInvalid(f"{dimension}: there is no {pattern.text!r:.80}; there are {there_are}")
