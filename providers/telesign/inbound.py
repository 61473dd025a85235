"""What people write back, on any channel.

Members are those of the provider's published schemas (api-evangelist/telesign on GitHub,
openapi/telesign-messaging-callbacks-api-openapi.yml, read 2026-11-21), beside the simpler ones of older texts.
"""

from typing import Any, TypeVar

from contracts.vocabulary import Channel, InboundKind
from providers._kit.facts import InboundFact
from providers._kit.reading import as_channel, as_content, as_e164, as_id, as_text, read_payload
from providers.telesign.codes import INBOUND
from providers.telesign.payloads import Action, Body, Content, File, Status, UserResponse
from providers.telesign.times import telesign_instant

P = TypeVar("P")

_MO = "mo_"
_KINDS = {str(kind): kind for kind in InboundKind} | {"document": InboundKind.FILE}
_KIND_OF_SUFFIX = {
    **dict.fromkeys(("jpg", "jpeg", "png", "gif", "webp", "heic"), InboundKind.IMAGE),
    **dict.fromkeys(("mp4", "mov", "3gp", "m4v"), InboundKind.VIDEO),
}


def channel_in(service: object) -> Channel | None:
    """The channel that a service's name ends with after an underscore, as in `mo_viber`, `bulk_sms` or `sms`."""
    name = as_text(service, limit=100)
    channel = as_channel(name.rpartition("_")[2]) if name else None
    return None if channel is Channel.OTHER else channel


def is_inbound(body: Body) -> bool:
    """Whether a person wrote to us: by the code, which decides, or by the service's name."""
    code = body.status.get("code") if isinstance(body.status, dict) else None
    service = body.sub_resource
    if isinstance(service, str) and service.strip().lower().startswith(_MO):
        return True
    return code == int(INBOUND) or (isinstance(code, str) and code.strip() == INBOUND)


def inbound_fact(body: Body, hint: str) -> InboundFact:
    """The person's message; raises `PayloadInvalid` for an id that must not be kept."""
    answer, content = _as(UserResponse, body.user_response), _as(Content, body.content)
    action = _as(Action, content.end_user_action)
    inner = _as(Content, content.content)
    author = answer.phone_number or body.phone_number or body.email
    addressee = answer.sender_id or body.rcs_sender_id or body.waba_phone_number or body.sender_id
    written = answer.mo_message or content.text or content.text_1 or inner.body or action.text or body.content
    text = as_content(written)
    kind, media_url = _medium(content, inner)
    return InboundFact(
        kind=kind or (InboundKind.TEXT if text else InboundKind.UNKNOWN),
        message_id=as_id(body.reference_id, "reference_id"),
        channel=_channel(body, hint),
        occurred_at=telesign_instant(_as(Status, body.status).updated_on),
        author=as_e164(author),
        author_id=None if as_e164(author) else as_id(author, "author"),
        addressee=as_e164(addressee) or as_text(addressee, limit=100),
        # An empty text is what the person sent; none at all is null.
        text=text or ("" if "" in (answer.mo_message, content.text) else None),
        media_url=as_text(media_url, limit=2000),
        reply_to=as_id(content.original_reference_id or action.original_reference_id or content.reply_id, "reply_to"),
        extras=_extras(answer, content, action),
    )


def _as(kind: type[P], value: object) -> P:
    return read_payload(kind, value if isinstance(value, dict) else {})


def _channel(body: Body, hint: str) -> Channel | None:
    """The body's word; where it has none, as for Viber, the part of our URL that the user named after the channel.

    Where neither says it, a `user_response` does: only SMS has one.
    """
    named = as_channel(body.channel) or channel_in(body.sub_resource)
    hinted = named or next(filter(None, map(channel_in, hint.split("/"))), None)
    return hinted or (Channel.SMS if isinstance(body.user_response, dict) else None)


def _medium(content: Content, inner: Content) -> tuple[InboundKind | None, Any]:
    """What was sent that is not text, and where to fetch it."""
    file = _as(File, content.file.get("payload") if isinstance(content.file, dict) else None)
    if content.location is not None:
        return InboundKind.LOCATION, None
    if file.uri:
        return _KINDS.get(str(file.mime_type).partition("/")[0], InboundKind.FILE), file.uri
    if content.media:
        suffix = str(content.file_name or content.media).rpartition(".")[2].lower()
        return _KIND_OF_SUFFIX.get(suffix, InboundKind.FILE), content.media
    for kind in (InboundKind.IMAGE, InboundKind.VIDEO, InboundKind.AUDIO):
        if url := getattr(content, f"url_{kind}_1"):
            return kind, url
    return _KINDS.get(str(content.type).lower()), inner.url or content.url


def _extras(answer: UserResponse, content: Content, action: Action) -> dict[str, str]:
    """What is told beside the message: the keyword and what it set off, the data that our own send carried."""
    found = {
        "action": as_text(answer.action or action.action or action.event),
        "keyword": as_text(answer.keyword or action.keyword),
        "tracking": as_text(content.tracking_data or action.postback_data),
        "country": as_text(answer.iso_country_code or action.iso_country_code),
    }
    return {name: text for name, text in found.items() if text}
