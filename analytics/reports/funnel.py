"""Sent, delivered, seen, replied: how many go on from each to the next, and where the others stay."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from analytics.asking.buckets import first_id
from analytics.asking.reader import Answer, Ask, Reader, Row
from analytics.measures.folds import Fold, Reached, reached, rule_of
from analytics.measures.metrics import Dimension
from analytics.reports.delivery import ENDS
from analytics.reports.question import ReportQuestion, share

ALMOST_A_MS = timedelta(microseconds=999)
"""Ids know no less than milliseconds."""


async def funnel(reader: Reader, question: ReportQuestion, *, window_s: float) -> Answer:
    """By group: the four counts, the shares that go on, and what became of those that do not."""
    counts = question.metrics(*ENDS, also_by=(Dimension.REASON,))

    def look(ask: Ask) -> tuple[list[Row], list[Row]]:
        known = reached(ask, Fold.ANSWERED, rule_of(window_s))
        return ask("metrics", counts.parameters()), replied(ask, question, window_s, known)

    (counted, answered), fresh = await reader.look(look, is_lookup=False)
    reasoned = counts.rows(counted)
    replies = {question.group_of(row): row["replied"] for row in answered}
    why = _reasons(question, reasoned)
    rows = [
        dict(zip(map(str, question.group_by), group, strict=True))
        | _stages(ends, replies.get(group, 0))
        | {"reasons": why[group]}
        for group, ends in _ends(question, reasoned).items()
    ]
    return Answer(rows, fresh)


def _ends(question: ReportQuestion, rows: Sequence[Row]) -> dict[tuple[Any, ...], Row]:
    """By group, the counts whatever the reason."""
    found: dict[tuple[Any, ...], Row] = {}
    for row in rows:
        ends = found.setdefault(question.group_of(row), dict.fromkeys(map(str, ENDS), 0))
        for name in ends:
            ends[name] += row[name]
    return found


def replied(ask: Ask, question: ReportQuestion, window_s: float, known: Reached) -> list[Row]:
    """What was answered; from what is folded, unless most of it is not."""
    asked = question.parameters() | {"window_s": window_s, "group_by": [str(one) for one in question.group_by]}
    if known.is_far_behind:
        return ask("replied", asked)
    ids = {"first": first_id(asked["from"]), "until": first_id(asked["to"] + ALMOST_A_MS)}
    return ask("replied_kept", {**asked, **ids, "moved": _moved(ask, window_s, known)})


def _moved(ask: Ask, window_s: float, known: Reached) -> list[str] | None:
    """The replies that what is not folded may have moved; null when it has moved none."""
    if not known.rest:
        return None
    return [row["event_id"] for row in ask("replies_moved", {**known.rest, "window_s": window_s})] or None


def _stages(row: Row, replied: int) -> Row:
    sent, delivered, seen = row["sent"], row["delivered"], row["seen"]
    return row | {
        "replied": replied,
        "delivered_share": share(delivered, sent),
        "seen_share": share(seen, delivered),
        "replied_share": share(replied, delivered),
        "lost": {"before_delivery": sent - delivered, "before_seen": delivered - seen},
    }


def _reasons(question: ReportQuestion, rows: Sequence[Row]) -> dict[tuple[Any, ...], dict[str, int]]:
    """By group, how many attempts ended badly for each reason, the most frequent first."""
    found: dict[tuple[Any, ...], Counter[str]] = defaultdict(Counter)
    for row in rows:
        if row["reason"] is not None:
            found[question.group_of(row)][row["reason"]] += row["sent"]
    return defaultdict(dict, {group: dict(counter.most_common()) for group, counter in found.items()})
