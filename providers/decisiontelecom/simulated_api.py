"""Plays DecisionTelecom's API: sends and look-ups of Viber and SMS, and its habit of refusing with HTTP 200."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from contracts.errors import ConfigurationInvalid, PayloadInvalid
from contracts.vocabulary import Channel
from providers._kit.desk import ApiCall, ApiReply, Desk, Order
from providers._kit.reading import as_int, as_text, read_object
from providers.decisiontelecom.requests import ASK_SMS, ASK_VIBER, SEND_SMS, SEND_VIBER, headers_of
from providers.decisiontelecom.settings import DecisionTelecomSettings
from providers.decisiontelecom.simulator import told

_VIBER_TYPES = {106: (), 206: (), 108: ("image", "button_caption", "button_action")} | {
    208: ("image", "button_caption", "button_action")
}
_LONGEST = {"source_addr": 20, "destination_addr": 20, "text": 1000, "button_caption": 30, "sender": 11}
_PART = 160


class _Wrong(Exception):
    """A parameter, by its name; it never leaves this module."""


def serve(call: ApiCall, desk: Desk, settings: DecisionTelecomSettings) -> ApiReply:
    """The provider's answer; what is wrong with a request is said with HTTP 200."""
    if not _is_let_in(call, settings):
        return _error("Unauthorized", "Your request was made with invalid credentials.", code=0, status=401, http=401)
    try:
        return _answer(call, desk)
    except _Wrong as exc:
        text = "Empty parameter or parameter validation error"
        return _error(f"Invalid Parameter: {exc}", text, code=1, status=400)


def refuse(status: int) -> ApiReply:
    """With the body that the provider has for it; one that it has none for comes from what stands before it."""
    if status == 429:
        return _error("Too many requests", "Rate limit exceeded", code=0, status=429)
    if status == 500:
        return _error("Internal server error", "The server encountered an unexpected condition", code=2, status=500)
    return ApiReply(status=status, body=b"<html>unavailable</html>", headers={"content-type": "text/html"})


def _answer(call: ApiCall, desk: Desk) -> ApiReply:
    match call.method, call.path:
        case "POST", path if path == SEND_VIBER:
            return _send_viber(_members(call), desk)
        case "POST", path if path == SEND_SMS:
            return _send_sms(_members(call), desk)
        case "POST", path if path == ASK_VIBER:
            return _tell(str(_members(call).get("message_id")), desk, Channel.VIBER)
        case "GET", path if path == ASK_SMS:
            return _tell(dict(parse_qsl(call.query)).get("message_id", ""), desk, Channel.SMS)
    return _error("Not Found", "Page not found.", code=0, status=404, http=404)


def _send_viber(members: Mapping[str, Any], desk: Desk) -> ApiReply:
    kind = as_int(members.get("message_type"))
    if kind is None or kind not in _VIBER_TYPES:
        raise _Wrong("message_type")
    for name in ("source_addr", "destination_addr", "text", *_VIBER_TYPES[kind]):
        _required(members, name)
    source_type = as_int(members.get("source_type"))
    if source_type not in {1, 2}:
        raise _Wrong("source_type")
    _check_validity(members, 40, 21_600)
    text_sms = as_text(members.get("text_sms"), limit=20_000)
    if text_sms is not None and (source_type != 2 or len(text_sms) > _PART):
        raise _Wrong("text_sms")
    url = as_text(members.get("callback_url"), limit=2000)
    channels = (Channel.VIBER,) if text_sms is None else (Channel.VIBER, Channel.SMS)
    root_id = _take(desk, members, channels, url=url, names=("destination_addr", "source_addr"))
    return _reply({"message_id": int(root_id)})


def _send_sms(members: Mapping[str, Any], desk: Desk) -> ApiReply:
    for name in ("phone", "sender", "text"):
        _required(members, name)
    _check_validity(members, 1, 4320)
    root_id = _take(desk, members, (Channel.SMS,), url=None, names=("phone", "sender"))
    entry = {
        "message_id": int(root_id),
        "phone": int(members["phone"]),
        "part_count": 1,
        "concat_part": 1 + (len(str(members["text"])) - 1) // _PART,
        "status": "ACCEPTD",
    }
    return _reply({"message_data": [entry]})


def _take(
    desk: Desk, members: Mapping[str, Any], channels: tuple[Channel, ...], *, url: str | None, names: tuple[str, str]
) -> str:
    recipient, sender = (str(members[name]) for name in names)
    if not recipient.isdecimal():
        raise _Wrong(names[0])
    root_id = str(desk.draw_id(31))
    order = Order(
        root_id=root_id,
        channels=channels,
        recipient=f"+{recipient}",
        sender=sender,
        urls={} if url is None else dict.fromkeys(("delivery", "seen", "inbound"), url),
        # What our own URL says of the send, for callbacks that do not go out over HTTP.
        extras={} if url is None else {"hint": "/".join(urlsplit(url).path.split("/")[-2:])},
    )
    desk.take(order)
    return root_id


def _tell(message_id: str, desk: Desk, channel: Channel) -> ApiReply:
    order = desk.order(message_id)
    if order is None or order.channels[0] is not channel:
        raise _Wrong("message_id")
    said = told(message_id, desk.steps(order))
    return _reply(said[-1][1] if said else _nothing_yet(order))


def _nothing_yet(order: Order) -> dict[str, Any]:
    return {"message_id": int(order.root_id), "status": "ACCEPTD" if order.channels[0] is Channel.SMS else 5}


def _is_let_in(call: ApiCall, settings: DecisionTelecomSettings) -> bool:
    try:
        return call.headers.get("authorization") == headers_of(settings)["authorization"]
    except ConfigurationInvalid:
        return False


def _members(call: ApiCall) -> dict[str, Any]:
    try:
        return read_object(call.body)
    except PayloadInvalid as exc:
        raise _Wrong("body") from exc


def _required(members: Mapping[str, Any], name: str) -> None:
    text = as_text(members.get(name), limit=20_000)
    if not text or len(text) > _LONGEST.get(name, 20_000):
        raise _Wrong(name)


def _check_validity(members: Mapping[str, Any], least: int, most: int) -> None:
    validity = members.get("validity_period")
    if validity is not None and not (isinstance(validity, int) and least <= validity <= most):
        raise _Wrong("validity_period")


def _reply(members: Mapping[str, Any]) -> ApiReply:
    return ApiReply(status=200, body=json.dumps(members, separators=(",", ":")).encode())


def _error(name: str, message: str, *, code: int, status: int, http: int = 200) -> ApiReply:
    members = {"name": name, "message": message, "code": code, "status": status}
    return ApiReply(status=http, body=json.dumps(members).encode())
