"""Our contents as a Viber bot takes them; what it has no kind for is refused."""

from typing import assert_never

from contracts.errors import RequestInvalid
from contracts.sends import (
    AnyContent,
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
from providers.infobip.limits import fits, url, within
from providers.infobip.options import InfobipOptions, Json

MAX_CAPTION = 768
MAX_VIDEO_BYTES, MAX_VIDEO_S = 27_262_976, 180
MAX_FILE_BYTES = 52_428_800
_ROWS, _COLUMNS = 7, 6
"""How high a page of a carousel is, and how wide."""


def bot_content(content: AnyContent, options: InfobipOptions) -> Json:
    """A content of a bot with its keyboard and name; raises `RequestInvalid` naming the member and its rule."""
    written = _written(content)
    if options.keyboard is not None:
        written["keyboard"] = options.keyboard
    if options.sender_display_info is not None:
        written["senderDisplayInfo"] = options.sender_display_info.wire()
    return written


def _written(content: AnyContent) -> Json:
    match content:
        case TextContent():
            _refuse_button(content)
            return {"type": "TEXT", "text": fits("content.text", content.text, most=4000)}
        case ImageContent() | VideoContent() | FileContent():
            return _media(content)
        case CarouselContent():
            return _carousel(content)
        case LocationContent() | ContactContent() | StickerContent() | UrlContent():
            return _small(content)
        case TemplateContent():
            raise RequestInvalid("content: a Viber bot has no template; write the text out")
    assert_never(content)


def _media(content: ImageContent | VideoContent | FileContent) -> Json:
    match content:
        case ImageContent():
            _refuse_button(content)
            return {"type": "IMAGE", "url": url("content.url", content.url)} | _caption(content.text)
        case VideoContent():
            return _video(content)
        case FileContent():
            return _file(content)
    assert_never(content)


def _small(content: LocationContent | ContactContent | StickerContent | UrlContent) -> Json:
    match content:
        case LocationContent():
            return {"type": "LOCATION", "location": _place(content)}
        case ContactContent():
            name = fits("content.name", content.name, most=28)
            number = fits("content.phone_number", content.phone_number, most=18)
            return {"type": "CONTACT", "contact": {"name": name, "phoneNumber": number}}
        case StickerContent():
            return {"type": "STICKER", "stickerId": _sticker(content.sticker_id)}
        case UrlContent():
            return {"type": "URL", "url": url("content.url", content.url, most=2000)}
    assert_never(content)


def _sticker(text: str) -> int:
    if not (text.isdecimal() and text.isascii() and len(text) < 19):
        raise RequestInvalid("content.sticker_id is the number of one of Viber's stickers")
    return int(text)


def _place(content: LocationContent) -> Json:
    if not (-90 <= content.latitude <= 90 and -180 <= content.longitude <= 180):
        raise RequestInvalid("content.latitude is -90 to 90 and content.longitude -180 to 180 degrees")
    return {"latitude": content.latitude, "longitude": content.longitude}


def _refuse_button(content: TextContent | ImageContent | VideoContent) -> None:
    if content.button:
        raise RequestInvalid("content.button: a bot has keyboards instead; give one as own.keyboard")


def _video(content: VideoContent) -> Json:
    _refuse_button(content)
    written: Json = {
        "type": "VIDEO",
        "url": url("content.url", content.url),
        "size": within("content.size_bytes", content.size_bytes, most=MAX_VIDEO_BYTES, unit="bytes"),
    }
    if content.duration_s is not None:
        written["duration"] = within("content.duration_s", content.duration_s, most=MAX_VIDEO_S, unit="seconds")
    if content.thumbnail_url is not None:
        written["thumbnailUrl"] = url("content.thumbnail_url", content.thumbnail_url)
    return written | _caption(content.text)


def _file(content: FileContent) -> Json:
    if content.text:
        raise RequestInvalid("content.text: a bot's file has no text beside it")
    return {
        "type": "FILE",
        "fileName": fits("content.name", content.name, most=256),
        "url": url("content.url", content.url),
        "size": within("content.size_bytes", content.size_bytes, most=MAX_FILE_BYTES, unit="bytes"),
    }


def _carousel(content: CarouselContent) -> Json:
    """Pages of a grid of buttons, all of the same height: picture, text, then what can be pressed."""
    if content.text:
        raise RequestInvalid("content.text: a bot's carousel has no text beside it; leave it empty")
    if not content.cards:
        raise RequestInvalid("content.cards: a carousel has one at least")
    most = max(len(card.buttons) for card in content.cards)
    if most > 2:
        raise RequestInvalid("content.cards: a card has 2 buttons at most")
    grid = {"buttonsGroupColumns": _COLUMNS, "buttonsGroupRows": _ROWS}
    return {
        "type": "CAROUSEL",
        "buttonGrid": grid | {"buttons": [one for card in content.cards for one in _page(card)]},
    }


def _page(card: Card) -> list[Json]:
    rows = _ROWS - 2 - len(card.buttons)
    address = card.buttons[0].url if card.buttons else None
    picture = {"media": {"imageUrl": url("content.cards.image_url", card.image_url)}}
    words = {"text": {"text": fits("content.cards.text", card.text, most=250)}}
    pressed = [_cell(1, button.url) | {"text": {"text": button.caption}} for button in card.buttons]
    return [_cell(rows, address) | picture, _cell(2, address) | words, *pressed]


def _cell(rows: int, address: str | None) -> Json:
    action = {"actionType": "OPEN_URL", "actionBody": address} if address else {"actionType": "NONE"}
    return {"columns": _COLUMNS, "rows": rows, "action": action}


def _caption(text: str | None) -> Json:
    return {} if text is None else {"text": fits("content.text", text, most=MAX_CAPTION)}
