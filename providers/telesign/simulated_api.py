"""Plays Telesign's send and status interfaces for the simulator: its credentials, limits, words and ids.

Paths, codes and shapes are those of the provider's published OpenAPI (api-evangelist/telesign on GitHub,
openapi/_original/telesign-engage-api-openapi.json, read 2026-11-21). That an unknown transaction of Messaging is
answered with 3311 is inferred.
"""

import base64
import binascii
import json
from datetime import timedelta
from typing import NamedTuple

from contracts.vocabulary import Channel
from providers._kit.desk import ApiCall, ApiReply, Desk, Order
from providers._kit.script import Script
from providers.telesign.bodies import API, Json, fate_of, told
from providers.telesign.requests import MESSAGING, OMNICHANNEL
from providers.telesign.settings import TelesignSettings
from providers.telesign.simulated_rules import Refused, Taken, read_omnichannel, read_sms

KEPT = timedelta(hours=12)


class _Words(NamedTuple):
    """How one interface says the same things."""

    in_progress: tuple[int, str]
    no_credentials: tuple[int, str]
    malformed_credentials: tuple[int, str]
    wrong_key: tuple[int, str]
    unknown_id: tuple[int, int, str]
    expired_id: tuple[int, int, str]


WORDS = {
    OMNICHANNEL: _Words(
        in_progress=(3001, "Message in progress"),
        no_credentials=(3405, "Missing required `Authorization` header"),
        malformed_credentials=(3412, "Required 'Authorization' header is not in the correct format"),
        wrong_key=(3411, "Invalid API Key."),
        unknown_id=(400, 3311, "Invalid value for parameter reference_id"),
        expired_id=(404, -10004, "ReferenceID expired."),
    ),
    MESSAGING: _Words(
        in_progress=(290, "Message in progress"),
        no_credentials=(10009, "Missing required 'Authorization' header"),
        malformed_credentials=(10028, "Required 'Authorization' header is not in the correct format"),
        wrong_key=(10022, "Invalid API Key."),
        unknown_id=(404, 10017, "Customer ID / Reference ID not found"),
        expired_id=(404, 10036, "Reference ID expired"),
    ),
}
REFUSALS = {429: (3204, "Rate limit exceeded"), 500: (10000, "System Unavailable, Please try again later.")}
UNAVAILABLE = (3500, "System Unavailable")


def serve(call: ApiCall, desk: Desk, settings: TelesignSettings) -> ApiReply:
    """The provider's answer to one call."""
    api = next((api for api in WORDS if call.path == api or call.path.startswith(f"{api}/")), None)
    if api is None:
        return ApiReply(status=404, body=b"")
    if wrong := _wrong_credentials(call.headers.get("authorization"), WORDS[api], settings):
        return _refused(401, *wrong)
    asked_for = call.path[len(api) + 1 :]
    if asked_for and call.method == "GET":
        return _status(api, asked_for, desk)
    if not asked_for and call.method == "POST":
        return _taken(api, call, desk)
    return _refused(405, -40005, "Method not allowed")


def refuse(status: int) -> ApiReply:
    """Too many requests, or the system is unavailable."""
    return _refused(status, *REFUSALS.get(status, UNAVAILABLE))


def _taken(api: str, call: ApiCall, desk: Desk) -> ApiReply:
    try:
        taken = read_omnichannel(call) if api == OMNICHANNEL else read_sms(call)
    except Refused as exc:
        return _refused(400, exc.code, str(exc))
    root_id = f"{desk.draw_id():032X}"
    desk.take(_order(root_id, taken, api))
    code, description = WORDS[api].in_progress
    said: Json = {"code": code, "description": description}
    if api == MESSAGING:
        said["updated_on"] = f"{desk.now():%Y-%m-%dT%H:%M:%S.%f}Z"
    return _reply(200, {"reference_id": root_id, "external_id": taken.external_id, "status": said})


def _order(root_id: str, taken: Taken, api: str) -> Order:
    return Order(
        root_id=root_id,
        channels=taken.channels,
        recipient=f"+{taken.digits}",
        sender=taken.sender_id or "",
        external_id=taken.external_id,
        # The send's own address is for reports; what people answer goes where the account says.
        urls=dict.fromkeys(("delivery", "seen"), taken.callback_url) if taken.callback_url else {},
        extras={API: api, "reply_id": taken.reply_id},
    )


def _status(api: str, root_id: str, desk: Desk) -> ApiReply:
    words, order = WORDS[api], desk.order(root_id)
    if order is None or order.extras.get(API) != api:
        return _refused(*words.unknown_id)
    steps = desk.steps(order)
    if not steps:
        code, description = words.in_progress
        return _reply(200, {"reference_id": root_id, "status": {"code": code, "description": description}})
    if desk.now() - steps[0].at > KEPT:
        return _refused(*words.expired_id)
    until_now = Script(
        number=0,
        seed=0,
        recipient=order.recipient,
        sender=order.sender,
        sent_at=steps[0].at,
        steps=tuple(steps),
        root_id=root_id,
        external_id=order.external_id,
        extras=order.extras,
    )
    body = told(until_now, fate_of(until_now), goes_on=_goes_on(order, steps[-1].channel))[-1]
    # The status question's schema has neither of these.
    body = {name: value for name, value in body.items() if name not in {"submit_timestamp", "sub_resource"}}
    return _reply(200, {"additional_info": {}, **body})


def _goes_on(order: Order, channel: Channel) -> bool:
    return channel in order.channels[:-1]


def _wrong_credentials(given: str | None, words: _Words, settings: TelesignSettings) -> tuple[int, str] | None:
    if given is None:
        return words.no_credentials
    scheme, _, pair = given.partition(" ")
    try:
        told_pair = base64.b64decode(pair, validate=True) if scheme.lower() == "basic" else b""
    except binascii.Error:
        told_pair = b""
    if b":" not in told_pair:
        return words.malformed_credentials
    known = {f"{settings.customer_id}:{key.get_secret_value()}".encode() for key in settings.api_keys}
    return None if told_pair in known else words.wrong_key


def _refused(http_status: int, code: int, description: str) -> ApiReply:
    return _reply(http_status, {"status": {"code": code, "description": description}, "external_id": None})


def _reply(http_status: int, body: Json) -> ApiReply:
    return ApiReply(status=http_status, body=json.dumps(body, separators=(",", ":")).encode())
