"""Limits of a send, as Infobip's descriptions of its APIs give them. What breaks one never leaves."""

import math
import re

from contracts.errors import RequestInvalid
from providers._kit.reading import as_e164

MAX_MESSAGE_ID = 200
MAX_VALIDITY_S = 172_800
"""Two days; what is longer Infobip cuts without a word."""
MAX_DAYS_AHEAD = 180
MAX_CAMPAIGN = 255
MAX_SMS_PARTS = 25

_URL = re.compile(r"https?://\S+")
_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_EXTENDED = frozenset("\f^{}\\[~]|€")


def fits(member: str, text: str | None, *, most: int, least: int = 1) -> str:
    """`text` as it is; raises `RequestInvalid` when it is missing, too short or too long."""
    if text is None or not least <= len(text) <= most:
        found = "there is none" if text is None else f"it has {len(text)}"
        raise RequestInvalid(f"{member} has {least} to {most} characters; {found}")
    return text


def within(member: str, number: int | None, *, most: int, unit: str) -> int:
    """`number` as it is; raises `RequestInvalid` when it is missing, nought or too much."""
    if number is None or not 1 <= number <= most:
        raise RequestInvalid(f"{member} is 1 to {most} {unit}")
    return number


def url(member: str, text: str | None, *, most: int = 1000) -> str:
    """An address of the web."""
    if text is None or not _URL.fullmatch(text):
        raise RequestInvalid(f"{member} is an address that begins with https:// or http://")
    return fits(member, text, most=most)


def number(recipient: str) -> str:
    """A telephone number as Infobip writes it: international, without the plus."""
    found = as_e164(recipient)
    if found is None:
        raise RequestInvalid("recipient is an E.164 number such as +447700900105 on this channel")
    return found.removeprefix("+")


def validity(seconds: int, *, member: str = "validity_s") -> dict[str, object]:
    """A validity period in the largest unit that is exact."""
    within(member, seconds, most=MAX_VALIDITY_S, unit="seconds")
    for unit, length in (("HOURS", 3600), ("MINUTES", 60)):
        if seconds % length == 0:
            return {"amount": seconds // length, "timeUnit": unit}
    return {"amount": seconds, "timeUnit": "SECONDS"}


def sms_text(text: str) -> str:
    """A text of at most 25 parts; raises `RequestInvalid` for a longer one."""
    fits("content.text", text, most=4000)
    if (parts := sms_parts(text)) > MAX_SMS_PARTS:
        raise RequestInvalid(f"content.text goes out in {MAX_SMS_PARTS} parts at most; it would take {parts}")
    return text


def sms_parts(text: str) -> int:
    """In how many parts a text goes out, without transliteration or a language's own table (3GPP TS 23.038)."""
    if set(text) <= _GSM | _GSM_EXTENDED:
        length = len(text) + sum(letter in _GSM_EXTENDED for letter in text)
        return 1 if length <= 160 else math.ceil(length / 153)
    length = len(text.encode("utf-16-be", "surrogatepass")) // 2
    return 1 if length <= 70 else math.ceil(length / 67)
