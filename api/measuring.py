"""A question about numbers, as it stands in a query string, checked and made into the one the store answers."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, WithJsonSchema

from analytics.buckets import FINE, HOUR, Bucket, floored, step_of
from analytics.metrics import DIMENSIONS, MEASURES, MONEY, Dimension, Measure, MetricsQuestion
from api import filtering
from api.access import Caller
from api.answers.base import WithFreshness
from api.filtering import filter_of
from api.patience import Patience
from api.problems import INVALID, FieldError, Refused
from api.times import Moment as Moment  # noqa: PLC0414  # told on to those that take spans from here
from contracts.filters import Filter

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
TEN_YEARS = timedelta(days=3660)
LONGEST = {**dict.fromkeys(FINE, timedelta(days=1)), Bucket.HOUR: timedelta(days=100)}
"""Of others ten years."""
USUAL_SPAN = timedelta(days=1)
VALUES_LIMIT = 100


def split(values: object) -> object:
    """`a,b` and `a` beside `b` are the same list."""
    if not isinstance(values, list):
        return values
    return [member for value in values for member in (value.split(",") if isinstance(value, str) else [value])]


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones() | {"UTC"})


def _zone(name: str) -> str:
    if name not in _zones():
        raise ValueError("write an IANA time zone, such as Europe/London")
    return name


def _meanings(words: Mapping[Any, str]) -> str:
    return "".join(f"\n* `{word.value}`: {meaning}" for word, meaning in words.items())


class Asked(Patience):
    """What all questions about numbers have in their query string: a span of time, and filters."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    from_: Moment | None = Field(
        None,
        alias="from",
        description="Start of the span, taken back to the full hour, or to the full bucket when that is finer; a day "
        "before `to` when not given.",
    )
    to: Moment | None = Field(None, description="End of the span, taken on in the same way; now when not given.")
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

    def span(
        self, now: datetime, *, longest: timedelta, advice: str, step: timedelta = HOUR
    ) -> tuple[datetime, datetime]:
        """The whole steps that are asked about; nothing finer than hours is counted beforehand.

        Raises the problem that names a span that makes no sense, or is longer than `longest` with what to do about it.
        """
        to = self.to or now
        require_within(to, now, member="to")
        from_ = self.from_ or to - USUAL_SPAN
        require_within(from_, now, member="from")
        require_ordered(from_, to, longest=longest, advice=advice)
        begin, end = floored(from_.astimezone(UTC), step), floored(to.astimezone(UTC), step)
        return begin, end if end == to else end + step


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
    bucket: Bucket = Field(
        Bucket.HOUR,
        description="How time is divided; weeks begin on Mondays, and `none` gives one row for the whole span.",
    )
    time_zone: Annotated[str, Field(max_length=64), AfterValidator(_zone)] = Field(
        "UTC", description="Whose days, weeks or months they are, as an IANA name."
    )
    fill: Literal["zero"] | None = Field(
        None, description="`zero`: each group has a row for every bucket, also for those in which nothing happened."
    )
    compare: Literal["previous"] | None = Field(
        None,
        description="`previous`: each row has beside it what it was as many buckets before, or in the span of the same "
        "length before when there are no buckets. In days, weeks or months the span must begin with one.",
    )
    status: filtering.Statuses = filtering.by(Dimension.STATUS)
    reason: filtering.Reasons = filtering.by(Dimension.REASON)

    def question(self, caller: Caller, now: datetime) -> MetricsQuestion:
        """The question for this caller; raises the problem that names a span that makes no sense."""
        longest = LONGEST.get(self.bucket, TEN_YEARS)
        advice = "take a larger bucket, or ask in parts"
        from_, to = self.span(now, longest=longest, advice=advice, step=step_of(self.bucket))
        return MetricsQuestion(
            measures=tuple(dict.fromkeys(self.measure)),
            from_=from_,
            to=to,
            group_by=tuple(dict.fromkeys(self.group_by)),
            bucket=self.bucket,
            filters=self.filters(),
            accounts=caller.accounts,
            time_zone=self.time_zone,
            is_filled=self.fill == "zero",
            is_compared=self.compare == "previous",
        )


def require_within(moment: datetime, now: datetime, *, member: str) -> None:
    if not EARLIEST <= moment <= now + USUAL_SPAN:
        raise _span_error(member, "The time must lie between the year 2000 and tomorrow")


def require_ordered(from_: datetime, to: datetime, *, longest: timedelta, advice: str) -> None:
    if from_ >= to:
        raise _span_error("from", "The span must begin before it ends")
    if to - from_ > longest:
        raise _span_error("from", f"The span may have {longest.days} days; {advice}")


def _span_error(member: str, rule: str) -> Refused:
    return Refused(INVALID, errors=[FieldError(place="query", member=member, rule="span_not_sensible", detail=rule)])


def _row_schema() -> dict[str, Any]:
    """What a row may hold, as JSON Schema."""
    words = {dimension.value: ("string", meaning) for dimension, meaning in DIMENSIONS.items()}
    numbers = {one.value: ("object" if one in MONEY else "number", meaning) for one, meaning in MEASURES.items()}
    members = {
        name: {"type": [kind, "null"], "description": meaning} for name, (kind, meaning) in (words | numbers).items()
    }
    start = {"type": "string", "format": "date-time", "description": "Start of the bucket; left out without buckets."}
    before = start | {"description": "With `compare`: the bucket that it is compared with."}
    counts = {"type": "object", "description": "With `compare`: the measures of that bucket."}
    beside = {"previous_at": before, "previous": counts}
    return {"type": "object", "properties": {"bucket_at": start} | members | beside, "additionalProperties": False}


class MetricsAnswer(WithFreshness):
    """One row per bucket and group, in order; without `fill` a bucket in which nothing happened has no row."""

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
