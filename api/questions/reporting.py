"""A report as it is asked for in a query string, checked and made into the question that the store answers."""

from datetime import datetime, timedelta
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from analytics.measures.currencies import OneCurrency
from analytics.measures.metrics import Dimension
from analytics.reports.question import GROUPS, LEAST_SAMPLES, ReportQuestion
from api.admission.access import Caller
from api.parts import Parts
from api.questions.measuring import Asked, split
from api.questions.spending import Priced

LONGEST = timedelta(days=100)


def _groups(dimensions: list[Dimension]) -> list[Dimension]:
    if not set(dimensions) <= set(GROUPS):
        raise ValueError(f"a report is grouped by {', '.join(GROUPS)}")
    return dimensions


class ReportParameters(Asked):
    """The query string of a report whose groups are given."""

    least_samples: int = Field(
        LEAST_SAMPLES, ge=1, le=1_000_000, description="With fewer attempts that ended, a row has `too_few`."
    )

    def money(self, caller: Caller, parts: Parts) -> OneCurrency | None:  # noqa: ARG002  # for reports with amounts
        return None

    def question(self, caller: Caller, now: datetime, money: OneCurrency | None = None) -> ReportQuestion:
        """The question for this caller; raises the problem that names a span that makes no sense."""
        from_, to = self.span(now, longest=LONGEST, advice="ask in parts")
        return ReportQuestion(
            from_=from_,
            to=to,
            group_by=self.groups(),
            filters=self.filters(),
            accounts=caller.accounts,
            least_samples=self.least_samples,
            money=money,
        )

    def groups(self) -> tuple[Dimension, ...]:
        return ()


class GroupedParameters(ReportParameters):
    """The query string of a report with groups to choose."""

    group_by: Annotated[list[Dimension], BeforeValidator(split), AfterValidator(_groups)] = Field(
        [],
        max_length=len(GROUPS),
        description=f"One row for each value of these; repeat it or separate by commas: {', '.join(GROUPS)}.",
    )

    def groups(self) -> tuple[Dimension, ...]:
        return tuple(dict.fromkeys(self.group_by))


class CostParameters(Priced, GroupedParameters):
    """The query string of the report about cost."""
