"""Plays Routee's token, send and tracking interfaces: credentials, limits, ids, unique names, and its words.

Paths and answers are those of docs.routee.net/reference. That the parts of an SMS come as a list, and what a message
without news is answered with, is inferred.
"""

from collections.abc import Callable
from uuid import UUID

import msgspec

from contracts.errors import PayloadInvalid
from providers._kit.desk import ApiCall, ApiReply, Desk, Order
from providers._kit.reading import read_object
from providers._kit.script import Script
from providers.routee.bodies import iso
from providers.routee.requests import CAMPAIGN, FAILOVER, SINGLE, SMS
from providers.routee.settings import RouteeSettings
from providers.routee.simulated_access import is_let_in, token_for
from providers.routee.simulated_rules import (
    Json,
    Refused,
    Taken,
    read_campaign,
    read_failover,
    read_single,
    read_sms,
)
from providers.routee.simulator import simulate

TOKEN = "/oauth/token"  # noqa: S105  # a path
_READERS: dict[str, Callable[[Json], Taken]] = {
    CAMPAIGN: read_campaign,
    SINGLE: read_single,
    SMS: read_sms,
    FAILOVER: read_failover,
}
_TRACKING = {
    "/viber/tracking/campaign/": "campaign",
    "/viber/tracking/": "single",
    "/sms/tracking/single/": "sms",
    "/failover/tracking/": "failover",
}


def serve(call: ApiCall, desk: Desk, settings: RouteeSettings) -> ApiReply:
    """The provider's answer to one call."""
    if call.path == TOKEN:
        return _reply(*token_for(call, desk.now(), settings))
    if not is_let_in(call.headers.get("authorization", ""), desk.now(), settings):
        return _reply(401, {"error": "invalid_token", "error_description": "Invalid access token"})
    try:
        return _answered(call, desk)
    except PayloadInvalid as exc:
        return _refused(Refused(400, "400000000", str(exc)))
    except Refused as exc:
        return _refused(exc)


def _answered(call: ApiCall, desk: Desk) -> ApiReply:
    if call.method == "POST" and call.path in _READERS:
        return _taken(_READERS[call.path](read_object(call.body)), desk)
    place = next((place for place in _TRACKING if call.path.startswith(place)), None)
    if call.method == "GET" and place:
        return _tracked(desk, call.path.removeprefix(place), _TRACKING[place])
    raise Refused(404, "404000000", "No such resource")


def refuse(status: int) -> ApiReply:
    """Too many requests, or not just now."""
    return _reply(status, {"code": f"{status}000000", "developerMessage": "Try again later", "properties": None})


def _taken(taken: Taken, desk: Desk) -> ApiReply:
    if taken.name and desk.named(taken.name):
        raise Refused(409, "409009003", "Campaign name already exists")
    root_id = str(UUID(int=desk.draw_id(), version=4))
    urls = {"delivery": taken.callback_url, "seen": taken.callback_url, "inbound": taken.inbound_url}
    desk.take(
        Order(
            root_id=root_id,
            channels=taken.channels,
            recipient=taken.recipient,
            sender=taken.sender,
            name=taken.name,
            external_id=taken.label,
            urls={kind: url for kind, url in urls.items() if url},
            extras={"via": taken.via, "label": taken.label, "campaignName": taken.name or None},
        )
    )
    return _reply(200, {"trackingId": root_id, "createdAt": iso(desk.now()), **_state(taken)})


def _state(taken: Taken) -> Json:
    match taken.via:
        case "campaign":
            return {"type": "Viber", "state": "Queued", "campaignName": taken.name}
        case "single":
            return {"to": taken.recipient, "direction": "Outbound"}
        case "sms":
            return {"to": taken.recipient, "status": "Queued", "bodyAnalysis": {"parts": 1, "unicode": False}}
    return {"flow": []}


def _tracked(desk: Desk, root_id: str, via: str) -> ApiReply:
    order = desk.order(root_id)
    if order is None or order.extras.get("via") != via:
        return _refused(Refused(404, "404005000", "Tracking not found"))
    bodies = _bodies(order, desk)
    match via:
        case "campaign":
            return _reply(200, {"content": bodies[-1:], "totalElements": len(bodies[-1:]), "last": True})
        case "sms":
            return _reply(200, list({body["smsId"]: body for body in bodies}.values()))
    if not bodies:
        return _refused(Refused(404, "404005000", "Tracking not found"))
    return _reply(200, bodies[-1])


def _bodies(order: Order, desk: Desk) -> list[Json]:
    """What the callbacks have told until now, in the other words that tracking has for it."""
    until_now = Script(
        number=0,
        seed=0,
        recipient=order.recipient,
        sender=order.sender,
        sent_at=desk.now(),
        steps=tuple(desk.steps(order)),
        root_id=order.root_id,
        external_id=order.external_id,
        extras=order.extras,
    )
    settings = RouteeSettings.model_validate({"tokens": ["not-used-not-used"]})
    return [_as_tracked(read_object(callback.body)) for callback in simulate(until_now, settings)]


def _as_tracked(body: Json) -> Json:
    status = body["status"]
    if not isinstance(status, dict):  # a cascade is tracked in the words of its callback
        return body
    return {name: value for name, value in body.items() if name not in {"createdAt", "body"}} | {
        "status": {"status": status["name"], "reason": status["reason"], "date": status["updatedDate"]}
    }


def _refused(refused: Refused) -> ApiReply:
    properties = {"errorCode": refused.inner} if refused.inner else None
    body = {"code": refused.code, "developerMessage": str(refused), "properties": properties}
    return _reply(refused.http_status, body)


def _reply(status: int, body: object) -> ApiReply:
    return ApiReply(status=status, body=msgspec.json.encode(body))
