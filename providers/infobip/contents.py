"""Our contents as Viber Business Messages and SMS take them; what a channel has no kind for is refused."""

import re
from typing import NoReturn, assert_never

from contracts.errors import RequestInvalid
from contracts.sends import (
    AnyContent,
    Button,
    Card,
    CarouselContent,
    ContactContent,
    FileContent,
    ImageContent,
    LocationContent,
    StickerContent,
    TemplateContent,
    TextContent,
    UrlContent,
    VideoContent,
)
from providers.infobip.limits import fits, sms_text, url
from providers.infobip.options import InfobipOptions, Json

MAX_TEXT = 1000
MAX_BUTTON = 30
_CARD_BUTTONS = (10, 12)
"""How long the captions of a card's first and second button may be."""
_FILE_NAME = re.compile(
    r".*\.(docx?|dotx?|xlsx?|f?ods|f?odt|rtf|odf|txt|info|pdf|xps|pdax|eps|csv|xlsm|xltx)", re.IGNORECASE
)


def viber_content(content: AnyContent, options: InfobipOptions) -> Json:
    """A content of Viber Business Messages; raises `RequestInvalid` naming the member and its rule."""
    match content:
        case TextContent():
            return _list(content, options) if options.list_options else _text(content)
        case ImageContent():
            return _image(content, options)
        case VideoContent():
            return _video(content)
        case FileContent():
            return _file(content)
        case CarouselContent():
            return _carousel(content)
        case TemplateContent():
            return _template(content)
        case LocationContent() | ContactContent() | StickerContent() | UrlContent():
            _has_no_kind(content, "Viber Business Messages")
    assert_never(content)


def sms_content(content: AnyContent, options: InfobipOptions) -> Json:
    """A text; raises `RequestInvalid` for all else."""
    if not isinstance(content, TextContent):
        _has_no_kind(content, "SMS")
    if content.button:
        raise RequestInvalid("content.button: an SMS has none; put the address into the text")
    is_plain = options.transliteration is None and options.language is None
    written: Json = {"text": sms_text(content.text) if is_plain else fits("content.text", content.text, most=4000)}
    if options.transliteration:
        written["transliteration"] = options.transliteration
    if options.language:
        written["language"] = {"languageCode": options.language}
    return written


def _has_no_kind(content: AnyContent, title: str) -> NoReturn:
    kind = content.__struct_config__.tag
    raise RequestInvalid(f"content: {title} has no {kind}; choose another channel or kind")


def _text(content: TextContent) -> Json:
    written: Json = {"type": "TEXT", "text": fits("content.text", content.text, most=MAX_TEXT)}
    return written | _button(content.button)


def _list(content: TextContent, options: InfobipOptions) -> Json:
    if content.button:
        raise RequestInvalid("content.button: a list has options in its place")
    return {
        "type": "LIST",
        "text": fits("content.text", content.text, most=85),
        "options": list(options.list_options or ()),
    }


def _image(content: ImageContent, options: InfobipOptions) -> Json:
    if content.button and not content.text:
        raise RequestInvalid("content.text: an image with a button needs a text")
    written: Json = {"type": "IMAGE", "mediaUrl": url("content.url", content.url)}
    if options.show_image_in_full_screen is not None:
        written["showImageInFullScreen"] = options.show_image_in_full_screen
    return written | _caption(content.text) | _button(content.button)


def _video(content: VideoContent) -> Json:
    if not content.duration_s or content.duration_s < 0:
        raise RequestInvalid("content.duration_s: a film for Viber Business Messages says how long it is")
    written: Json = {
        "type": "VIDEO",
        "mediaUrl": url("content.url", content.url),
        "mediaDuration": f"PT{content.duration_s}S",
        "thumbnailUrl": url("content.thumbnail_url", content.thumbnail_url),
    }
    return written | _caption(content.text) | _button(content.button)


def _file(content: FileContent) -> Json:
    if content.text:
        raise RequestInvalid("content.text: a file of Viber Business Messages has no text beside it")
    if not content.name or not _FILE_NAME.fullmatch(content.name):
        raise RequestInvalid("content.name is the file's name with the ending of a document, such as .pdf")
    return {"type": "FILE", "fileName": content.name, "mediaUrl": url("content.url", content.url)}


def _carousel(content: CarouselContent) -> Json:
    if not 2 <= len(content.cards) <= 5:
        raise RequestInvalid(f"content.cards: a carousel has 2 to 5; there are {len(content.cards)}")
    return {
        "type": "CAROUSEL",
        "text": fits("content.text", content.text, most=MAX_TEXT),
        "cards": [_card(card, f"content.cards[{place}]") for place, card in enumerate(content.cards)],
    }


def _card(card: Card, member: str) -> Json:
    if len(card.buttons) > len(_CARD_BUTTONS):
        raise RequestInvalid(f"{member}.buttons: a card has 2 at most; there are {len(card.buttons)}")
    return {
        "text": fits(f"{member}.text", card.text, most=38, least=2),
        "mediaUrl": url(f"{member}.image_url", card.image_url),
        "buttons": [
            _action(button, f"{member}.buttons[{place}]", most=most)
            for place, (button, most) in enumerate(zip(card.buttons, _CARD_BUTTONS, strict=False))
        ],
    }


def _template(content: TemplateContent) -> Json:
    written: Json = {"type": "TEMPLATE", "templateId": fits("content.template_id", content.template_id, most=200)}
    written |= {"language": fits("content.language", content.language, most=20)}
    return written | ({"parameters": dict(content.values)} if content.values else {})


def _caption(text: str | None) -> Json:
    return {} if text is None else {"text": fits("content.text", text, most=MAX_TEXT)}


def _button(button: Button | None) -> Json:
    return {"button": _action(button, "content.button", most=MAX_BUTTON)} if button else {}


def _action(button: Button, member: str, *, most: int) -> Json:
    return {
        "title": fits(f"{member}.caption", button.caption, most=most),
        "action": fits(f"{member}.url", button.url, most=1000),
    }
