"""The bad end that counts of those that were reported before anybody registered their attempt.

A fallback is decided by what a bad end says, and it hears of the attempt only when that is registered.
"""

from contracts.records import DeliveryReport, EarlyEnd
from contracts.status import ORDER
from contracts.vocabulary import Scope
from streams.engine.moments import EPOCH
from streams.track.attempt import KeptEnd


def more_telling(known: KeptEnd | None, report: DeliveryReport) -> KeptEnd:
    """Of two, that of the whole; then the one that no other way cures, the stronger, the earlier. So in any order."""

    def weight(end: KeptEnd) -> tuple[bool, bool, int, float, str, str]:
        age = (EPOCH - end.occurred_at).total_seconds() if end.occurred_at else float("-inf")
        return end.scope is Scope.TRANSACTION, end.forbids, end.rank, age, end.provider_code, end.channel or ""

    said = KeptEnd(
        forbids=not report.may_fall_back,
        rank=report.status.rank,
        provider_code=report.provider_code,
        scope=report.scope,
        channel=report.channel,
        occurred_at=report.occurred_at,
    )
    return said if known is None else max(known, said, key=weight)


def end_told(end: KeptEnd | None) -> EarlyEnd | None:
    """As the update of a registration tells it."""
    if end is None:
        return None
    return EarlyEnd(
        status=ORDER[end.rank],
        provider_code=end.provider_code,
        may_fall_back=not end.forbids,
        scope=end.scope,
        channel=end.channel,
        occurred_at=end.occurred_at,
    )
