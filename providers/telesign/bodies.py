"""What Telesign would say of a message: the bodies of its callbacks, and of its answers to the status question."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from hashlib import blake2b
from random import Random
from typing import Any

from contracts.status import DeliveryStatus
from contracts.vocabulary import Channel
from providers._kit.script import Script, Step
from providers.telesign.codes import BY_CODE
from providers.telesign.requests import MESSAGING as SMS_API

_S = DeliveryStatus

MESSAGING: dict[DeliveryStatus, tuple[int, ...]] = {
    _S.UNKNOWN: (3999,),
    _S.ACCEPTED: (3001,),
    _S.QUEUED: (3040,),
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
READ = 3005
UNSUPPORTED = 3055

API = "api"
"""The extra of an order that says by which interface it was sent."""

TRIES_RCS_FIRST = 0.2
UNLISTED_STARTS = 0.5
"""How often the first callback of a cascade names no channel yet."""

Json = dict[str, Any]


def fate_of(script: Script) -> Random:
    """What decides all that a script leaves open; the same for callbacks and for answers about the same message."""
    return Random(f"telesign:{script.root_id or f'{script.seed}:{script.number}'}")  # noqa: S311  # a play, not a secret


def told(script: Script, fate: Random, *, goes_on: bool = False) -> Sequence[Json]:
    """One body for each step: an SMS tells of itself, all else is a cascade whose account grows.

    `goes_on`: after the last step yet another channel is tried.
    """
    return _sms_bodies(script, fate) if is_of_sms_api(script) else _messaging_bodies(script, fate, goes_on=goes_on)


def is_of_sms_api(script: Script) -> bool:
    """As the send says; without a send, a life on SMS alone was led there."""
    api = script.extras.get(API)
    return api == SMS_API if api else all(step.channel is Channel.SMS for step in script.steps)


def reference_id(script: Script, what: str = "") -> str:
    """The id of the whole, or of `what` in it."""
    if script.root_id and not what:
        return script.root_id
    # The moment is part of it, so that a second run with the same seed tells of other messages.
    name = script.root_id or f"{script.seed}:{script.number}:{script.sent_at.isoformat()}"
    return blake2b(f"{name}:{what or 'whole'}".encode(), digest_size=16).hexdigest().upper()


def _messaging_bodies(script: Script, fate: Random, *, goes_on: bool) -> list[Json]:
    whole_id, external_id = reference_id(script), _external_id(script, fate)
    legs: dict[Channel, Json] = {}
    if _tries_rcs_first(script, fate):
        legs[Channel.RCS] = _leg(script, Channel.RCS, UNSUPPORTED, _messaging_time(script.sent_at, fate))
    bodies = []
    for number, step in enumerate(script.steps):
        code, updated_on = _drawn_code(step, fate), _messaging_time(step.at, fate)
        body: Json = {
            "reference_id": whole_id,
            "external_id": external_id,
            "status": {
                **_said(_code_of_whole(script, number, code, goes_on=goes_on), updated_on),
                "last_channel": step.channel,
            },
        }
        if number or fate.random() >= UNLISTED_STARTS:
            legs[step.channel] = _leg(script, step.channel, code, updated_on)
            body["channel_status"] = [{channel: leg} for channel, leg in legs.items()]
        bodies.append(body)
    return bodies


def _tries_rcs_first(script: Script, fate: Random) -> bool:
    """A send names its channels itself."""
    is_free = script.root_id is None and bool(script.steps) and script.steps[0].channel is Channel.VIBER
    return is_free and fate.random() < TRIES_RCS_FIRST


def _drawn_code(step: Step, fate: Random) -> int:
    code = fate.choice(MESSAGING[step.status])
    return READ if step.status is DeliveryStatus.SEEN and step.channel is Channel.SMS else code


def _code_of_whole(script: Script, number: int, code: int, *, goes_on: bool) -> int:
    """A leg that ended badly ends the whole only when no other channel is tried after it."""
    step, later = script.steps[number], script.steps[number + 1 :]
    is_taken_over = any(other.channel is not step.channel for other in later) or (goes_on and not later)
    return IN_PROGRESS if step.status.is_bad_end and is_taken_over else code


def _leg(script: Script, channel: Channel, code: int, updated_on: str) -> Json:
    said = _said(code, updated_on)
    # The provider's schema: a channel in progress has no reference_id of its own yet.
    return said if code == IN_PROGRESS else {**said, "reference_id": reference_id(script, channel)}


def _sms_bodies(script: Script, fate: Random) -> list[Json]:
    whole_id, external_id = reference_id(script), _external_id(script, fate)
    spelling = _http_date if fate.random() < 0.1 else _iso
    parts_count = fate.choice((1, 1, 1, 2))
    bodies = []
    for step in script.steps:
        body: Json = {
            "reference_id": whole_id,
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


def _additional_info(script: Script, parts_count: int, fate: Random) -> Json:
    mcc, mnc = ("234", "15") if script.recipient.startswith("+44") else ("310", "004")
    parts = ",".join(reference_id(script, f"part {part}") for part in range(parts_count))
    return {
        "mcc": mcc,
        "mnc": mnc,
        "price": f"0.{fate.randrange(10, 90):03}",
        "currency": "USD",
        "message_parts_count": parts_count if fate.random() < 0.5 else str(parts_count),
        "message_parts_reference_ids": parts,
    }


def _said(code: int, updated_on: str) -> Json:
    row = BY_CODE.get(str(code))
    description = row.meaning.partition(";")[0] if row else "Something new"
    return {"code": code, "description": description, "updated_on": updated_on}


def _external_id(script: Script, fate: Random) -> str | None:
    """Theirs where a send named itself; else what their documents show, the four letters for none among it."""
    drawn: str | None = fate.choice((None, "null", f"order-{script.number}"))
    if script.root_id is None:
        return drawn
    return script.external_id or (None if drawn is None else "null")


def _messaging_time(at: datetime, fate: Random) -> str:
    separator = fate.choice(":.")
    return f"{at:%Y-%m-%d %H:%M:%S}{separator}{at.microsecond // 1000:03}"


def _iso(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S.%f}Z"


def _http_date(at: datetime) -> str:
    # Rounded up: told in whole seconds, nothing may seem to have arrived before it left.
    whole = at if at.microsecond == 0 else at.replace(microsecond=0) + timedelta(seconds=1)
    return format_datetime(whole.astimezone(UTC), usegmt=True)
