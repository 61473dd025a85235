"""Plays DecisionTelecom: a scripted life told in status callbacks, and what people write back.

How callbacks look is not published; these repeat the answer of the look-up, in the spellings that the adapter is
prepared for. For SMS the provider documents no callbacks at all; here they come, so that a play can be followed.
"""

import json
from collections.abc import Sequence
from hashlib import blake2b
from random import Random
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

from contracts.errors import ConfigurationInvalid
from contracts.status import DeliveryStatus
from contracts.vocabulary import Channel
from providers._kit.script import Reply, Script, SimulatedCallback, Step
from providers.decisiontelecom import hints
from providers.decisiontelecom.settings import DecisionTelecomSettings

_S = DeliveryStatus

VIBER = MappingProxyType(
    {
        _S.UNKNOWN: 20,
        _S.QUEUED: 5,
        _S.SENT: 0,
        _S.UNDELIVERED: 4,
        _S.EXPIRED: 4,
        _S.REJECTED: 3,
        _S.FAILED: 2,
        _S.DELIVERED: 1,
        _S.SEEN: 6,
    }
)
"""There is no word for a time to live that ran out; probably it is told as undelivered. Of a step
without a word on its scale nothing is said."""
SMS = MappingProxyType(
    {
        _S.UNKNOWN: "UNKNOWN",
        _S.ACCEPTED: "ACCEPTD",
        _S.SENT: "ENROUTE",
        _S.UNDELIVERED: "UNDELIV",
        _S.EXPIRED: "EXPIRED",
        _S.REJECTED: "REJECTD",
        _S.FAILED: "DELETED",
        _S.DELIVERED: "DELIVRD",
    }
)
SMS_BEHIND_VIBER = MappingProxyType(
    {
        _S.UNKNOWN: 0,
        _S.ACCEPTED: 6,
        _S.UNDELIVERED: 5,
        _S.EXPIRED: 3,
        _S.REJECTED: 5,
        _S.FAILED: 5,
        _S.DELIVERED: 2,
    }
)

_AS_TEXT, _AS_FORM, _WITH_A_COMMA = 0.2, 0.1, 0.2
_SMALLEST_TOKEN = 5_000_000_000_000_000_000


def simulate(script: Script, settings: DecisionTelecomSettings) -> Sequence[SimulatedCallback]:  # noqa: ARG001  # nothing is signed
    """The callbacks of one message in their natural order; the same script gives the same bytes.

    Raises `ConfigurationInvalid` for a channel that the provider does not have.
    """
    root_id = script.root_id or str(_number(f"{script.seed}:{script.number}:{script.sent_at.isoformat()}", bits=48))
    fate = Random(f"decisiontelecom:{script.seed}:{script.number}")  # noqa: S311  # a play, not a secret
    hint = _hint_of(script)
    return [_callback(step, body, fate, hint=hint, root_id=root_id) for step, body in told(root_id, script.steps)]


def told(root_id: str, steps: Sequence[Step]) -> list[tuple[Step, dict[str, Any]]]:
    """The steps that the provider tells of, and what it then says: of the message, and of an SMS it sent behind it."""
    is_sms = bool(steps) and steps[0].channel is Channel.SMS
    said: dict[str, Any] = {"message_id": int(root_id) if root_id.isdecimal() else root_id}
    bodies = []
    for step in steps:
        words, member = _words(step, is_sms=is_sms)
        if step.status in words:
            if words is SMS_BEHIND_VIBER:
                said["sms_message_id"] = _number(f"{root_id}:sms", bits=31)
            said[member] = words[step.status]
            bodies.append((step, dict(said)))
    return bodies


def _words(step: Step, *, is_sms: bool) -> tuple[MappingProxyType[DeliveryStatus, Any], str]:
    """The scale for a step, and the member it stands in."""
    if step.channel is Channel.VIBER:
        return VIBER, "status"
    if step.channel is Channel.SMS:
        return (SMS, "status") if is_sms else (SMS_BEHIND_VIBER, "sms_message_status")
    raise ConfigurationInvalid(f"DecisionTelecom has no {step.channel}; script Viber or SMS")


def answer(reply: Reply, settings: DecisionTelecomSettings) -> SimulatedCallback:  # noqa: ARG001  # nothing is signed
    """The callback that brings a person's reply; only Viber has replies."""
    if reply.channel is not Channel.VIBER:
        raise ConfigurationInvalid(f"DecisionTelecom brings no replies over {reply.channel}")
    token = _SMALLEST_TOKEN + _number(f"{reply.seed}:{reply.number}:{reply.at.isoformat()}:reply", bits=61)
    message = {"text": reply.text, "tracking_data": f"tracking_id:{reply.root_id}" if reply.root_id else ""}
    body = {
        "message_token": token,
        "phone_number": reply.author.removeprefix("+"),
        "time": int(reply.at.timestamp() * 1000),
        "message": message,
    }
    return SimulatedCallback(
        method="POST",
        hint=str(reply.extras.get("hint", hints.VIBER)),
        headers={"content-type": "application/json"},
        body=json.dumps(body, ensure_ascii=False).encode(),
        at=reply.at,
        root_id=reply.root_id or str(token),
        expected_items=1,
        kind="inbound",
    )


def _hint_of(script: Script) -> str:
    if hint := script.extras.get("hint"):
        return str(hint)
    channels = {step.channel for step in script.steps}
    name = hints.SMS if channels == {Channel.SMS} else hints.VIBER_THEN_SMS if len(channels) > 1 else hints.VIBER
    return f"{name}/{script.external_id}" if script.external_id else name


def _callback(step: Step, body: dict[str, Any], fate: Random, *, hint: str, root_id: str) -> SimulatedCallback:
    content_type, data = _written(body, fate)
    return SimulatedCallback(
        method="POST",
        hint=hint,
        headers={"content-type": content_type},
        body=data,
        at=step.at,
        root_id=root_id,
        expected_items=2 if "sms_message_id" in body else 1,
        kind="seen" if step.status is DeliveryStatus.SEEN else "delivery",
    )


def _written(body: dict[str, Any], fate: Random) -> tuple[str, bytes]:
    """In one of the spellings that nobody has ruled out."""
    if fate.random() < _AS_FORM:
        return "application/x-www-form-urlencoded", urlencode(body).encode()
    if fate.random() < _AS_TEXT:
        body = {name: str(value) for name, value in body.items()}
    text = json.dumps(body, separators=(",", ":"))
    return "application/json", (text[:-1] + ",}" if fate.random() < _WITH_A_COMMA else text).encode()


def _number(name: str, *, bits: int) -> int:
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest()) % (1 << bits)
