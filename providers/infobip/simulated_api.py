"""Plays Infobip's API: sends, logs, and the reports that are handed out once."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qs

import msgspec

from contracts.status import DeliveryStatus
from contracts.vocabulary import Channel
from providers._kit.desk import ApiCall, ApiReply, Desk, Order
from providers._kit.reading import as_e164, as_int
from providers._kit.script import Script, Step
from providers.infobip.apis import APIS, ChannelApi
from providers.infobip.repertoire import DUPLICATE, NO_SUCH_NUMBER, STATUSES, Words
from providers.infobip.settings import InfobipSettings
from providers.infobip.simulated_rules import Violation, violations
from providers.infobip.simulator import Play

_PLACES = MappingProxyType(
    {("POST", api.messages): (api, "messages") for api in APIS.values()}
    | {("GET", api.logs): (api, "logs") for api in APIS.values()}
    | {("GET", api.reports): (api, "reports") for api in APIS.values()}
)
_WORDS = MappingProxyType(
    {
        400: ("E400", "Request cannot be processed.", "Check the syntax, violations and adjust the request."),
        401: (
            "E401",
            "The request lacks valid authentication credentials for the requested resource.",
            "Check the resources and adjust authentication credentials.",
        ),
        404: ("E404", "Requested resource not found.", "Check the address of the request."),
        429: ("E429", "Too many requests sent.", "Check request rate limit specified in the API documentation."),
        500: ("E500", "Something went wrong.", "Contact the support."),
        503: ("E503", "Service unavailable.", "Repeat the request later."),
    }
)
_KEPT = timedelta(hours=48)
_DEFAULT_LIMIT, _MAX_LIMIT = 50, 1000


def serve(call: ApiCall, desk: Desk, settings: InfobipSettings) -> ApiReply:
    """Infobip's answer; see `Api`."""
    if settings.api_key is None or call.headers.get("authorization") != f"App {settings.api_key.get_secret_value()}":
        return refuse(401)
    api, place = _PLACES.get((call.method, call.path), (None, ""))
    if api is None:
        return refuse(404)
    if place == "messages":
        return _sent(call, desk, api)
    query = {name: values[-1] for name, values in parse_qs(call.query).items()}
    limit = as_int(query.get("limit", _DEFAULT_LIMIT))
    if limit is None or not 1 <= limit <= _MAX_LIMIT:
        return _refused(400, [("limit", f"must be between 1 and {_MAX_LIMIT}")])
    entries = _logs(desk, api, query) if place == "logs" else _reports(desk, api, query, limit)
    return _json(200, {"results": entries[:limit]})


def refuse(status: int) -> ApiReply:
    """How Infobip words that it does not take a request."""
    reply = _refused(status, [])
    return msgspec.structs.replace(reply, headers={**reply.headers, "retry-after": "2"}) if status == 429 else reply


def _refused(status: int, found: list[Violation]) -> ApiReply:
    code, description, action = _WORDS.get(status, _WORDS[500])
    named = [{"property": name, "violation": wrong} for name, wrong in found]
    members = {"errorCode": code, "description": description, "action": action}
    return _json(status, members | {"violations": named, "resources": []})


def _sent(call: ApiCall, desk: Desk, api: ChannelApi) -> ApiReply:
    try:
        body = msgspec.json.decode(call.body)
    except msgspec.DecodeError:
        return _refused(400, [("body", "must be JSON")])
    if found := violations(body, api.channel, desk.now()):
        return _refused(400, found)
    schedule = (body.get("options") or {}).get("schedule") or {}
    bulk_id = schedule.get("bulkId") or str(desk.draw_id(62))
    answered = [
        _taken(message, destination, desk, api)
        for message in body["messages"]
        for destination in message["destinations"]
    ]
    return _json(200, {"bulkId": bulk_id, "messages": answered})


def _taken(message: Mapping[str, Any], destination: Mapping[str, Any], desk: Desk, api: ChannelApi) -> dict[str, Any]:
    """One message of the answer; it is taken unless its id was used before or nobody has such a number."""
    root_id = destination.get("messageId") or f"{desk.draw_id():032x}"
    recipient = str(destination["to"])
    status: Words = STATUSES[DeliveryStatus.ACCEPTED]
    if desk.order(root_id) is not None:
        status = DUPLICATE
    elif api.channel is not Channel.VIBER_BOT and as_e164(recipient) is None:
        status = NO_SUCH_NUMBER
    else:
        desk.take(_order(message, root_id, recipient, sent_at=desk.now(), api=api))
    details = {"details": {"messageCount": 1}} if api.channel is Channel.SMS else {}
    return {"messageId": root_id, "status": dict(status), "destination": recipient} | details


def _order(message: Mapping[str, Any], root_id: str, recipient: str, *, sent_at: datetime, api: ChannelApi) -> Order:
    options, webhooks = message.get("options") or {}, message.get("webhooks") or {}
    named = {kind: (webhooks.get(kind) or {}).get("url") for kind in ("delivery", "seen")}
    return Order(
        root_id=root_id,
        channels=(api.channel, Channel.SMS) if options.get("smsFailover") else (api.channel,),
        recipient=as_e164(recipient) or recipient,
        sender=str(message.get("sender") or "ServiceSMS"),
        external_id=webhooks.get("callbackData"),
        urls={kind: url for kind, url in named.items() if url},
        extras={
            "sent_at": sent_at,
            "campaign": options.get("campaignReferenceId"),
            "tracking": options.get("trackingData"),
            "callback_data": webhooks.get("callbackData"),
        },
    )


def _logs(desk: Desk, api: ChannelApi, query: Mapping[str, str]) -> list[dict[str, Any]]:
    """The newest state of every message on this channel in the last 48 hours, newest first."""
    wanted = frozenset(query["messageId"].split(",")) if "messageId" in query else None
    entries = []
    for order in reversed(desk.orders()):
        is_wanted = wanted is None or order.root_id in wanted
        if is_wanted and api.channel in order.channels and desk.now() - _sent_at(order) <= _KEPT:
            entries += _last(order, [step for step in desk.steps(order) if step.channel is api.channel], is_log=True)
    return entries


def _reports(desk: Desk, api: ChannelApi, query: Mapping[str, str], limit: int) -> list[dict[str, Any]]:
    """What has not been handed out yet, and never will be again."""
    entries: list[dict[str, Any]] = []
    for order in desk.orders():
        is_wanted = query.get("messageId", order.root_id) == order.root_id
        if is_wanted and order.channels[0] is api.channel and len(entries) < limit:
            entries += _last(order, desk.hand_out(order), is_log=False)
    return entries


def _last(order: Order, steps: Sequence[Step], *, is_log: bool) -> list[dict[str, Any]]:
    """The newest of `steps` that is a status here; that a message was seen is none."""
    told = [step for step in steps if step.status is not DeliveryStatus.SEEN]
    if not told:
        return []
    script = Script(
        number=0,
        seed=0,
        recipient=order.recipient,
        sender=order.sender,
        sent_at=_sent_at(order),
        steps=tuple(told),
        root_id=order.root_id,
        external_id=order.external_id,
        extras=order.extras,
    )
    entry = Play(script).entry(told[-1])
    if is_log:
        entry = {("destination" if name == "to" else name): value for name, value in entry.items()}
        entry.pop("callbackData", None)
    return [entry]


def _sent_at(order: Order) -> datetime:
    moment: datetime = order.extras["sent_at"]
    return moment


def _json(status: int, value: object) -> ApiReply:
    return ApiReply(status=status, body=msgspec.json.encode(value))
