"""Network, price and parts of an SMS: `additional_info`, which most callbacks do not have."""

from decimal import Decimal
from typing import NamedTuple

from providers._kit.numbers import as_decimal
from providers._kit.reading import as_e164, as_int, as_text, read_payload
from providers.telesign.payloads import AdditionalInfo


class Details(NamedTuple):
    """What is told of an SMS beside its status."""

    recipient: str | None = None
    sender: str | None = None
    operator: str | None = None
    parts_count: int = 1
    price: Decimal | None = None
    currency: str | None = None


_NONE = Details()


def details_of(additional_info: object) -> Details:
    """The details in `additional_info`; odd members are as good as missing."""
    if not isinstance(additional_info, dict):
        return _NONE
    info = read_payload(AdditionalInfo, additional_info)
    return Details(
        recipient=as_e164(info.cleansed_phone_number),
        sender=as_text(info.sender_id, limit=100),
        operator=_operator(info),
        parts_count=_parts_count(info),
        price=as_decimal(info.price),
        currency=as_text(info.currency, limit=10),
    )


def _operator(info: AdditionalInfo) -> str | None:
    country, network = as_text(info.mcc, limit=4), as_text(info.mnc, limit=4)
    return country + network if country and network else None


def _parts_count(info: AdditionalInfo) -> int:
    count = as_int(info.message_parts_count)
    return count if count and 0 < count < 256 else 1
