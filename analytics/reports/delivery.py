"""How much arrived, and how soon."""

from analytics.asking.reader import Answer, Reader
from analytics.measures.metrics import LATENCIES, Measure
from analytics.reports.question import ReportQuestion, ended_of, rated, share

ENDS = (
    *(Measure.SENT, Measure.PENDING, Measure.DELIVERED, Measure.SEEN, Measure.UNDELIVERED, Measure.EXPIRED),
    *(Measure.REJECTED, Measure.FAILED, Measure.UNKNOWN_COUNT, Measure.CONFLICTS),
)


async def deliverability(reader: Reader, question: ReportQuestion) -> Answer:
    """By group: how attempts ended, and the share of those that ended which arrived."""
    asked = question.metrics(*ENDS)
    answer = await reader.ask("metrics", asked.parameters())
    rows = [
        rated(row | {"ended": ended_of(row)}, least_samples=question.least_samples)
        | {"delivery_rate": share(row["delivered"], row["sent"])}
        for row in asked.rows(answer.rows)
    ]
    return Answer(rows, answer.freshness)


async def latency(reader: Reader, question: ReportQuestion) -> Answer:
    """By group: how long after it was sent a message arrived."""
    asked = question.metrics(Measure.SENT, Measure.DELIVERED, *sorted(LATENCIES))
    answer = await reader.ask("metrics", asked.parameters())
    rows = [row | {"too_few": row["delivered"] < question.least_samples} for row in asked.rows(answer.rows)]
    return Answer(rows, answer.freshness)
