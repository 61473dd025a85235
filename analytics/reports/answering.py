"""One door to all reports."""

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType

from analytics.asking.reader import Answer, Reader
from analytics.reports.around import fallbacks, sessions
from analytics.reports.catalogue import Report
from analytics.reports.delivery import deliverability, latency
from analytics.reports.funnel import funnel
from analytics.reports.money import cost
from analytics.reports.providers import providers
from analytics.reports.question import ReportQuestion

Answering = Callable[[Reader, ReportQuestion], Awaitable[Answer]]

ANSWERED: Mapping[Report, Answering] = MappingProxyType(
    {
        Report.DELIVERABILITY: deliverability,
        Report.LATENCY: latency,
        Report.COST: cost,
        Report.PROVIDERS: providers,
        Report.FALLBACKS: fallbacks,
        Report.SESSIONS: sessions,
    }
)


async def report(reader: Reader, name: Report, question: ReportQuestion, *, reply_window_s: float) -> Answer:
    """The rows of the report called `name`; raises `QueryInvalid` for what cannot be asked together."""
    if name is Report.FUNNEL:
        return await funnel(reader, question, window_s=reply_window_s)
    return await ANSWERED[name](reader, question)
