"""What the simulated API checks in a send, and how Routee words each refusal. The sender's own checks are not used."""

import re
from typing import Any, NamedTuple

from contracts.vocabulary import Channel
from providers._kit.reading import as_e164

Json = dict[str, Any]

_NAME = re.compile(r"[A-Za-z0-9 -]{2,30}")
_LAYOUTS = (
    frozenset({"text"}),
    frozenset({"text", "action"}),
    frozenset({"imageURL"}),
    frozenset({"text", "imageURL", "action"}),
    frozenset({"viberFile"}),
    frozenset({"viberVideo"}),
    frozenset({"text", "viberVideo"}),
    frozenset({"text", "viberVideo", "action"}),
)
_IN_SESSIONS = (frozenset({"text"}), frozenset({"imageURL"}), frozenset({"viberFile"}))


class Refused(Exception):
    """A send that is not taken."""

    def __init__(self, http_status: int, code: str, text: str, inner: str | None = None) -> None:
        super().__init__(text)
        self.http_status, self.code, self.inner = http_status, code, inner


class Taken(NamedTuple):
    """What is left of a send behind the checks."""

    channels: tuple[Channel, ...]
    recipient: str
    sender: str
    via: str
    name: str = ""
    label: str | None = None
    callback_url: str | None = None
    inbound_url: str | None = None


def read_campaign(body: Json) -> Taken:
    """A campaign of one recipient; the simulator sends none to many."""
    name = body.get("campaignName")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise Refused(400, "400000000", "campaignName: 2 to 30 letters, digits, blanks and hyphens")
    to = body.get("to")
    if not isinstance(to, list) or len(to) != 1:
        raise Refused(400, "400000000", "to: one recipient, in this simulation")
    _check_layout(body.get("body"), is_session=body.get("isSessionMessage") is True)
    taken = _read_viber(body, to[0], "campaign")
    return taken._replace(name=name)


def read_single(body: Json) -> Taken:
    _check_layout(body.get("body"), is_session=False)
    return _read_viber(body, body.get("to"), "single")


def read_sms(body: Json) -> Taken:
    if not body.get("body") or not body.get("from"):
        raise Refused(400, "400000000", "body and from must not be empty")
    if "ttl" in body and (not isinstance(body["ttl"], int) or body["ttl"] < 1):
        raise Refused(400, "400000000", "ttl: minutes")
    callback = body.get("callback") or {}
    return Taken(
        channels=(Channel.SMS,),
        recipient=_number(body.get("to")),
        sender=str(body["from"]),
        via="sms",
        label=body.get("label"),
        callback_url=callback.get("url"),
    )


def read_failover(body: Json) -> Taken:
    flow = body.get("flow")
    kinds = {"Viber": Channel.VIBER, "Sms": Channel.SMS}
    if not isinstance(flow, list) or not flow or any(step.get("type") not in kinds for step in flow):
        raise Refused(400, "400000000", "flow: steps of the types Viber and Sms")
    steps = sorted(flow, key=lambda step: step["order"])
    first = steps[0]
    return Taken(
        channels=tuple(kinds[step["type"]] for step in steps),
        recipient=_number(first.get("to")),
        sender=str(first.get("senderInfoTrackingId") or first.get("from")),
        via="failover",
        label=first.get("label"),
        callback_url=(body.get("callback") or {}).get("url"),
        inbound_url=first.get("inboundUrl"),
    )


def _read_viber(body: Json, to: object, via: str) -> Taken:
    ttl, label = body.get("ttl"), body.get("label")
    if ttl is not None and not (isinstance(ttl, int) and 30 <= ttl <= 86_400):
        raise Refused(400, "400000000", "ttl: 30 to 86400 seconds")
    if label is not None and len(label) > 350:
        raise Refused(400, "400000000", "label: at most 350 characters")
    if not body.get("senderInfoTrackingId"):
        raise Refused(404, "404020001", "Sender id not found")
    return Taken(
        channels=(Channel.VIBER,),
        recipient=_number(to),
        sender=str(body["senderInfoTrackingId"]),
        via=via,
        label=label,
        callback_url=body.get("callbackUrl"),
        inbound_url=body.get("inboundUrl"),
    )


def _number(value: object) -> str:
    number = as_e164(value)
    if number is None:
        raise Refused(400, "400019002", "Invalid number in the list", "001")
    return number


def _check_layout(body: object, *, is_session: bool) -> None:
    members = frozenset(body) if isinstance(body, dict) else frozenset()
    if not isinstance(body, dict) or members not in _LAYOUTS:
        raise Refused(400, "400019002", "Wrong combination of message types", "007")
    if is_session and members not in _IN_SESSIONS:
        raise Refused(400, "400019002", "Wrong type of a session message", "020")
    if len(body.get("text", "")) > 1000 or len(body.get("action", {}).get("caption", "")) > 30:
        raise Refused(400, "400000000", "text: at most 1000 characters; caption: 30")
    video = body.get("viberVideo", {})
    urls = (body.get("imageURL"), video.get("videoUrl"), video.get("videoThumbnail"))
    if any(url is not None and (not url.startswith("https://") or len(url) > 1000) for url in urls):
        raise Refused(400, "400000000", "an address: https, at most 1000 characters")
    if video and not (0 < video.get("duration", 0) <= 600 and 0 < video.get("fileSize", 0) <= 200):
        raise Refused(400, "400000000", "viberVideo: at most 600 seconds and 200 MB")
    if body.get("viberFile") and not body["viberFile"].get("fileType"):
        raise Refused(400, "400019002", "Wrong type of file", "019")
