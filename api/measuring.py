"""A question about numbers, as it stands in a query string, checked and made into the one the store answers."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Annotated, Any
from zoneinfo import available_timezones

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from analytics.metrics import DIMENSIONS, MEASURES, Bucket, Dimension, Measure, MetricsQuestion
from api import filtering
from api.access import Caller
from api.answers.base import WithFreshness
from api.filtering import filter_of
from api.problems import INVALID, FieldError, Refused
from contracts.filters import Filter

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LONGEST = {Bucket.HOUR: timedelta(days=100), Bucket.DAY: timedelta(days=3660), Bucket.NONE: timedelta(days=3660)}
USUAL_SPAN = timedelta(days=1)
AN_HOUR = timedelta(hours=1)
VALUES_LIMIT = 100
ROWS_LIMIT = 20_000


def split(values: object) -> object:
    """`a,b` and `a` beside `b` are the same list."""
    if not isinstance(values, list):
        return values
    return [member for value in values for member in (value.split(",") if isinstance(value, str) else [value])]


def _iso(value: object) -> object:
    # A bare number would be taken for seconds since 1970.
    if isinstance(value, str) and "T" not in value.upper():
        raise ValueError("write the time in ISO 8601 with its zone, such as 2026-11-21T00:00:00Z")
    return value


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones() | {"UTC"})


def _zone(name: str) -> str:
    if name not in _zones():
        raise ValueError("write an IANA time zone, such as Europe/London")
    return name


Moment = Annotated[AwareDatetime, BeforeValidator(_iso)]


def _meanings(words: Mapping[Any, str]) -> str:
    return "".join(f"\n* `{word.value}`: {meaning}" for word, meaning in words.items())


class Asked(BaseModel):
    """What all questions about numbers have in their query string: a span of time, and filters."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    from_: Moment | None = Field(
        None,
        alias="from",
        description="Start of the span, taken back to the full hour; a day before `to` when not given.",
    )
    to: Moment | None = Field(None, description="End of the span, taken on to the full hour; now when not given.")
    account: filtering.Texts = filtering.by(Dimension.ACCOUNT)
    provider: filtering.Texts = filtering.by(Dimension.PROVIDER)
    connection: filtering.Texts = filtering.by(Dimension.CONNECTION)
    channel: filtering.Channels = filtering.by(Dimension.CHANNEL)
    country: filtering.Countries = filtering.by(Dimension.COUNTRY)
    campaign: filtering.Texts = filtering.by(Dimension.CAMPAIGN)
    sender: filtering.Texts = filtering.by(Dimension.SENDER)

    def filters(self) -> dict[Dimension, Filter]:
        """Those that were given."""
        given = {one: filter_of(getattr(self, one.value, [])) for one in Dimension}
        return {dimension: chosen for dimension, chosen in given.items() if chosen is not None}

    def span(self, now: datetime, *, longest: timedelta, advice: str) -> tuple[datetime, datetime]:
        """The whole hours that are asked about, because nothing finer is counted.

        Raises the problem that names a span that makes no sense, or is longer than `longest` with what to do about it.
        """
        to = self.to or now
        require_within(to, now, member="to")
        from_ = self.from_ or to - USUAL_SPAN
        require_within(from_, now, member="from")
        if from_ >= to:
            raise _span_error("from", "The span must begin before it ends")
        if to - from_ > longest:
            raise _span_error("from", f"The span may have {longest.days} days; {advice}")
        return _hour(from_), _hour(to) if _hour(to) == to else _hour(to) + AN_HOUR


class MetricsParameters(Asked):
    """The query string of `GET /v1/metrics`."""

    measure: Annotated[list[Measure], BeforeValidator(split)] = Field(
        [Measure.SENT, Measure.DELIVERED, Measure.DELIVERY_RATE],
        min_length=1,
        max_length=VALUES_LIMIT,
        description="What to count; repeat it or separate by commas.\n" + _meanings(MEASURES),
    )
    group_by: Annotated[list[Dimension], BeforeValidator(split)] = Field(
        [],
        max_length=len(Dimension),
        description="One row for each value of these; repeat it or separate by commas.\n" + _meanings(DIMENSIONS),
    )
    bucket: Bucket = Field(Bucket.HOUR, description=Bucket.__doc__)
    time_zone: Annotated[str, Field(max_length=64), AfterValidator(_zone)] = Field(
        "UTC", description="Whose days they are, as an IANA name, when the bucket is a day."
    )
    status: filtering.Statuses = filtering.by(Dimension.STATUS)
    reason: filtering.Reasons = filtering.by(Dimension.REASON)

    def question(self, caller: Caller, now: datetime) -> MetricsQuestion:
        """The question for this caller; raises the problem that names a span that makes no sense."""
        from_, to = self.span(now, longest=LONGEST[self.bucket], advice="take a larger bucket, or ask in parts")
        return MetricsQuestion(
            measures=tuple(dict.fromkeys(self.measure)),
            from_=from_,
            to=to,
            group_by=tuple(dict.fromkeys(self.group_by)),
            bucket=self.bucket,
            filters=self.filters(),
            accounts=caller.accounts,
            time_zone=self.time_zone,
        )


def _hour(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def require_within(moment: datetime, now: datetime, *, member: str) -> None:
    if not EARLIEST <= moment <= now + USUAL_SPAN:
        raise _span_error(member, "The time must lie between the year 2000 and tomorrow")


def _span_error(member: str, rule: str) -> Refused:
    return Refused(INVALID, errors=[FieldError(place="query", member=member, rule="span_not_sensible", detail=rule)])


def _row_schema() -> dict[str, Any]:
    """What a row may hold, as JSON Schema."""
    words = {dimension.value: ("string", meaning) for dimension, meaning in DIMENSIONS.items()}
    numbers = {measure.value: ("number", meaning) for measure, meaning in MEASURES.items()}
    members = {
        name: {"type": [kind, "null"], "description": meaning} for name, (kind, meaning) in (words | numbers).items()
    }
    start = {"type": "string", "format": "date-time", "description": "Start of the bucket; left out without buckets."}
    return {"type": "object", "properties": {"bucket_at": start} | members, "additionalProperties": False}


class MetricsAnswer(WithFreshness):
    """One row per bucket and group, in order; a bucket in which nothing happened has no row."""

    from_: datetime = Field(serialization_alias="from", description="Start of the span that was counted, included.")
    to: datetime = Field(description="End of the span that was counted, not included.")
    bucket: Bucket
    time_zone: str = Field(examples=["UTC"])
    measures: list[Measure]
    group_by: list[Dimension]
    rows: list[Annotated[dict[str, Any], WithJsonSchema(_row_schema())]] = Field(
        description="The bucket, the dimensions asked for and the measures asked for.",
        examples=[[{"bucket_at": "2026-11-21T10:00:00Z", "provider": "infobip", "sent": 812, "delivered": 790}]],
    )
