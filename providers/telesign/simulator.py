"""Plays Telesign: a scripted life told in Messaging or SMS callbacks, signed, with the quirks of the real ones."""

import base64
import json
from collections.abc import Sequence
from random import Random

from contracts.status import DeliveryStatus
from contracts.vocabulary import Channel
from providers._kit.script import Reply, Script, SimulatedCallback
from providers.telesign.bodies import Json, fate_of, told
from providers.telesign.rules import CALLBACK_HINT
from providers.telesign.settings import TelesignSettings
from providers.telesign.verifier import sign

GETS = 0.05

# Three attempts in all, "at once, after 10 and after 30 seconds":
# https://developer.telesign.com/standard/docs/additional-features-inbound-sms
RETRIES_S = (10.0, 30.0)


def simulate(script: Script, settings: TelesignSettings) -> Sequence[SimulatedCallback]:
    """The callbacks of one message: an SMS tells of itself, all else is a cascade whose account grows."""
    fate = fate_of(script)
    bodies = told(script, fate)
    key = _drawn_key(settings, fate)
    return [
        SimulatedCallback(
            method="GET" if fate.random() < GETS else "POST",
            hint=CALLBACK_HINT,
            headers=_signed(data := _encoded(body), settings.customer_id, key, fate=fate),
            body=data,
            at=step.at,
            root_id=body["reference_id"],
            expected_items=1 + len(body.get("channel_status", ())),
            kind="seen" if step.status is DeliveryStatus.SEEN else "delivery",
        )
        for step, body in zip(script.steps, bodies, strict=True)
    ]


def answer(reply: Reply, settings: TelesignSettings) -> SimulatedCallback:
    """The callback that brings what a person wrote. It stands under the id of the message that is answered."""
    fate = Random(f"telesign:{reply.seed}:{reply.number}:reply")  # noqa: S311  # a play, not a secret
    root_id = reply.root_id or f"{fate.getrandbits(128):032X}"
    said = {"code": 1500, "description": "Delivered", "updated_on": f"{reply.at:%Y-%m-%dT%H:%M:%S.%f}Z"}
    body = {"reference_id": root_id, "status": said, **_written(reply)}
    data = _encoded(body)
    return SimulatedCallback(
        method="POST",
        hint=f"{reply.channel}/inbound",
        headers=_signed(data, settings.customer_id, _drawn_key(settings, fate), fate=fate),
        body=data,
        at=reply.at,
        root_id=root_id,
        expected_items=1,
        kind="inbound",
    )


def _written(reply: Reply) -> Json:
    author = reply.author.removeprefix("+")
    if reply.channel is Channel.SMS:
        response = {"phone_number": author, "sender_id": reply.addressee.removeprefix("+"), "mo_message": reply.text}
        return {"sub_resource": "mo_sms", "errors": [], "user_response": response}
    content = {"text": reply.text}
    if reply_id := reply.extras.get("reply_id"):
        content["reply_id"] = reply_id
    return {"phone_number": author, "content": content, "channel": reply.channel}


def _drawn_key(settings: TelesignSettings, fate: Random) -> bytes:
    return base64.b64decode(fate.choice(settings.api_keys).get_secret_value())


def _encoded(body: Json) -> bytes:
    return json.dumps(body, separators=(",", ":")).encode()


def _signed(data: bytes, customer_id: str, key: bytes, *, fate: Random) -> dict[str, str]:
    signature = sign(key, data).decode()
    headers = {"content-type": "application/json", "authorization": f"TSA {customer_id}:{signature}"}
    if fate.random() < 0.5:
        headers["x-ts-authorization"] = signature
    return headers
