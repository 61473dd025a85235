"""A send as the one request that asks Routee for it, or the reason why it cannot be asked."""

from base64 import b32encode
from hashlib import blake2b
from typing import Any, NamedTuple

from contracts.errors import RequestInvalid
from contracts.sends import SendRequest, TextContent
from contracts.vocabulary import Channel
from providers.routee import rules
from providers.routee.hints import hint_for
from providers.routee.layouts import layout_of
from providers.routee.options import OF_CAMPAIGN, OF_FAILOVER, OF_SINGLE, OF_SMS, SendOptions, keep_to, read_options

Json = dict[str, Any]

CAMPAIGN, SINGLE, SMS, FAILOVER = "/viber/campaign", "/viber", "/sms", "/failover"
_ON_BAD_ENDS = ["EXPIRED", "FAILED", "UNDELIVERED", "UNSENT"]


class Outgoing(NamedTuple):
    """Where a request goes and what is in it."""

    path: str
    body: Json
    name: str | None = None
    """That of the campaign, which Routee takes only once."""


def request_of(request: SendRequest) -> Outgoing:
    """Raises `RequestInvalid` naming the member that breaks a rule."""
    options = read_options(request.own)
    rules.send_id_of(request.send_id)
    rules.recipient_of(request.recipient)
    rules.text_of(request.sender, "sender", limit=100)
    match request.channel:
        case Channel.SMS:
            return _sms(request, options)
        case Channel.VIBER if options.then_sms is not None:
            return _failover(request, options)
        case Channel.VIBER if options.via == "campaign":
            return _campaign(request, options)
        case Channel.VIBER:
            return _single(request, options)
    raise RequestInvalid(f"channel: Routee sends viber and sms, not {request.channel}")


def is_campaign(request: SendRequest) -> bool:
    """Whether the send has a name that Routee takes only once."""
    own = request.own
    return request.channel is Channel.VIBER and own.get("via", "campaign") == "campaign" and not own.get("then_sms")


def campaign_name(send_id: str) -> str:
    """Within the 30 characters and the letters that names may have, and the same in any case.

    A digest of 128 bits, because send ids may be longer.
    """
    digest = blake2b(send_id.encode(), digest_size=16).digest()
    return "t-" + b32encode(digest).decode().rstrip("=").lower()


def _campaign(request: SendRequest, options: SendOptions) -> Outgoing:
    keep_to(options, OF_CAMPAIGN, "a Viber campaign")
    name = campaign_name(request.send_id)
    body = {
        "campaignName": name,
        "senderInfoTrackingId": request.sender,
        "to": [request.recipient],
        "body": layout_of(request.content, is_session=request.is_session),
        "label": _label(request),
        **_viber_ttl(request),
        **({"isSessionMessage": True} if request.is_session else {}),
        **({"scheduledDate": rules.in_utc(request.scheduled_at)} if request.scheduled_at else {}),
    }
    if options.respect_quiet_hours is not None:
        body["respectQuietHours"] = options.respect_quiet_hours
    if address := _address(request, "viber", is_of_campaign=True):
        body |= {"callbackUrl": address, "inboundUrl": address}
    return Outgoing(CAMPAIGN, body, name)


def _single(request: SendRequest, options: SendOptions) -> Outgoing:
    keep_to(options, OF_SINGLE, "a single Viber message")
    _refuse_session(request)
    _refuse_schedule(request)
    body = {
        "senderInfoTrackingId": request.sender,
        "to": request.recipient,
        "body": layout_of(request.content, is_session=False),
        "label": _label(request),
        **_viber_ttl(request),
    }
    if address := _address(request, "viber"):
        body |= {"callbackUrl": address, "inboundUrl": address}
    return Outgoing(SINGLE, body)


def _sms(request: SendRequest, options: SendOptions) -> Outgoing:
    keep_to(options, OF_SMS, "an SMS")
    _refuse_session(request)
    _refuse_schedule(request)
    if not isinstance(request.content, TextContent) or request.content.button is not None:
        raise RequestInvalid("content: an SMS is a text without a button")
    body: Json = {
        "body": rules.text_of(request.content.text, "content.text", limit=20_000),
        "to": request.recipient,
        "from": request.sender,
        "label": _label(request),
    }
    if request.validity_s is not None:
        body["ttl"] = rules.whole_minutes(request.validity_s)
    body |= options.model_dump(include={"flash", "transcode"}, exclude_none=True)
    if address := _address(request, "sms"):
        body["callback"] = {"url": address, "strategy": options.strategy}
    return Outgoing(SMS, body)


def _failover(request: SendRequest, options: SendOptions) -> Outgoing:
    keep_to(options, OF_FAILOVER, "a failover")
    _refuse_session(request)
    _refuse_schedule(request)
    if request.validity_s is not None:
        raise RequestInvalid("validity_s: in a failover each step has its own time; set own.then_sms")
    address = _address(request, "failover")
    body: Json = {"flow": [_viber_step(request, options, address), _sms_step(request, options)]}
    if address:
        body["callback"] = {"strategy": "OnCompletion", "url": address}
    return Outgoing(FAILOVER, body)


def _viber_step(request: SendRequest, options: SendOptions, address: str | None) -> Json:
    message = layout_of(request.content, is_session=False)
    if "imageURL" in message:  # one interface spells it otherwise than the other
        message["imageUrl"] = message.pop("imageURL")
    step = {
        "type": "Viber",
        "order": 1,
        "senderInfoTrackingId": request.sender,
        "to": request.recipient,
        "message": message,
        "label": _label(request),
        "failoverOnStatuses": _ON_BAD_ENDS,
    }
    if options.then_sms is not None:
        step["ttl"] = rules.tenths_of_minutes(rules.ttl_s(options.then_sms.viber_for_s, rules.STEP_TTL_S))
    return step | ({"inboundUrl": address} if address else {})


def _sms_step(request: SendRequest, options: SendOptions) -> Json:
    sms = options.then_sms
    if sms is None:
        raise RequestInvalid("own.then_sms: is missing")
    step = {
        "type": "Sms",
        "order": 2,
        "from": sms.sender,
        "to": request.recipient,
        "message": {"body": sms.text, "label": _label(request)},
    }
    return step | ({} if sms.ttl_minutes is None else {"ttl": sms.ttl_minutes})


def _viber_ttl(request: SendRequest) -> Json:
    return {} if request.validity_s is None else {"ttl": rules.ttl_s(request.validity_s, rules.VIBER_TTL_S)}


def _label(request: SendRequest) -> str:
    """What comes back in reports and replies: the label, else the reply id, else the send's own name."""
    if request.label is not None and request.reply_id not in {None, request.label}:
        raise RequestInvalid("reply_id: a message of Routee carries one text, and the label is another; give one")
    return rules.text_of(request.label or request.reply_id or request.send_id, "label", limit=rules.LONGEST_LABEL)


def _address(request: SendRequest, kind: str, *, is_of_campaign: bool = False) -> str | None:
    if request.callback_base_url is None:
        return None
    hint = hint_for(kind, request.send_id, is_of_campaign=is_of_campaign)
    return f"{request.callback_base_url.rstrip('/')}/{hint}"


def _refuse_session(request: SendRequest) -> None:
    if request.is_session:
        raise RequestInvalid("is_session: only a Viber campaign can be part of a session")


def _refuse_schedule(request: SendRequest) -> None:
    if request.scheduled_at is not None:
        raise RequestInvalid("scheduled_at: only a Viber campaign can wait for its time")
