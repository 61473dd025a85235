"""What is to be exported, as it is asked in a body or in a query string, checked."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from analytics.exports.columns import TABLES, What
from analytics.exports.filters import By
from analytics.exports.order import Format, Split, Wanted
from analytics.exports.tokens import LONGEST_TOKEN
from api.access import Caller
from api.exports.desk import Asked
from api.measuring import EARLIEST, USUAL_SPAN, Moment
from api.problems import INVALID, FieldError, Refused
from contracts.filters import parse_filter
from contracts.status import DeliveryStatus
from contracts.vocabulary import Channel

LONGEST_FILTER = 4096
CLOSED: Mapping[By, type[StrEnum]] = {By.CHANNEL: Channel, By.STATUS: DeliveryStatus}
GRAMMAR = "`GR,CY` is any of these, `!unknown` none of these, `spring*` whatever begins so; a backslash quotes."


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


Filter = Annotated[
    list[Annotated[str, Field(max_length=LONGEST_FILTER)]], BeforeValidator(_listed), Field(max_length=100)
]


def _meanings() -> str:
    return "".join(f"\n* `{what}`: {table.meaning}" for what, table in TABLES.items())


class ExportAsked(BaseModel):
    """Which rows are wanted."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    what: What = Field(What.MESSAGES, description="What is exported, one row each." + _meanings())
    from_: Moment | None = Field(
        None,
        alias="from",
        description="Messages first heard of, reports and what people wrote received, or sessions opened at this "
        "moment or later; from the beginning when not given.",
    )
    to: Moment | None = Field(None, description="And before this moment.")
    provider: Filter = Field([], description=f"Only of providers like this. {GRAMMAR}")
    connection: Filter = Field([], description="Only over connections like this.")
    country: Filter = Field([], description="Only to numbers of countries like this.")
    channel: Filter = Field([], description="Only on channels like this.")
    campaign: Filter = Field([], description="Only of campaigns like this.")
    sender: Filter = Field([], description="Only of senders like this.")
    status: Filter = Field([], description="Only with a status like this.")
    changed_since: str | None = Field(
        None,
        max_length=LONGEST_TOKEN,
        description="`token` of an earlier export of the same: only what changed since.",
    )

    def wanted(self, caller: Caller, now: datetime, *, place: Literal["body", "query"]) -> Wanted:
        """The rows for this caller; raises the problem that names what makes no sense, `QueryInvalid` for a filter."""
        if errors := [*self._wrong_span(now, place), *self._unknown_filters(place), *self._unknown_values(place)]:
            raise Refused(INVALID, errors=errors)
        filters = {by: tuple(texts) for by in By if (texts := getattr(self, by.value))}
        return Wanted(what=self.what, accounts=caller.accounts, from_=self.from_, to=self.to, filters=filters)

    def _wrong_span(self, now: datetime, place: Literal["body", "query"]) -> list[FieldError]:
        given = {"from": self.from_, "to": self.to}
        wrong = {
            member: "The time must lie between the year 2000 and tomorrow"
            for member, moment in given.items()
            if moment is not None and not EARLIEST <= moment <= now + USUAL_SPAN
        }
        if self.from_ and self.to and self.from_ >= self.to:
            wrong.setdefault("from", "The span must begin before it ends")
        return [_error(place, member, "span_not_sensible", rule) for member, rule in wrong.items()]

    def _unknown_filters(self, place: Literal["body", "query"]) -> list[FieldError]:
        """Filters by what the rows do not have."""
        known = TABLES[self.what].filters
        detail = f"The rows of {self.what} do not have that; they can be filtered by {', '.join(sorted(known))}"
        given = [by.value for by in By if by not in known and getattr(self, by.value)]
        return [_error(place, name, "filter_unknown", detail) for name in given]

    def _unknown_values(self, place: Literal["body", "query"]) -> list[FieldError]:
        """Members of filters that no value can be like."""
        errors = []
        for by in By:
            parsed = parse_filter(texts) if (texts := getattr(self, by.value)) else None
            words = CLOSED.get(by)
            for pattern in (*parsed.any_of, *parsed.none_of) if parsed else ():
                if words is not None and not any(pattern.matches(word) for word in words):
                    known = f"There is no such {by}; there are {', '.join(words)}"
                    errors.append(_error(place, by.value, "value_unknown", known))
        return errors


class ExportOrdered(ExportAsked):
    """An export to be made."""

    format: Format = Field(Format.PARQUET, description="`csv` and `ndjson` are compressed with gzip.")
    split: Split = Field(Split.NONE, description=Split.__doc__)

    def asked(self, caller: Caller, now: datetime) -> Asked:
        return Asked(self.wanted(caller, now, place="body"), self.format, self.split, self.changed_since)


class DirectExportParameters(ExportAsked):
    """The query string of `GET /v1/export`."""

    format: Literal[Format.NDJSON, Format.CSV] = Field(Format.NDJSON, description="How the rows are written.")

    def asked(self, caller: Caller, now: datetime) -> Asked:
        return Asked(self.wanted(caller, now, place="query"), self.format, changed_since=self.changed_since)


def _error(place: Any, member: str, rule: str, detail: str) -> FieldError:  # noqa: ANN401  # one of `FieldError`'s words
    return FieldError(place=place, member=member, rule=rule, detail=detail)
