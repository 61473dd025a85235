"""One door to all reports."""

from typing import assert_never

from analytics.reader import Answer, Reader
from analytics.reports.catalogue import Report
from analytics.reports.delivery import deliverability, latency
from analytics.reports.funnel import funnel
from analytics.reports.providers import providers
from analytics.reports.question import ReportQuestion


async def report(reader: Reader, name: Report, question: ReportQuestion, *, reply_window_s: float) -> Answer:
    """The rows of the report called `name`; raises `QueryInvalid` for what cannot be asked together."""
    match name:
        case Report.DELIVERABILITY:
            return await deliverability(reader, question)
        case Report.LATENCY:
            return await latency(reader, question)
        case Report.FUNNEL:
            return await funnel(reader, question, window_s=reply_window_s)
        case Report.PROVIDERS:
            return await providers(reader, question)
    assert_never(name)
