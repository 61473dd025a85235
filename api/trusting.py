"""A question about trust as it stands in a query string, checked and made into the one the store answers."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from analytics.trust.report import Route, RouteReport, TrustQuestion
from analytics.trust.signals import Signal
from api.access import Caller
from api.measuring import VALUES_LIMIT, Moment, require_within
from api.problems import INVALID, FieldError, Refused
from contracts.filters import parse_filter
from runtime.settings import TrustSettings

A_DAY = timedelta(days=1)
LONGEST = timedelta(days=31)
ROUTES_LIMIT = 1000
GRAMMAR = "`a,b` is any of these, `!a` none of these, `a*` whatever begins so."

Patterns = Annotated[list[Annotated[str, Field(max_length=1000)]], Field(max_length=VALUES_LIMIT)]


class TrustParameters(BaseModel):
    """The query string of `GET /v1/reports/trust`."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    from_: Moment | None = Field(
        None,
        alias="from",
        description="Attempts that were first heard of at this moment or later; a day before `to` when not given.",
    )
    to: Moment | None = Field(None, description="Attempts first heard of before this moment; now when not given.")
    provider: Patterns = Field([], description=f"Only these providers. {GRAMMAR}")
    connection: Patterns = Field([], description=f"Only these connections. {GRAMMAR}")
    channel: Patterns = Field([], description=f"Only these channels. {GRAMMAR}")
    country: Patterns = Field([], description=f"Only these countries. {GRAMMAR}")
    evidence: Signal | None = Field(None, description="The signal of which the messages behind it are wanted too.")

    def question(self, caller: Caller, now: datetime, trust: TrustSettings) -> TrustQuestion:
        """The question for this caller; raises the problem that names a span that makes no sense."""
        to = self.to or now
        require_within(to, now, member="to")
        from_ = self.from_ or to - A_DAY
        require_within(from_, now, member="from")
        if from_ >= to:
            raise _span_error("The span must begin before it ends")
        if to - from_ > LONGEST:
            raise _span_error(f"The span may have {LONGEST.days} days; ask for a shorter one")
        return TrustQuestion(
            from_=from_,
            to=to,
            silent_after_s=trust.silent_after_s,
            at_least=trust.at_least,
            accounts=caller.accounts,
            evidence=self.evidence,
        )

    def wanted(self) -> Callable[[RouteReport], bool]:
        """Whether a route is to be in the answer; all the others are still what it is compared with.

        Raises `QueryInvalid`.
        """
        filters = [parse_filter(getattr(self, member)) for member in Route._fields]
        return lambda report: all(one.matches(value) for one, value in zip(filters, report.route, strict=True))


def _span_error(rule: str) -> Refused:
    return Refused(INVALID, errors=[FieldError(place="query", member="from", rule="span_not_sensible", detail=rule)])
