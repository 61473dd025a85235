"""The bodies that the simulated Routee writes."""

from datetime import datetime
from hashlib import blake2b
from typing import Any
from uuid import UUID

from contracts.errors import ConfigurationInvalid
from contracts.vocabulary import Channel
from providers._kit.script import Script, Step
from providers.routee.repertoire import Words

Json = dict[str, Any]


def viber_body(script: Script, root_id: str, step: Step, words: Words, *, is_campaign: bool) -> Json:
    """A report on a Viber message, which in a campaign has an id of its own."""
    return {
        "trackingId": message_id_in(root_id) if is_campaign else root_id,
        "campaignTrackingId": root_id if is_campaign else None,
        "to": script.recipient,
        "from": script.sender,
        "groups": [],
        "status": status_of_callback(words, step.at),
        "body": {"text": "Your order has shipped"},
        "label": label_of(script),
        "applicationName": "default",
        "price": 0.015,
        "direction": "Outbound",
        "originatingService": "Viber",
        "createdAt": iso(script.sent_at),
    }


def sms_body(script: Script, root_id: str, step: Step, words: Words, *, part: tuple[int, int]) -> Json:
    """A report on one part of an SMS; `part` is its number and how many there are."""
    number, parts_count = part
    return {
        "messageId": root_id,
        "smsId": part_id_of(root_id, number),
        "campaignTrackingId": None,
        "part": number,
        "parts": parts_count,
        "label": label_of(script),
        "to": script.recipient,
        "from": script.sender,
        "operator": "Example Mobile",
        "groups": [],
        "campaignName": None,
        "status": status_of_callback(words, step.at),
        "message": "Your order has shipped",
        "applicationName": "default",
        "latency": int((step.at - script.sent_at).total_seconds()),
        "price": 0.021,
        "direction": "Outbound",
        "originatingService": "Sms",
    }


def step_body(script: Script, root_id: str, step: Step, words: Words, *, order: int) -> Json:
    """One step of a cascade, with ids of its own."""
    is_sms = step.channel is Channel.SMS
    own_id = step_id_in(root_id, step.channel)
    ids = {"messageId": own_id, "smsId": part_id_of(own_id, 1)} if is_sms else {"trackingId": own_id}
    return {
        "type": "Sms" if is_sms else "Viber",
        **ids,
        "order": order,
        "to": script.recipient,
        "from": script.sender,
        "status": status_of_callback(words, step.at),
        "price": 0.021 if is_sms else 0.015,
        "createdAt": iso(script.sent_at),
        "ttl": 1,
    }


def cascade_body(script: Script, root_id: str, last: Step, steps: list[Json]) -> Json:
    """A cascade that has come to its end with `last`."""
    has_arrived = last.status.is_success
    return {
        "trackingId": root_id,
        "messages": steps,
        "terminationChannel": steps[-1]["type"] if has_arrived else None,
        "status": "Succeeded" if has_arrived else "Failed",
        "statusCode": "" if has_arrived else 2,
        "totalPrice": sum(step["price"] for step in steps),
        "originatingService": "Failover",
        "createdAt": iso(script.sent_at),
        "updatedAt": iso(last.at),
    }


def label_of(script: Script) -> str | None:
    """What the send had as its label."""
    label: str | None = script.extras.get("label", script.external_id)
    return label


def status_of_callback(words: Words, at: datetime) -> dict[str, Any]:
    """`status` as callbacks have it."""
    return {"name": words.name, "reason": words.reason, "updatedDate": iso(at)}


def message_id_in(campaign_id: str) -> str:
    """The id of the one message of a campaign of ours."""
    return uuid_of(f"message of {campaign_id}")


def step_id_in(cascade_id: str, channel: Channel) -> str:
    """The id of a cascade's message on one channel."""
    return uuid_of(f"{cascade_id}:{channel}")


def part_id_of(message_id: str, part: int) -> str:
    """The id of one piece of an SMS."""
    return uuid_of(f"part {part} of {message_id}")


def uuid_of(name: str) -> str:
    """An id as Routee writes them, the same for the same name."""
    return str(UUID(bytes=blake2b(name.encode(), digest_size=16).digest(), version=4))


def iso(moment: datetime) -> str:
    """UTC with a Z; whole seconds without a fraction, and else milliseconds."""
    if moment.utcoffset() is None:
        raise ConfigurationInvalid("a script's times have a zone")
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + (f".{moment.microsecond // 1000:03}" * bool(moment.microsecond)) + "Z"
