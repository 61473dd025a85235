"""What Telesign's numbers mean: `codes.csv`, ready for the hot path."""

from collections.abc import Iterable

from providers._kit.codes import Code, Meaning, load_codes
from providers._kit.reading import required_id

CODES = load_codes(__package__)

# Three digits belong to SMS and four to Messaging, so that a code tells its scale and needs no second key. All but one:
# 201 is Messaging's older word for read, and what it means to SMS counts only where the report names SMS.
BY_CODE: dict[str, Code] = {row.code: row for row in CODES.rows}
OF_SMS: dict[str, Code] = {row.code: row for row in CODES.rows if row.scale == "sms"}

INBOUND = "1500"
"""An inbound message was delivered to us. Its description says "Delivered", and it is no delivery report."""


def _by_text_and_number(rows: Iterable[Code]) -> dict[str | int, Meaning]:
    return {code: row.read() for row in rows for code in (row.code, int(row.code))}


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
    return meanings.get(text) or Meaning(text)


def is_of_sms(code: str) -> bool:
    """Whether `code` is from the SMS scale, for reports that name no channel; 201 is Messaging's word for read."""
    row = BY_CODE.get(code)
    return row.scale == "sms" if row else len(code) == 3 and code[0] in "25"
