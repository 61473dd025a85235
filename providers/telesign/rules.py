"""The rules of Telesign that hold whatever the interface; a request that breaks one never leaves."""

import re
from urllib.parse import urlsplit

from contracts.errors import RequestInvalid
from contracts.sends import SendRequest, TextContent
from contracts.vocabulary import Channel
from providers._kit.sending import callback_address
from providers.telesign.settings import TelesignSettings

CALLBACK_HINT = "delivery"

_RECIPIENT = re.compile(r"\+[1-9][0-9]{6,14}")
_EXTERNAL_ID = re.compile(r"[!-~]{1,100}")


def check(request: SendRequest) -> None:
    """Raises `RequestInvalid` naming the member that no interface of the provider can do."""
    if request.channel not in {Channel.VIBER, Channel.SMS}:
        raise RequestInvalid("channel: over Telesign we send Viber and SMS")
    if not _RECIPIENT.fullmatch(request.recipient):
        raise RequestInvalid("recipient: a telephone number with its plus and country code")
    if not _EXTERNAL_ID.fullmatch(request.send_id):
        raise RequestInvalid("send_id: it goes out as external_id, at most 100 ASCII characters")
    if request.scheduled_at is not None:
        raise RequestInvalid("scheduled_at: Telesign sends at once")
    if request.validity_s is not None:
        raise RequestInvalid("validity_s: Telesign has no such limit, and a late message may still arrive")
    if request.channel is Channel.SMS:
        _check_sms(request)


def _check_sms(request: SendRequest) -> None:
    if request.is_session:
        raise RequestInvalid("is_session: SMS has no sessions")
    if not isinstance(request.content, TextContent) or request.content.button is not None:
        raise RequestInvalid("content: an SMS is text without a button")
    required(request.content.text, "content.text")


def callback_url(request: SendRequest, settings: TelesignSettings) -> dict[str, str]:
    """The member that names where callbacks go; none leaves that to the console."""
    address = callback_address(request, CALLBACK_HINT)
    if address is None:
        return {}
    # A simulator, which is where private addresses are called, calls back on any port.
    if not settings.may_call_private_addresses and not _is_https_on_443(address):
        raise RequestInvalid("callback_base_url: Telesign calls https on port 443 and nothing else")
    return {"callback_url": address}


def _is_https_on_443(url: str) -> bool:
    parts = urlsplit(url)
    try:
        return parts.scheme == "https" and parts.port in {None, 443}
    except ValueError:  # a port that is no number
        return False


def required(value: str | None, member: str) -> str:
    """`value`; raises `RequestInvalid` naming `member` when it says nothing."""
    if not value or not value.strip():
        raise RequestInvalid(f"{member}: it must not be empty")
    return value
