"""What is to be exported, as it is asked in a body or in a query string, checked."""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from analytics.exports.columns import TABLES, What
from analytics.exports.order import Format, Split, Wanted
from analytics.exports.tokens import LONGEST_TOKEN
from analytics.measures.metrics import Dimension
from api.admission.access import Caller
from api.exports.desk import Asked
from api.problems import INVALID, FieldError, Refused
from api.questions import filtering
from api.questions.spans import Place, require_sensible
from api.times import Moment


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
    account: filtering.Texts = filtering.by(Dimension.ACCOUNT)
    provider: filtering.Texts = filtering.by(Dimension.PROVIDER)
    connection: filtering.Texts = filtering.by(Dimension.CONNECTION)
    country: filtering.Countries = filtering.by(Dimension.COUNTRY)
    channel: filtering.Channels = filtering.like("On which channel.")
    campaign: filtering.Texts = filtering.by(Dimension.CAMPAIGN)
    sender: filtering.Texts = filtering.by(Dimension.SENDER)
    status: filtering.Statuses = filtering.like("Of messages where they stand, of reports what they say.")
    reason: filtering.Reasons = filtering.by(Dimension.REASON)
    changed_since: str | None = Field(
        None,
        max_length=LONGEST_TOKEN,
        description="`token` of an earlier export of the same: only what changed since.",
    )

    def wanted(self, caller: Caller, now: datetime, *, place: Place) -> Wanted:
        """The rows for this caller; raises the problem that names a span or a filter that makes no sense."""
        require_sensible(self.from_, self.to, now, place=place)
        filters = {one: tuple(texts) for one in Dimension if (texts := getattr(self, one.value, None))}
        if errors := self._unknown(filters, place):
            raise Refused(INVALID, errors=errors)
        return Wanted(what=self.what, accounts=caller.accounts, from_=self.from_, to=self.to, filters=filters)

    def _unknown(self, filters: Iterable[Dimension], place: Place) -> list[FieldError]:
        """Filters by what the rows do not have."""
        known = TABLES[self.what].filters
        detail = f"The rows of {self.what} do not have that; they can be filtered by {', '.join(sorted(known))}"
        return [
            FieldError(place=place, member=one.value, rule="filter_unknown", detail=detail)
            for one in filters
            if one not in known
        ]


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
