"""What is around the attempts: fallbacks, and sessions with people."""

from analytics.asking.reader import Answer, Ask, Reader, Row
from analytics.lists.sessions import with_sessions
from analytics.measures.metrics import Measure
from analytics.measures.sources import FALLBACKS, SESSIONS
from analytics.reports.question import ReportQuestion, share

SUMS = ("sessions", "started", "closed", "billed", "business_count", "user_count")


async def fallbacks(reader: Reader, question: ReportQuestion) -> Answer:
    """By group, and why it was fallen back: how many steps, and what came of them.

    Raises `QueryInvalid` for groups and filters that are not known of them.
    """
    parameters = question.metrics(Measure.FALLBACKS).parameters(FALLBACKS)
    parameters["group_by"] = [*parameters["group_by"], "because"]

    def look(ask: Ask) -> list[Row]:
        return ask(*FALLBACKS.asked(ask, parameters))

    found, fresh = await reader.look(look, is_lookup=False)
    names = (*question.group_by, "because", "after_channel", "commanded", "fallbacks", "delivered", "double_deliveries")
    rows = [
        {str(name): row[name] for name in names}
        | {
            "delivered_share": share(row["delivered"], row["fallbacks"]),
            "double_share": share(row["double_deliveries"], row["fallbacks"]),
        }
        for row in found
    ]
    return Answer(rows, fresh)


async def sessions(reader: Reader, question: ReportQuestion) -> Answer:
    """By group: how many there were, what was said in those that are closed, and what they cost by currency.

    Raises `QueryInvalid` likewise.
    """
    asked = question.metrics(Measure.SESSIONS)
    answer = await reader.ask(SESSIONS.question, asked.parameters(SESSIONS))
    groups: dict[tuple[str | None, ...], list[Row]] = {}
    for row in answer.rows:
        groups.setdefault(question.group_of(row), []).append(row)
    rows = [
        dict(zip(map(str, question.group_by), group, strict=True)) | _talked(several)
        for group, several in groups.items()
    ]
    return Answer(rows, with_sessions(reader, answer.freshness))


def _talked(rows: list[Row]) -> Row:
    sums: Row = {name: sum(row[name] for row in rows) for name in SUMS}
    return sums | {
        "business_per_session": share(sums["business_count"], sums["closed"]),
        "user_per_session": share(sums["user_count"], sums["closed"]),
        "cost": {row["currency"]: row["cost"] for row in rows if row["currency"] and row["cost"] is not None},
    }
