"""A send as the one HTTP request that asks Telesign for it, or the reason why it cannot be asked."""

import base64
import json
from typing import Any, NamedTuple
from urllib.parse import urlencode

from contracts.errors import RequestInvalid
from contracts.sends import SendRequest, TextContent
from contracts.vocabulary import Channel
from providers._kit.options import read_options
from providers.telesign.options import (
    ONLY_OMNICHANNEL,
    ONLY_SMS_API,
    MessageType,
    NextChannel,
    SendOptions,
)
from providers.telesign.rules import callback_url, check
from providers.telesign.settings import TelesignSettings
from providers.telesign.viber import OTP_TEMPLATE, viber_template

OMNICHANNEL = "/v1/omnichannel"
MESSAGING = "/v1/messaging"

MOST_BYTES = 10 * 1024
"""Of a request to Messaging; above it answers 3116 or 413."""
LONGEST_SMS = 1600
LONGEST_SMS_SENDER = 20


class Outgoing(NamedTuple):
    """A request without its credentials."""

    path: str
    content_type: str
    body: bytes


def request_of(request: SendRequest, settings: TelesignSettings) -> Outgoing:
    """Raises `RequestInvalid` naming the member that breaks a rule of the provider."""
    options = read_options(SendOptions, request.own)
    check(request)
    members = {
        "external_id": request.send_id,
        **({"sender_id": request.sender} if request.sender else {}),
        **callback_url(request, settings),
        **options.model_dump(mode="json", include={"account_lifecycle_event", "originating_ip"}, exclude_none=True),
    }
    if request.channel is Channel.SMS and _sms_api(options, settings) == "messaging":
        return _to_sms_api(request, options, members | {"message_type": options.message_type or settings.message_type})
    return _to_omnichannel(request, options, members | {"message_type": _message_type(request, options, settings)})


def credentials_of(settings: TelesignSettings) -> str:
    """The Authorization header. The first of the live keys signs in; as text, not decoded as it is for signatures."""
    pair = f"{settings.customer_id}:{settings.api_keys[0].get_secret_value()}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"


def _sms_api(options: SendOptions, settings: TelesignSettings) -> str:
    return options.sms_api or ("omnichannel" if options.then else settings.sms_api)


def _to_sms_api(request: SendRequest, options: SendOptions, members: dict[str, Any]) -> Outgoing:
    _refuse(options, ONLY_OMNICHANNEL, "the SMS interface has no cascade; take sms_api = omnichannel")
    text = request.content.text if isinstance(request.content, TextContent) else ""
    if len(text) > LONGEST_SMS:
        raise RequestInvalid(f"content.text: {len(text)} characters, and Telesign takes {LONGEST_SMS}")
    if len(request.sender) > LONGEST_SMS_SENDER:
        raise RequestInvalid(f"sender: at most {LONGEST_SMS_SENDER} characters")
    form = {"phone_number": request.recipient.removeprefix("+"), "message": text, **members}
    form |= options.model_dump(include={"dlt_template_id", "dlt_entity_id"}, exclude_none=True)
    if options.is_primary is not None:
        form["is_primary"] = str(options.is_primary).lower()
    return Outgoing(MESSAGING, "application/x-www-form-urlencoded", urlencode(form, errors="replace").encode())


def _to_omnichannel(request: SendRequest, options: SendOptions, members: dict[str, Any]) -> Outgoing:
    _refuse(options, ONLY_SMS_API, "Messaging has no such member; take sms_api = messaging")
    template, parameters = _first_message(request)
    first = NextChannel(
        channel="viber" if request.channel is Channel.VIBER else "sms",
        template=template,
        parameters=parameters,
        fallback_time_s=options.fallback_time_s,
    )
    cascade = (first, *options.then)
    if len({step.channel for step in cascade}) != len(cascade):
        raise RequestInvalid("own.then: a channel stands once in a send")
    body = {
        "channels": [_channel(step) for step in cascade],
        "recipient": {"phone_number": request.recipient.removeprefix("+")},
        "message": {step.channel: {"template": step.template, "parameters": step.parameters} for step in cascade},
        **members,
    }
    data = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    if len(data) > MOST_BYTES:
        raise RequestInvalid(f"content: the request has {len(data)} bytes, and Telesign takes 10 KB")
    return Outgoing(OMNICHANNEL, "application/json", data)


def _first_message(request: SendRequest) -> tuple[str, dict[str, str]]:
    if request.channel is Channel.VIBER:
        return viber_template(request)
    return "text", {"text": request.content.text if isinstance(request.content, TextContent) else ""}


def _channel(step: NextChannel) -> dict[str, Any]:
    limit = {} if step.fallback_time_s is None else {"fallback_time": step.fallback_time_s}
    return {"channel": step.channel, **limit}


def _message_type(request: SendRequest, options: SendOptions, settings: TelesignSettings) -> MessageType:
    """On Viber one-time passwords have a template of their own, and it carries nothing else: 3110 otherwise."""
    is_password = getattr(request.content, "template_id", None) == OTP_TEMPLATE
    told = options.message_type or ("OTP" if is_password else settings.message_type)
    if request.channel is Channel.VIBER and (told == "OTP") is not is_password:
        raise RequestInvalid(f"own.message_type: on Viber OTP goes with the template {OTP_TEMPLATE}, and only with it")
    return told


def _refuse(options: SendOptions, members: frozenset[str], why: str) -> None:
    for member in sorted(members & options.model_fields_set):
        raise RequestInvalid(f"own.{member}: {why}")
