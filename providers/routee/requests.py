"""A send as the one request that asks Routee for it, or the reason why it cannot be asked."""

from base64 import b32encode
from hashlib import blake2b
from typing import NamedTuple

from contracts.errors import RequestInvalid
from contracts.sends import SendRequest, TextContent
from contracts.vocabulary import Channel
from providers._kit.options import read_options
from providers.routee import rules
from providers.routee.cascades import failover_of
from providers.routee.layouts import layout_of
from providers.routee.members import Json, address_of, label_of, refuse_schedule, refuse_session, viber_ttl
from providers.routee.options import OF_CAMPAIGN, OF_SINGLE, OF_SMS, SendOptions, keep_to

CAMPAIGN, SINGLE, SMS, FAILOVER = "/viber/campaign", "/viber", "/sms", "/failover"


class Outgoing(NamedTuple):
    """Where a request goes and what is in it."""

    path: str
    body: Json
    name: str | None = None
    """That of the campaign, which Routee takes only once."""


def request_of(request: SendRequest) -> Outgoing:
    """Raises `RequestInvalid` naming the member that breaks a rule."""
    options = read_options(SendOptions, request.own)
    rules.send_id_of(request.send_id)
    rules.recipient_of(request.recipient)
    rules.text_of(request.sender, "sender", limit=100)
    match request.channel:
        case Channel.SMS:
            return _sms(request, options)
        case Channel.VIBER if options.then_sms is not None:
            return Outgoing(FAILOVER, failover_of(request, options))
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
        "label": label_of(request),
        **viber_ttl(request),
        **({"isSessionMessage": True} if request.is_session else {}),
        **({"scheduledDate": rules.in_utc(request.scheduled_at)} if request.scheduled_at else {}),
    }
    if options.respect_quiet_hours is not None:
        body["respectQuietHours"] = options.respect_quiet_hours
    if address := address_of(request, "viber", is_of_campaign=True):
        body |= {"callbackUrl": address, "inboundUrl": address}
    return Outgoing(CAMPAIGN, body, name)


def _single(request: SendRequest, options: SendOptions) -> Outgoing:
    keep_to(options, OF_SINGLE, "a single Viber message")
    refuse_session(request)
    refuse_schedule(request)
    body = {
        "senderInfoTrackingId": request.sender,
        "to": request.recipient,
        "body": layout_of(request.content, is_session=False),
        "label": label_of(request),
        **viber_ttl(request),
    }
    if address := address_of(request, "viber"):
        body |= {"callbackUrl": address, "inboundUrl": address}
    return Outgoing(SINGLE, body)


def _sms(request: SendRequest, options: SendOptions) -> Outgoing:
    keep_to(options, OF_SMS, "an SMS")
    refuse_session(request)
    refuse_schedule(request)
    if not isinstance(request.content, TextContent) or request.content.button is not None:
        raise RequestInvalid("content: an SMS is a text without a button")
    body: Json = {
        "body": rules.text_of(request.content.text, "content.text", limit=20_000),
        "to": request.recipient,
        "from": request.sender,
        "label": label_of(request),
    }
    if request.validity_s is not None:
        body["ttl"] = rules.whole_minutes(request.validity_s)
    body |= options.model_dump(include={"flash", "transcode"}, exclude_none=True)
    if address := address_of(request, "sms"):
        body["callback"] = {"url": address, "strategy": options.strategy}
    return Outgoing(SMS, body)
