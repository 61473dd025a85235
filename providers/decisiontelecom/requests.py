"""A send as DecisionTelecom wants it; what breaks one of its rules is found before anything leaves.

Members and limits: https://en-api.decisiontele.com/viber-api, https://en-api.decisiontele.com/viber-+-sms-api,
https://en-api.decisiontele.com/sms-api (read 2026-11-21).
"""

import re
from base64 import b64encode
from collections.abc import Mapping
from typing import Any, NamedTuple

from contracts.errors import ConfigurationInvalid, RequestInvalid
from contracts.sends import ImageContent, SendRequest, TextContent
from contracts.vocabulary import Channel
from providers._kit.options import read_options
from providers.decisiontelecom import hints
from providers.decisiontelecom.options import SendOptions
from providers.decisiontelecom.settings import DecisionTelecomSettings

SEND_VIBER, ASK_VIBER = "/v1/api/send-viber", "/v1/api/receive-viber"
SEND_SMS, ASK_SMS = "/v1/api/send-sms", "/v1/api/status"

TEXT, TEXT_IMAGE_BUTTON = 106, 108
TWO_WAY = 100
"""Added to a type of message, it is the same with replies: 206 and 208."""
SOURCE_TYPES = {"promotional": 1, "transactional": 2}

LONGEST_VIBER_SENDER, LONGEST_SMS_SENDER = 20, 11
LONGEST_TEXT, LONGEST_CAPTION = 1000, 30
LONGEST_LATIN_SMS, LONGEST_UCS2_SMS = 160, 70
VIBER_VALIDITY_S = (40, 21_600)
SMS_VALIDITY_S = (60, 4320 * 60)

_RECIPIENT = re.compile(r"\+([1-9][0-9]{6,14})")
_SEND_ID = re.compile(r"[A-Za-z0-9-]{1,100}")
_URL = re.compile(r"https?://[!-~]{1,2000}")


class Outgoing(NamedTuple):
    """Where a send goes, and what it says."""

    path: str
    members: Mapping[str, Any]


def headers_of(settings: DecisionTelecomSettings) -> dict[str, str]:
    """The headers of every call; raises `ConfigurationInvalid` when there is no access key.

    The provider's Basic scheme has no user and no password: it is the access key in base64. Some account managers hand
    it out in base64 already.
    """
    if settings.access_key is None:
        raise ConfigurationInvalid("access_key is missing: DecisionTelecom needs it for sends and look-ups")
    key = settings.access_key.get_secret_value()
    encoded = key if settings.access_key_is_encoded else b64encode(key.encode()).decode()
    return {"authorization": f"Basic {encoded}", "content-type": "application/json", "accept": "application/json"}


def request_of(request: SendRequest, settings: DecisionTelecomSettings) -> Outgoing:
    """The call that makes the send; raises `RequestInvalid` naming the member and the rule it breaks."""
    options = read_options(SendOptions, request.own)
    if request.scheduled_at is not None:
        raise RequestInvalid("scheduled_at: DecisionTelecom sends at once")
    if not _SEND_ID.fullmatch(request.send_id):
        raise RequestInvalid("send_id: it stands in the callback URL, 1 to 100 letters, digits and hyphens")
    if request.channel is Channel.VIBER:
        return Outgoing(SEND_VIBER, _viber(request, options, settings))
    if request.channel is Channel.SMS:
        return Outgoing(SEND_SMS, _sms(request, options))
    raise RequestInvalid("channel: over DecisionTelecom we send Viber and SMS")


def _viber(request: SendRequest, options: SendOptions, settings: DecisionTelecomSettings) -> dict[str, Any]:
    source_type = options.source_type or settings.source_type
    wants_replies = options.wants_replies or request.is_session or request.reply_id is not None
    kind, content = _content(request)
    members = {
        "source_addr": _text(request.sender, "sender", LONGEST_VIBER_SENDER),
        "destination_addr": _recipient(request),
        "message_type": kind + TWO_WAY * wants_replies,
        **content,
        "source_type": SOURCE_TYPES[source_type],
    }
    if options.text_sms is not None:
        members["text_sms"] = _sms_behind(options.text_sms, source_type)
    if request.callback_base_url is not None:
        name = hints.VIBER if options.text_sms is None else hints.VIBER_THEN_SMS
        base_url = _url(request.callback_base_url, "callback_base_url")
        members["callback_url"] = hints.callback_url(base_url, name, request.send_id)
    if request.validity_s is not None:
        members["validity_period"] = _validity(request.validity_s, VIBER_VALIDITY_S)
    return members


def _content(request: SendRequest) -> tuple[int, dict[str, str]]:
    match request.content:
        case TextContent(text=text, button=None):
            return TEXT, {"text": _text(text, "content.text", LONGEST_TEXT)}
        case ImageContent(url=url, text=str(text), button=button) if button is not None:
            return TEXT_IMAGE_BUTTON, {
                "text": _text(text, "content.text", LONGEST_TEXT),
                "image": _url(url, "content.url"),
                "button_caption": _text(button.caption, "content.button.caption", LONGEST_CAPTION),
                "button_action": _url(button.url, "content.button.url"),
            }
    raise RequestInvalid("content: a Viber message is text alone, or an image with both text and a button")


def _sms_behind(text: str, source_type: str) -> str:
    if source_type != "transactional":
        raise RequestInvalid("own.text_sms: the provider sends an SMS behind transactional messages only")
    # What the provider calls Latin is not told; ASCII is Latin by any reading.
    length, limit = (
        (len(text), LONGEST_LATIN_SMS) if text.isascii() else (len(text.encode("utf-16-le")) // 2, LONGEST_UCS2_SMS)
    )
    if length > limit or not text.strip():
        raise RequestInvalid(f"own.text_sms: 1 to {LONGEST_LATIN_SMS} Latin or {LONGEST_UCS2_SMS} other characters")
    return text


def _sms(request: SendRequest, options: SendOptions) -> dict[str, Any]:
    if request.is_session:
        raise RequestInvalid("is_session: SMS has no sessions")
    if options != SendOptions():
        raise RequestInvalid("own: wants_replies, text_sms and source_type are of Viber")
    if not isinstance(request.content, TextContent) or request.content.button is not None:
        raise RequestInvalid("content: an SMS is text without a button")
    members: dict[str, Any] = {
        "phone": _recipient(request),
        "sender": _text(request.sender, "sender", LONGEST_SMS_SENDER),
        "text": _text(request.content.text, "content.text", None),
    }
    if request.validity_s is not None:
        # Whole minutes; rounded down, so that nothing arrives after its time.
        members["validity_period"] = _validity(request.validity_s, SMS_VALIDITY_S) // 60
    return members


def _recipient(request: SendRequest) -> str:
    """Without the plus, and as text: a number would lose leading zeros, and is read as a fraction by some."""
    found = _RECIPIENT.fullmatch(request.recipient)
    if found is None:
        raise RequestInvalid("recipient: a telephone number with its plus and country code")
    return found[1]


def _text(value: str, member: str, limit: int | None) -> str:
    if not value.strip() or (limit is not None and len(value) > limit):
        raise RequestInvalid(f"{member}: {f'1 to {limit} characters' if limit else 'it must not be empty'}")
    return value


def _url(value: str, member: str) -> str:
    if not _URL.fullmatch(value):
        raise RequestInvalid(f"{member}: an address that begins with http:// or https://")
    return value


def _validity(seconds: int, bounds: tuple[int, int]) -> int:
    least, most = bounds
    if not least <= seconds <= most:
        raise RequestInvalid(f"validity_s: {least} to {most} seconds on this channel")
    return seconds
