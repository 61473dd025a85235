"""What the simulated interfaces of Telesign take, and in which words they refuse the rest."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qs

from contracts.vocabulary import Channel
from providers._kit.desk import ApiCall

MOST_BYTES = 10 * 1024
CHANNELS = ("rcs", "whatsapp", "sms", "mms", "viber", "email")
MESSAGE_TYPES = ("ARN", "MKT", "OTP")
LIFECYCLE_EVENTS = ("create", "sign-in", "transact", "update", "delete")

VIBER_TEMPLATES = {
    "text": ("text",),
    "text_session": ("text",),
    "image": ("url",),
    "image_session": ("url",),
    "video": ("url",),
    "text_video": ("text", "url", "url_thumbnail"),
    "url_action_video": ("text", "url"),
    "url_action": ("text", "url", "url_id", "url_text"),
    "otp_verify": ("otp_code",),
}
"""The parameters that each requires."""


class Refused(Exception):
    """The request is not taken."""

    def __init__(self, code: int, description: str) -> None:
        super().__init__(description)
        self.code = code


class Taken(NamedTuple):
    """What a request asks for."""

    channels: tuple[Channel, ...]
    digits: str
    external_id: str | None
    sender_id: str | None
    callback_url: str | None
    reply_id: str | None = None


def read_omnichannel(call: ApiCall) -> Taken:
    """Raises `Refused` with a code of Messaging."""
    if len(call.body) > MOST_BYTES:
        raise Refused(3116, "Payload limit size exceeded")
    body = _json_object(call)
    recipient = body.get("recipient")
    digits = recipient.get("phone_number") if isinstance(recipient, dict) else body.get("phone_number")
    if digits is None:
        raise Refused(3302, "Missing parameter phone_number")
    if not _is_number(digits):
        raise Refused(3101, f"Invalid value for parameter phone_number: {digits}")
    channels, message = tuple(_channels(body)), body.get("message")
    if not isinstance(message, dict):
        raise Refused(3303, "Missing parameter message")
    _check_common(body)
    for channel in channels:
        _check_message(channel, message, body["message_type"])
    return Taken(
        channels=channels,
        digits=digits,
        external_id=body.get("external_id"),
        sender_id=body.get("sender_id"),
        callback_url=body.get("callback_url"),
        reply_id=message["viber"]["parameters"].get("reply_id") if Channel.VIBER in channels else None,
    )


def read_sms(call: ApiCall) -> Taken:
    """Raises `Refused` with a code of the SMS interface."""
    is_form = call.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
    form = {name: values[0] for name, values in parse_qs(call.body.decode(errors="replace")).items()} if is_form else {}
    for member, missing in (("phone_number", 12000), ("message", 12009), ("message_type", 12017)):
        if member not in form:
            raise Refused(missing, f"Missing Required Parameter {member}")
    wrong = {
        (11000, "phone_number"): not _is_number(form["phone_number"]),
        (11009, "message"): len(form["message"]) > 1600,
        (11017, "message_type"): form["message_type"] not in MESSAGE_TYPES,
        (11016, "external_id"): not _is_external_id(form.get("external_id")),
        (11013, "sender_id"): len(form.get("sender_id", "")) > 20,
        (11003, "account_lifecycle_event"): form.get("account_lifecycle_event", "create") not in LIFECYCLE_EVENTS,
    }
    for (code, member), is_wrong in wrong.items():
        if is_wrong:
            raise Refused(code, f"Invalid value for parameter {member}")
    return Taken(
        channels=(Channel.SMS,),
        digits=form["phone_number"],
        external_id=form.get("external_id"),
        sender_id=form.get("sender_id"),
        callback_url=form.get("callback_url"),
    )


def _json_object(call: ApiCall) -> dict[str, Any]:
    try:
        body = json.loads(call.body)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise Refused(3110, "Invalid request")
    return body


def _channels(body: Mapping[str, Any]) -> Iterator[Channel]:
    entries = body.get("channels")
    if not entries:
        raise Refused(3300, "Missing parameter channels")
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise Refused(3113, "Invalid value for parameter channel")
    names = [str(entry.get("channel", "")) for entry in entries]
    if "" in names:
        raise Refused(3301, "Missing parameter channel")
    if len(set(names)) != len(names):
        raise Refused(3113, f"Invalid value for parameter channel: {names}")
    for name, entry in zip(names, entries, strict=True):
        if name not in CHANNELS:
            raise Refused(3100, f"Unknown channel specified: {name}")
        fallback_time = entry.get("fallback_time", 300)
        if not isinstance(fallback_time, int) or not 30 <= fallback_time <= 3600:
            raise Refused(3110, "Invalid request")
        yield Channel(name)


def _check_common(body: Mapping[str, Any]) -> None:
    message_type, external_id = body.get("message_type"), body.get("external_id")
    if message_type is None:
        raise Refused(3304, "Missing parameter message_type")
    if message_type not in MESSAGE_TYPES:
        raise Refused(3102, f"Invalid value for parameter message_type: {message_type}")
    if not _is_external_id(external_id):
        raise Refused(3103, f"Unsupported value for parameter external_id: {external_id}")
    if body.get("callback_url") == "":
        raise Refused(3106, "Invalid value for parameter callback_url: ")
    event = body.get("account_lifecycle_event", "create")
    if event not in LIFECYCLE_EVENTS:
        raise Refused(3104, f"Invalid value for parameter account_lifecycle_event: {event}")


def _check_message(channel: Channel, message: Mapping[str, Any], message_type: str) -> None:
    told = message.get(channel)
    if not isinstance(told, dict):
        raise Refused(3306, "Missing message parameters for specified channel")
    template, parameters = told.get("template"), told.get("parameters")
    if not isinstance(parameters, dict):
        raise Refused(3305, "Missing template specific parameters")
    if channel is not Channel.VIBER:
        return
    if template not in VIBER_TEMPLATES:
        raise Refused(3112, "Specified template does not exist for selected channel")
    if (message_type == "OTP") is not (template == "otp_verify"):
        raise Refused(3110, "Invalid request")
    if any(not parameters.get(name) for name in VIBER_TEMPLATES[template]):
        raise Refused(3305, "Missing template specific parameters")


def _is_number(digits: object) -> bool:
    return isinstance(digits, str) and digits.isdecimal() and digits.isascii() and 7 <= len(digits) <= 15


def _is_external_id(external_id: object) -> bool:
    return external_id is None or (isinstance(external_id, str) and external_id.isascii() and len(external_id) <= 100)
