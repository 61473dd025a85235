"""A question about numbers, as it stands in a query string, checked and made into the one the store answers."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, WithJsonSchema

from analytics.asking.buckets import FINE, HOUR, Bucket, floored, step_of
from analytics.measures.currencies import OneCurrency
from analytics.measures.metrics import DIMENSIONS, MEASURES, MONEY, Dimension, Measure, MetricsQuestion
from api.admission.access import Caller
from api.answers.base import RATES_AS_OF, Body, WithFreshness
from api.questions import filtering
from api.questions.filtering import filters_in, listed
from api.questions.patience import Patience
from api.questions.spans import A_DAY, span_of
from api.questions.spending import Priced
from api.times import Moment
from contracts.filters import Filter

TEN_YEARS = timedelta(days=3660)
LONGEST = {**dict.fromkeys(FINE, timedelta(days=1)), Bucket.HOUR: timedelta(days=100)}
"""Of others ten years."""
VALUES_LIMIT = 100


def split(values: object) -> object:
    """`a,b` and `a` beside `b` are the same list, and so is either as a text of a body."""
    values = listed(values)
    if not isinstance(values, list):
        return values
    return [member for value in values for member in (value.split(",") if isinstance(value, str) else [value])]


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones() | {"UTC"})


def is_zone(name: str) -> bool:
    """Whether it is the IANA name of a time zone."""
    return name in _zones()


def _zone(name: str) -> str:
    if not is_zone(name):
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
        return filters_in(self)

    def span(
        self, now: datetime, *, longest: timedelta, advice: str, step: timedelta = HOUR
    ) -> tuple[datetime, datetime]:
        """The whole steps that are asked about; nothing finer than hours is counted beforehand.

        Raises the problem that names a span that makes no sense, or is longer than `longest` with what to do about it.
        """
        from_, to = span_of((self.from_, self.to), now, usual=A_DAY, longest=longest, advice=advice)
        begin, end = floored(from_.astimezone(UTC), step), floored(to.astimezone(UTC), step)
        return begin, end if end == to else end + step


class MetricsParameters(Asked, Priced):
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
    changed_since: int | None = Field(
        None,
        ge=0,
        lt=2**63,
        description="`revision` of an earlier answer to the same question: only the buckets that changed since, each "
        "with all its rows. Of measures that are counted of attempts.",
    )
    status: filtering.Statuses = filtering.by(Dimension.STATUS)
    reason: filtering.Reasons = filtering.by(Dimension.REASON)

    def question(self, caller: Caller, now: datetime, money: OneCurrency | None = None) -> MetricsQuestion:
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
            changed_since=self.changed_since,
            money=money,
        )


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


class ChangedBucket(Body):
    """A bucket of which all rows are in the answer, in the place of those of earlier answers."""

    bucket_at: datetime | None = Field(
        description="Its start; null without buckets.", examples=["2026-11-21T10:00:00Z"]
    )
    revision: int = Field(description="The revision in which it changed last.", examples=[1795341600250])


class MetricsAnswer(WithFreshness):
    """One row per bucket and group, in order; without `fill` a bucket in which nothing happened has no row."""

    from_: datetime = Field(serialization_alias="from", description="Start of the span that was counted, included.")
    to: datetime = Field(description="End of the span that was counted, not included.")
    bucket: Bucket
    time_zone: str = Field(examples=["UTC"])
    measures: list[Measure]
    group_by: list[Dimension]
    rates_as_of: date | None = Field(None, description=RATES_AS_OF)
    revision: int = Field(
        description="Of the numbers in this answer: `changed_since` of the next request.", examples=[1795341600500]
    )
    changed: list[ChangedBucket] | None = Field(
        None,
        description="With `changed_since`, every bucket that changed, also one of which no row is left: what you have "
        "of it goes, and `rows` has what comes. Null without.",
    )
    rows: list[Annotated[dict[str, Any], WithJsonSchema(_row_schema())]] = Field(
        description="The bucket, the dimensions asked for and the measures asked for.",
        examples=[[{"bucket_at": "2026-11-21T10:00:00Z", "provider": "infobip", "sent": 812, "delivered": 790}]],
    )
