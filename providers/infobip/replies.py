"""Plays the people who write back, as Infobip tells of them."""

from random import Random
from typing import Any

import msgspec

from contracts.errors import ConfigurationInvalid
from contracts.vocabulary import Channel
from providers._kit.script import Reply, SimulatedCallback
from providers.infobip.apis import APIS
from providers.infobip.requests import written_instant
from providers.infobip.settings import InfobipSettings
from providers.infobip.verifier import credentials


def answer(reply: Reply, settings: InfobipSettings) -> SimulatedCallback:
    """The signed callback that brings `reply`; raises `ConfigurationInvalid` for a channel that is not played."""
    if reply.channel not in APIS:
        raise ConfigurationInvalid(f"Infobip's simulator plays Viber and SMS, not {reply.channel}")
    entry = _entry(reply)
    body = msgspec.json.encode({"results": [entry], "messageCount": 1, "pendingMessageCount": 0})
    return SimulatedCallback(
        method="POST",
        hint=f"{APIS[reply.channel].hint}/inbound",
        headers={"content-type": "application/json"} | credentials(settings, body),
        body=body,
        at=reply.at,
        root_id=reply.root_id or entry["messageId"],
        expected_items=1,
        kind="inbound",
    )


def _entry(reply: Reply) -> dict[str, Any]:
    fate = Random(f"infobip:reply:{reply.seed}:{reply.number}:{reply.at.isoformat()}")  # noqa: S311  # a play
    common = {
        "messageId": f"{fate.getrandbits(128):032x}",
        "to": reply.addressee,
        "receivedAt": written_instant(reply.at),
        "price": {"pricePerMessage": 0.0, "currency": "EUR"},
        "pairedMessageId": reply.root_id,
        "callbackData": reply.extras.get("callback_data"),
    }
    author = reply.author.removeprefix("+")
    if reply.channel is Channel.SMS:
        words = {"text": reply.text, "cleanText": reply.text, "keyword": None, "smsCount": 1}
        return common | {"from": author} | words
    common |= {"sender": author, "integrationType": reply.channel.upper()}
    message = {"type": "TEXT", "text": reply.text}
    if reply.channel is Channel.VIBER:
        # Where the last message had none, a random text was seen in its place.
        tracking = reply.extras.get("tracking") or f"{fate.getrandbits(64):016x}"
        return common | {"message": message | {"trackingData": tracking}}
    return common | {"message": _wrapped(reply, message, fate)}


def _wrapped(reply: Reply, message: dict[str, str], fate: Random) -> dict[str, Any]:
    """What a bot hears has a second wrapping around it."""
    return {
        "type": "MESSAGE",
        "timestamp": int(reply.at.timestamp() * 1000),
        "messageToken": str(fate.getrandbits(62)),
        "sender": {"id": reply.author},
        "silent": False,
        "message": message,
    }
