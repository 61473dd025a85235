"""What Telesign's numbers mean: `codes.csv`, ready for the hot path."""

from collections.abc import Iterable
from typing import NamedTuple

from contracts.status import DeliveryStatus
from contracts.vocabulary import Reason
from providers._kit.codes import Code, load_codes
from providers._kit.reading import required_id

CODES = load_codes(__package__)

# Three digits belong to SMS and four to Messaging, so that a code tells its scale and needs no second key. All but one:
# 201 is Messaging's older word for read, and what it means to SMS counts only where the report names SMS.
BY_CODE: dict[str, Code] = {row.code: row for row in CODES.rows}
OF_SMS: dict[str, Code] = {row.code: row for row in CODES.rows if row.scale == "sms"}

INBOUND = "1500"
"""An inbound message was delivered to us. Its description says "Delivered", and it is no delivery report."""


class Meaning(NamedTuple):
    """What a code stands for."""

    code: str
    status: DeliveryStatus
    reason: Reason | None = None
    is_permanent: bool | None = None
    may_fall_back: bool = False
    is_known: bool = False


def _meaning(row: Code) -> Meaning:
    status = row.status or DeliveryStatus.UNKNOWN
    return Meaning(row.code, status, row.reason, row.is_permanent, row.may_fall_back, is_known=True)


def _by_text_and_number(rows: Iterable[Code]) -> dict[str | int, Meaning]:
    return {code: _meaning(row) for row in rows for code in (row.code, int(row.code))}


_MEANINGS = _by_text_and_number(CODES.rows)
_MEANINGS_OF_SMS = _MEANINGS | _by_text_and_number(OF_SMS.values())


def meaning_of(code: object, *, is_named_sms: bool = False) -> Meaning:
    """What `code` stands for, number or text; one that no row has is `unknown` and starts no fallback.

    Raises `PayloadInvalid` when there is none.
    """
    meanings = _MEANINGS_OF_SMS if is_named_sms else _MEANINGS
    known = meanings.get(code) if isinstance(code, str | int) else None
    if known:
        return known
    text = required_id(code, "status code").removesuffix(".0")
    return meanings.get(text) or Meaning(text, DeliveryStatus.UNKNOWN)


def is_of_sms(code: str) -> bool:
    """Whether `code` is from the SMS scale, for reports that name no channel; 201 is Messaging's word for read."""
    row = BY_CODE.get(code)
    return row.scale == "sms" if row else len(code) == 3 and code[0] in "25"
