"""Plays Telesign: a scripted life told in Messaging or SMS callbacks, signed, with the quirks of the real ones."""

import base64
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from hashlib import blake2b
from random import Random
from typing import Any

from contracts.status import DeliveryStatus
from contracts.vocabulary import Channel
from providers._kit.script import Script, SimulatedCallback, Step
from providers.telesign.codes import BY_CODE
from providers.telesign.settings import TelesignSettings
from providers.telesign.verifier import sign

_S = DeliveryStatus

MESSAGING: dict[DeliveryStatus, tuple[int, ...]] = {
    _S.UNKNOWN: (3999,),
    _S.ACCEPTED: (3001,),
    _S.QUEUED: (292,),
    _S.SENT: (3002,),
    _S.UNDELIVERED: (3003, 3055),
    _S.EXPIRED: (3056,),
    _S.REJECTED: (3041, 3115),
    _S.FAILED: (3006,),
    _S.DELIVERED: (3000,),
    _S.SEEN: (3005, 201),
}
SMS: dict[DeliveryStatus, tuple[int, ...]] = {
    _S.UNKNOWN: (250,),
    _S.ACCEPTED: (290,),
    _S.QUEUED: (291, 292),
    _S.SENT: (203,),
    _S.UNDELIVERED: (207, 210, 211, 514),
    _S.EXPIRED: (221,),
    _S.REJECTED: (231, 238, 503, 507, 510),
    _S.FAILED: (500, 505),
    _S.DELIVERED: (200,),
    # An SMS is never read; a script that says so is played all the same.
    _S.SEEN: (3005,),
}
IN_PROGRESS = 3001
UNSUPPORTED = 3055

GETS = 0.05
TRIES_RCS_FIRST = 0.2
UNLISTED_STARTS = 0.5
"""How often the first callback of a cascade names no channel yet."""


def simulate(script: Script, settings: TelesignSettings) -> Sequence[SimulatedCallback]:
    """The callbacks of one message: an SMS tells of itself, all else is a cascade whose account grows."""
    fate = Random(f"telesign:{script.seed}:{script.number}")  # noqa: S311  # a play, not a secret
    is_sms = all(step.channel is Channel.SMS for step in script.steps)
    bodies = _sms_bodies(script, fate) if is_sms else _messaging_bodies(script, fate)
    key = base64.b64decode(fate.choice(settings.api_keys).get_secret_value())
    return [
        _callback(step, body, fate, credential=(settings.customer_id, key))
        for step, body in zip(script.steps, bodies, strict=True)
    ]


def _callback(step: Step, body: dict[str, Any], fate: Random, *, credential: tuple[str, bytes]) -> SimulatedCallback:
    customer_id, key = credential
    data = json.dumps(body, separators=(",", ":")).encode()
    signature = sign(key, data).decode()
    headers = {"content-type": "application/json", "authorization": f"TSA {customer_id}:{signature}"}
    if fate.random() < 0.5:
        headers["x-ts-authorization"] = signature
    return SimulatedCallback(
        method="GET" if fate.random() < GETS else "POST",
        hint="delivery",
        headers=headers,
        body=data,
        at=step.at,
        root_id=body["reference_id"],
        expected_items=1 + len(body.get("channel_status", ())),
    )


def _messaging_bodies(script: Script, fate: Random) -> list[dict[str, Any]]:
    reference_id, external_id = _reference_id(script, "whole"), _external_id(script, fate)
    legs: dict[Channel, dict[str, Any]] = {}
    if script.steps and script.steps[0].channel is Channel.VIBER and fate.random() < TRIES_RCS_FIRST:
        legs[Channel.RCS] = _leg(script, Channel.RCS, UNSUPPORTED, _messaging_time(script.sent_at, fate))
    bodies = []
    for number, step in enumerate(script.steps):
        code, updated_on = fate.choice(MESSAGING[step.status]), _messaging_time(step.at, fate)
        body: dict[str, Any] = {
            "reference_id": reference_id,
            "external_id": external_id,
            "status": {
                **_said(_code_of_whole(script, number, code), updated_on),
                "last_channel": step.channel,
            },
        }
        if number or fate.random() >= UNLISTED_STARTS:
            legs[step.channel] = _leg(script, step.channel, code, updated_on)
            body["channel_status"] = [{channel: leg} for channel, leg in legs.items()]
        bodies.append(body)
    return bodies


def _code_of_whole(script: Script, number: int, code: int) -> int:
    """A leg that ended badly ends the whole only when no other channel is tried after it."""
    step = script.steps[number]
    goes_on = any(later.channel is not step.channel for later in script.steps[number + 1 :])
    return IN_PROGRESS if step.status.is_bad_end and goes_on else code


def _leg(script: Script, channel: Channel, code: int, updated_on: str) -> dict[str, Any]:
    return {**_said(code, updated_on), "reference_id": _reference_id(script, channel)}


def _sms_bodies(script: Script, fate: Random) -> list[dict[str, Any]]:
    reference_id, external_id = _reference_id(script, "whole"), _external_id(script, fate)
    spelling = _http_date if fate.random() < 0.1 else _iso
    parts_count = fate.choice((1, 1, 1, 2))
    bodies = []
    for step in script.steps:
        body: dict[str, Any] = {
            "reference_id": reference_id,
            "status": _said(fate.choice(SMS[step.status]), spelling(step.at)),
            "errors": [],
            "sub_resource": "sms",
        }
        if spelling is _iso:
            body |= {"external_id": external_id, "submit_timestamp": _iso(script.sent_at)}
        if step.status.is_final:
            body["additional_info"] = _additional_info(script, parts_count, fate)
        bodies.append(body)
    return bodies


def _additional_info(script: Script, parts_count: int, fate: Random) -> dict[str, Any]:
    mcc, mnc = ("234", "15") if script.recipient.startswith("+44") else ("310", "004")
    parts = ",".join(_reference_id(script, f"part {part}") for part in range(parts_count))
    return {
        "mcc": mcc,
        "mnc": mnc,
        "price": f"0.{fate.randrange(10, 90):03}",
        "currency": "USD",
        "message_parts_count": parts_count if fate.random() < 0.5 else str(parts_count),
        "message_parts_reference_ids": parts,
    }


def _said(code: int, updated_on: str) -> dict[str, Any]:
    row = BY_CODE.get(str(code))
    description = row.meaning.partition(";")[0] if row else "Something new"
    return {"code": code, "description": description, "updated_on": updated_on}


def _reference_id(script: Script, what: str) -> str:
    # The moment is part of it, so that a second run with the same seed tells of other messages.
    name = f"{script.seed}:{script.number}:{script.sent_at.isoformat()}:{what}"
    return blake2b(name.encode(), digest_size=16).hexdigest().upper()


def _external_id(script: Script, fate: Random) -> str | None:
    return fate.choice((None, "null", f"order-{script.number}"))


def _messaging_time(at: datetime, fate: Random) -> str:
    separator = fate.choice(":.")
    return f"{at:%Y-%m-%d %H:%M:%S}{separator}{at.microsecond // 1000:03}"


def _iso(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S.%f}Z"


def _http_date(at: datetime) -> str:
    # Rounded up: told in whole seconds, nothing may seem to have arrived before it left.
    whole = at if at.microsecond == 0 else at.replace(microsecond=0) + timedelta(seconds=1)
    return format_datetime(whole.astimezone(UTC), usegmt=True)
