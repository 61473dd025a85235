"""A question about trust as it stands in a query string, checked and made into the one the store answers."""

from collections.abc import Callable
from datetime import datetime, timedelta

from pydantic import ConfigDict, Field

from analytics.measures.metrics import Dimension
from analytics.trust.report import Route, RouteReport, TrustQuestion
from analytics.trust.signals import Signal
from api.admission.access import Caller
from api.questions import filtering
from api.questions.patience import Patience
from api.questions.spans import A_DAY, span_of
from api.times import Moment
from contracts.filters import Filter
from runtime.settings import TrustSettings

LONGEST = timedelta(days=31)
ROUTES_LIMIT = 1000


class TrustParameters(Patience):
    """The query string of `GET /v1/reports/trust`."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    from_: Moment | None = Field(
        None,
        alias="from",
        description="Attempts that were first heard of at this moment or later; a day before `to` when not given.",
    )
    to: Moment | None = Field(None, description="Attempts first heard of before this moment; now when not given.")
    provider: filtering.Texts = filtering.by(Dimension.PROVIDER)
    connection: filtering.Texts = filtering.by(Dimension.CONNECTION)
    channel: filtering.Channels = filtering.like("How the messages travelled.")
    country: filtering.Countries = filtering.by(Dimension.COUNTRY)
    evidence: Signal | None = Field(None, description="The signal of which the messages behind it are wanted too.")

    def question(self, caller: Caller, now: datetime, trust: TrustSettings) -> TrustQuestion:
        """The question for this caller; raises the problem that names a span that makes no sense."""
        from_, to = span_of((self.from_, self.to), now, usual=A_DAY, longest=LONGEST, advice="ask for a shorter one")
        return TrustQuestion(
            from_=from_,
            to=to,
            silent_after_s=trust.silent_after_s,
            at_least=trust.at_least,
            accounts=caller.accounts,
            evidence=self.evidence,
        )

    def wanted(self) -> Callable[[RouteReport], bool]:
        """Whether a route is to be in the answer; all the others are still what it is compared with."""
        filters = [filtering.filter_of(getattr(self, member)) or Filter() for member in Route._fields]
        return lambda report: all(one.matches(value) for one, value in zip(filters, report.route, strict=True))
