"""What Routee's names of statuses and details mean together: `codes.csv`, ready for the hot path."""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from contracts.status import DeliveryStatus
from contracts.vocabulary import Channel, Reason, Scope
from providers._kit.codes import Code, load_codes
from providers._kit.facts import StatusFact

CODES = load_codes(__package__)

_MOST_LETTERS = 100


class Meaning(NamedTuple):
    """What a status and its detail amount to."""

    status: DeliveryStatus
    reason: Reason | None = None
    is_permanent: bool | None = None
    may_fall_back: bool = False
    is_known: bool = False


# A day's reports hold a few dozen pairs of status and detail.
@lru_cache(maxsize=512)
def meaning_of(name: str, detail: str | None, channel: Channel) -> Meaning:
    """The meaning of a status with its detail, whatever their case: SMS is capitalised, Viber upper case, and a cascade
    has both.

    The detail, where there is one, says why and whether another channel may do better. A detail that nobody has told us
    about starts no fallback: it may be an opt-out.
    """
    row, why = rows_of(name, detail, channel)
    if row is None or row.status is None:
        return Meaning(DeliveryStatus.UNKNOWN)
    if not row.status.is_bad_end:
        return Meaning(row.status, is_known=detail is None or why is not None)
    if detail is None:
        return Meaning(row.status, row.reason, row.is_permanent, row.may_fall_back, is_known=True)
    if why is None:
        return Meaning(row.status, row.reason)
    return Meaning(row.status, why.reason or row.reason, why.is_permanent, why.may_fall_back, is_known=True)


def meaning_of_cascade(name: str, code: str | None) -> Meaning:
    """The meaning of a failover's end; a code that nobody has told us about is judged as none, and counted."""
    known = CODES.find("failover", _key(f"{name}:{code}" if code else name))
    row = known or CODES.find("failover", _key(name))
    if row is None or row.status is None:
        return Meaning(DeliveryStatus.UNKNOWN)
    is_known = known is not None
    return Meaning(row.status, row.reason, row.is_permanent, row.may_fall_back, is_known)


def rows_of(name: str, detail: str | None, channel: Channel) -> tuple[Code | None, Code | None]:
    """The rows of a status and of its detail; each list of details is also tried for the other channel."""
    if detail is None:
        return CODES.find("status", _key(name)), None
    scales = ("detail:sms", "detail:viber") if channel is Channel.SMS else ("detail:viber", "detail:sms")
    found = (CODES.find(scale, _key(detail)) for scale in scales)
    return CODES.find("status", _key(name)), next((row for row in found if row), None)


def deciding_rows(fact: StatusFact) -> Sequence[Code]:
    """What decided `fact`."""
    if fact.scope is Scope.TRANSACTION:
        name = fact.provider_code.partition(":")[0]
        row = CODES.find("failover", _key(fact.provider_code)) or CODES.find("failover", _key(name))
        return [row] if row else []
    return [row for row in rows_of(fact.provider_code, fact.description, fact.channel or Channel.VIBER) if row]


def _key(name: str) -> str:
    return " ".join(name[:_MOST_LETTERS].lower().split())
