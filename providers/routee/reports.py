"""Reports on one message, pushed or polled, as status facts."""

import re
from typing import NamedTuple

from msgspec import structs

from contracts.errors import PayloadInvalid
from contracts.vocabulary import Channel
from providers._kit.facts import StatusFact
from providers._kit.numbers import as_decimal
from providers._kit.reading import MAX_ID, as_channel, as_e164, as_id, as_int, as_text, read_payload, required_id
from providers._kit.times import as_instant
from providers.routee.codes import meaning_of
from providers.routee.hints import Hint
from providers.routee.payloads import Body, Status

_NETWORK = re.compile(r"[0-9]{5,6}")


class Said(NamedTuple):
    """A status in text."""

    name: str
    detail: str | None
    at: object


def read_report(entry: dict[str, object], hint: Hint) -> StatusFact:
    """What a report says; raises `PayloadInvalid` without an id or a status."""
    body = read_payload(Body, entry)
    fact = fact_about(body, body.originating_service, hint)
    if not hint.is_of_campaign:
        return fact
    return structs.replace(fact, root_id=as_id(body.campaign_tracking_id, "campaignTrackingId"))


def fact_about(body: Body, channel_name: object, hint: Hint) -> StatusFact:
    """What is said of one message; raises `PayloadInvalid` without an id or a status."""
    said = said_in(body.status)
    channel = channel_of(channel_name, body)
    meaning = meaning_of(said.name, said.detail, channel)
    return StatusFact(
        message_id=message_id_of(body, channel),
        channel=channel,
        status=meaning.status,
        provider_code=said.name,
        is_known_code=meaning.is_known,
        reason=meaning.reason,
        is_permanent=meaning.is_permanent,
        may_fall_back=meaning.may_fall_back,
        description=said.detail,
        occurred_at=as_instant(said.at),
        sent_at=as_instant(body.created_at),
        recipient=as_e164(body.recipient),
        sender=as_text(body.sender, limit=100),
        operator=_operator(body.operator),
        external_id=hint.send_id or external_id_of(body.label),
        campaign=as_text(body.campaign_name if body.campaign is None else body.campaign, limit=200),
        part=as_id(body.sms_id, "smsId"),
        parts_count=parts_count_of(body),
        price=as_decimal(body.price),
    )


def said_in(status: object) -> Said:
    """The status in its object; raises `PayloadInvalid` when it names none."""
    if not isinstance(status, dict):
        raise PayloadInvalid("status is missing or not an object")
    said = read_payload(Status, status)
    name = as_text(said.polled_name if said.name is None else said.name, limit=100)
    if name is None:
        raise PayloadInvalid("status.name is missing or not text")
    detail = as_text(said.reason.get("detailedStatus")) if isinstance(said.reason, dict) else as_text(said.reason)
    return Said(name, detail, said.polled_date if said.updated_date is None else said.updated_date)


def channel_of(name: object, body: Body) -> Channel:
    """The channel that the report names, else the one whose id it has."""
    channel = as_channel(name)
    if channel not in (None, Channel.OTHER):
        return channel
    return Channel.VIBER if body.message_id is None and body.sms_id is None else Channel.SMS


def message_id_of(body: Body, channel: Channel) -> str:
    """The message's id, under the name that its channel has for it, else under the other."""
    one, other = (body.message_id, body.tracking_id), ("messageId", "trackingId")
    if channel is not Channel.SMS:
        one, other = one[::-1], other[::-1]
    return as_id(one[0], other[0]) or required_id(one[1], f"{other[0]}, and {other[1]} in its place,")


def parts_count_of(body: Body) -> int:
    """In how many pieces the SMS went; one, when that is not said in numbers."""
    count = as_int(body.parts_count)
    return count if count and 0 < count < 256 else 1


def external_id_of(label: object) -> str | None:
    """Our own id, which a send carries as its label; the word null is none, nor is a text too long for an id."""
    text = as_text(label)
    return None if text == "null" or (text and len(text) > MAX_ID) else text


def _operator(value: object) -> str | None:
    """The network's digits; their name for it is none."""
    text = as_text(value, limit=100)
    return text if text and _NETWORK.fullmatch(text) else None
