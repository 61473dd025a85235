"""Delivery and seen reports as status facts."""

import re

from contracts.status import DeliveryStatus
from providers._kit.facts import StatusFact
from providers._kit.numbers import as_decimal
from providers._kit.reading import as_e164, as_text, read_payload, required_id
from providers._kit.times import as_instant
from providers.infobip.channels import channel_of
from providers.infobip.codes import rule
from providers.infobip.payloads import DeliveryPayload, PricePayload, SeenPayload

SEEN_CODE = "SEEN"
"""Seen reports carry no code; this stands in its place."""
CALLBACK_DATA_LIMIT = 4000
_NETWORK = re.compile(r"[0-9]{5,6}")
_NO_PRICE = PricePayload()


def read_delivery(entry: dict[str, object], hint: str) -> StatusFact:
    """What a delivery report says; raises `PayloadInvalid` without a message id or a status."""
    payload = read_payload(DeliveryPayload, entry)
    ruling = rule(payload.status, payload.error)
    price = payload.price or _NO_PRICE
    return StatusFact(
        message_id=required_id(payload.message_id, "messageId"),
        status=ruling.status,
        provider_code=ruling.provider_code,
        channel=channel_of(payload.channel, hint=hint),
        # Without doneAt the time of this report is not known; sentAt is that of the submission.
        occurred_at=as_instant(payload.occurred_at),
        sent_at=as_instant(payload.sent_at),
        description=as_text(payload.status.description),
        reason=ruling.reason,
        error_code=ruling.error_code,
        is_permanent=_flag(payload.error.permanent) if payload.error else None,
        may_fall_back=ruling.may_fall_back,
        is_known_code=ruling.is_known_code,
        recipient=as_e164(payload.destination if payload.recipient is None else payload.recipient),
        sender=as_text(payload.sender),
        operator=_operator(payload.operator),
        external_id=as_external_id(payload.external_id),
        campaign=as_text(payload.campaign),
        price=as_decimal(price.price_per_message),
        currency=as_text(price.currency),
    )


def read_seen(entry: dict[str, object], hint: str) -> StatusFact:
    """What a seen report says; raises `PayloadInvalid` without a message id."""
    payload = read_payload(SeenPayload, entry)
    # `from` is the person who read and `to` our sender, the reverse of a delivery report. Only the Messages API, which
    # writes `destination`, keeps the direction of the send.
    is_turned = payload.destination is None
    return StatusFact(
        message_id=required_id(payload.message_id, "messageId"),
        status=DeliveryStatus.SEEN,
        provider_code=SEEN_CODE,
        channel=channel_of(payload.channel, hint=hint),
        occurred_at=as_instant(payload.occurred_at),
        sent_at=as_instant(payload.send_at if payload.sent_at is None else payload.sent_at),
        recipient=as_e164(payload.from_ if is_turned else payload.destination),
        sender=as_text(payload.to if is_turned else payload.sender),
        external_id=as_external_id(payload.external_id),
        campaign=as_text(payload.campaign),
    )


def as_external_id(value: object) -> str | None:
    """The text that was sent along; the word null, which some examples hold, means that there was none."""
    text = as_text(value, limit=CALLBACK_DATA_LIMIT)
    return None if text == "null" else text


def _flag(value: object) -> bool | None:
    """True or false, also as text in any case; null for all else."""
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().lower())
    return value if isinstance(value, bool) else None


def _operator(value: object) -> str | None:
    """The network's digits; the Messages API writes a number, and old examples the text "null"."""
    text = as_text(value)
    return text if text and _NETWORK.fullmatch(text) else None
