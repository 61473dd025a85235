"""What it cost: messages, the fallbacks among them, and sessions."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from analytics.asking.reader import Answer, Reader, Row
from analytics.lists.sessions import with_sessions
from analytics.measures.metrics import Measure
from analytics.measures.sources import COSTS, SESSIONS, per_delivered
from analytics.reports.question import ReportQuestion

Key = tuple[tuple[Any, ...], str | None]
"""The group and the currency."""
NOTHING: Row = {"sent": 0, "delivered": 0, "cost": None, "fallbacks": 0, "fallback_cost": None}


async def cost(reader: Reader, question: ReportQuestion) -> Answer:
    """By group and currency, or in the one that is wanted; without a currency stands what nobody has told a price of.

    What sessions cost is told where the groups and filters are such as sessions have.
    """
    asked = question.metrics(Measure.COST)
    knows_sessions = {*question.group_by, *question.filters} <= SESSIONS.dimensions
    queries = [(COSTS.question, asked.parameters(COSTS))]
    if knows_sessions:
        queries.append((SESSIONS.question, asked.parameters(SESSIONS)))
    (spent, *talked), fresh = await reader.ask_together(*queries)
    sessions = _by_key(question, talked[0], money=("cost",)) if talked else {}
    messages = _by_key(question, spent, money=("cost", "fallback_cost"))
    delivered: dict[tuple[Any, ...], int] = defaultdict(int)
    for (group, _), row in messages.items():
        delivered[group] += row["delivered"]
    return Answer(
        [
            dict(zip(map(str, question.group_by), key[0], strict=True))
            | {"currency": key[1]}
            | _priced(messages.get(key, NOTHING), sessions.get(key) if knows_sessions else None, delivered[key[0]])
            for key in sorted(messages.keys() | {key for key in sessions if key[1] is not None}, key=_order)
        ],
        with_sessions(reader, fresh) if knows_sessions else fresh,
    )


def _by_key(question: ReportQuestion, rows: Sequence[Row], *, money: Sequence[str]) -> dict[Key, Row]:
    if question.money is None:
        return {(question.group_of(row), row["currency"]): row for row in rows}
    groups: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in rows:
        groups[question.group_of(row)].append(row)
    return {
        (group, row["currency"]): row
        for group, several in groups.items()
        for row in question.money.merged(several, money=money)
    }


def _priced(messages: Row, sessions: Row | None, delivered: int) -> Row:
    told, talked = messages["cost"], sessions["cost"] if sessions else None
    total = None if told is None and talked is None else (told or Decimal(0)) + (talked or Decimal(0))
    return {
        "sent": messages["sent"],
        "delivered": messages["delivered"],
        "message_cost": told,
        "cost_per_delivered": per_delivered(told, messages["delivered"]) if told and messages["delivered"] else None,
        "fallbacks": messages["fallbacks"],
        "fallback_cost": messages["fallback_cost"],
        "sessions": sessions["billed"] if sessions else None,
        "session_cost": talked,
        "total_cost": total,
        "total_per_delivered": per_delivered(total, delivered) if total and delivered else None,
    }


def _order(key: Key) -> list[tuple[bool, str]]:
    return [(value is None, value or "") for value in (*key[0], key[1])]
