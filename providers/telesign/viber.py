"""Contents as the templates that Telesign has for Viber.

Names and required parameters are those of the provider's published schema (api-evangelist/telesign on GitHub,
json-schema/telesign-omni-req-details-for-viber-schema.json, read 2026-11-21).
"""

import re

from contracts.errors import RequestInvalid
from contracts.sends import ImageContent, SendRequest, TemplateContent, TextContent, VideoContent
from providers.telesign.rules import required

OTP_TEMPLATE = "otp_verify"

_LANGUAGE = re.compile(r"[a-z]{2}")
_SESSIONS = frozenset({"text", "image"})

Template = tuple[str, dict[str, str]]
"""Its name and its parameters."""


def viber_template(request: SendRequest) -> Template:
    """The template for the content; raises `RequestInvalid` naming what Telesign cannot send on Viber."""
    name, parameters = _template(request)
    if request.is_session:
        if name not in _SESSIONS:
            raise RequestInvalid(f"is_session: sessions have text or a picture alone, and no {name}")
        name = f"{name}_session"
    if request.reply_id:
        parameters["reply_id"] = request.reply_id
    return name, parameters


def _template(request: SendRequest) -> Template:
    match request.content:
        case TextContent() as content:
            return _text(content, request.send_id)
        case ImageContent() as content:
            return _image(content)
        case VideoContent() as content:
            return _video(content)
        case TemplateContent() as content:
            return _one_time_password(content)
    raise RequestInvalid("content.kind: Telesign has text, image, video and a one-time password for Viber")


def _text(content: TextContent, send_id: str) -> Template:
    text = required(content.text, "content.text")
    if content.button is None:
        return "text", {"text": text}
    # The link needs a unique id; the send's own is one.
    return "url_action", {
        "text": text,
        "url": required(content.button.url, "content.button.url"),
        "url_text": required(content.button.caption, "content.button.caption"),
        "url_id": send_id,
    }


def _image(content: ImageContent) -> Template:
    if content.text or content.button:
        raise RequestInvalid("content: Telesign's pictures on Viber have neither words nor a button")
    return "image", {"url": required(content.url, "content.url")}


def _video(content: VideoContent) -> Template:
    parameters = {"url": required(content.url, "content.url")}
    if content.thumbnail_url:
        parameters["url_thumbnail"] = content.thumbnail_url
    if content.button is None and not content.text:
        return "video", parameters
    parameters["text"] = required(content.text, "content.text")
    if content.button is None:
        required(content.thumbnail_url, "content.thumbnail_url")
        return "text_video", parameters
    parameters["button_text"] = required(content.button.caption, "content.button.caption")
    parameters["open_url"] = required(content.button.url, "content.button.url")
    return "url_action_video", parameters


def _one_time_password(content: TemplateContent) -> Template:
    if content.template_id != OTP_TEMPLATE:
        raise RequestInvalid(f"content.template_id: on Viber the only named template is {OTP_TEMPLATE}")
    if set(content.values) != {"otp_code"}:
        raise RequestInvalid(f"content.values: {OTP_TEMPLATE} takes otp_code and nothing else")
    parameters = {"otp_code": required(content.values["otp_code"], "content.values.otp_code")}
    if content.language:
        if not _LANGUAGE.fullmatch(content.language):
            raise RequestInvalid("content.language: two small letters, as in ISO 639-1")
        parameters["language"] = content.language
    return OTP_TEMPLATE, parameters
