"""Providers side by side, where they did the same work."""

from typing import Any

from analytics.asking.reader import Answer, Reader
from analytics.reports.question import ReportQuestion, rated, share


async def providers(reader: Reader, question: ReportQuestion) -> Answer:
    """By country and channel, one row a provider, over the hours in which all that are compared were at work."""
    answer = await reader.ask("providers_compared", compared(question))
    rows = [
        rated(row, least_samples=question.least_samples) | {"seen_share": share(row["seen"], row["delivered"])}
        for row in answer.rows
    ]
    return Answer(rows, answer.freshness)


def compared(question: ReportQuestion) -> dict[str, Any]:
    """As `providers_compared.sql` wants it."""
    return {**question.parameters(), **question.days(), "least_samples": question.least_samples}
