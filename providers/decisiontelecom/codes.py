"""What DecisionTelecom's statuses mean: `codes.csv`, ready for the hot path.

Viber and SMS have scales of their own, and 2, 3, 5 and 6 mean something else on each: there is no look-up without the
scale.
"""

from contracts.errors import PayloadInvalid
from contracts.vocabulary import Channel
from providers._kit.codes import Code, Meaning, load_codes
from providers._kit.reading import as_id, required_id

CODES = load_codes(__package__)

VIBER = "viber"
SMS_WORDS = "sms"
SMS_NUMBERS = "sms-number"
NO_STATUS = ""


def _meanings(scale: str) -> dict[str | int, Meaning]:
    """By the code as text, and as the number it is nearly always written as."""
    meanings: dict[str | int, Meaning] = {}
    for row in CODES.rows:
        if row.scale == scale:
            meanings[row.code] = row.read()
            if row.code.isdecimal():
                meanings[int(row.code)] = row.read()
    return meanings


_VIBER = _meanings(VIBER)
_SMS = {**_meanings(SMS_WORDS), **_meanings(SMS_NUMBERS)}


def is_word(status: object) -> bool:
    """Whether the status is of the scale of words, which only SMS has."""
    return isinstance(status, str) and status.strip()[:1].isalpha()


def viber_meaning(status: object) -> Meaning:
    """What a Viber status stands for; raises `PayloadInvalid` when there is none."""
    return _find(_VIBER, status) or Meaning(required_id(status, "status"))


def sms_meaning(status: object) -> Meaning:
    """What an SMS status stands for, word or number; none at all is the provider's way to say that it knows none."""
    if status is None:
        return _SMS[NO_STATUS]
    found = _find(_SMS, status)
    if found:
        return found
    text = as_id(status, "status")
    if text is None:
        raise PayloadInvalid("status is not text")
    known = _SMS.get(text.upper())
    # The code stays as the provider spelt it.
    return known._replace(code=text) if known else Meaning(text)


def _find(meanings: dict[str | int, Meaning], status: object) -> Meaning | None:
    if isinstance(status, str):
        return meanings.get(status.strip().removesuffix(".0"))
    return meanings.get(status) if isinstance(status, int) and not isinstance(status, bool) else None


def row_of(channel: Channel | None, code: str) -> Code | None:
    """The row that decided about a report on `channel`."""
    if channel is not Channel.SMS:
        return CODES.find(VIBER, code)
    return CODES.find(SMS_WORDS, code.upper()) or CODES.find(SMS_NUMBERS, code)
