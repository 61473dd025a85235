"""One request of every kind that can be put into words: what a sender takes is found out by asking it."""

from collections.abc import Iterator

from contracts.errors import RequestInvalid, SendError
from contracts.sends import (
    AnyContent,
    Button,
    Card,
    CarouselContent,
    ContactContent,
    FileContent,
    ImageContent,
    LocationContent,
    SendRequest,
    StickerContent,
    TemplateContent,
    TextContent,
    UrlContent,
    VideoContent,
)
from contracts.vocabulary import Channel
from providers._kit.sending import Accepted, Sender

RECIPIENTS = {Channel.VIBER_BOT: "0123456789aBcDeFgHiJkL=="}
RECIPIENT, SENDER = "+447700900123", "ExampleShop"

_BUTTON = Button(caption="Open", url="https://example.com/offer")
_PICTURE = "https://example.com/picture.jpg"
_CARDS = tuple(
    Card(image_url=f"https://example.com/{name}.jpg", text=name.title(), buttons=(_BUTTON,)) for name in ("one", "two")
)
CONTENTS: dict[str, AnyContent] = {
    "text": TextContent(text="Your order is ready"),
    "text and button": TextContent(text="Your order is ready", button=_BUTTON),
    "image": ImageContent(url=_PICTURE),
    "image, text and button": ImageContent(url=_PICTURE, text="Your order is ready", button=_BUTTON),
    "video": VideoContent(
        url="https://example.com/film.mp4", thumbnail_url=_PICTURE, duration_s=30, size_bytes=5_000_000
    ),
    "file": FileContent(url="https://example.com/terms.pdf", name="terms.pdf", size_bytes=50_000),
    "carousel": CarouselContent(text="Choose one", cards=_CARDS),
    "carousel alone": CarouselContent(text="", cards=_CARDS),
    "location": LocationContent(latitude=51.5, longitude=-0.12, name="Shop", address="1 Example Street"),
    "contact": ContactContent(name="Shop", phone_number="+447700900124"),
    "sticker": StickerContent(sticker_id="46105"),
    "url": UrlContent(url="https://example.com/offer"),
    "template": TemplateContent(template_id="welcome", language="en", values={"name": "Ada"}),
}


def specimens(callback_base_url: str | None = None) -> Iterator[tuple[str, SendRequest]]:
    """Requests of every kind over every channel, by what they are."""
    for number, (channel, is_session, kind) in enumerate(
        (channel, is_session, kind) for channel in Channel for is_session in (False, True) for kind in CONTENTS
    ):
        name = f"{channel} {kind}{' in a session' if is_session else ''}"
        yield (
            name,
            SendRequest(
                send_id=f"specimen-{number:04}",
                channel=channel,
                recipient=RECIPIENTS.get(channel, RECIPIENT),
                sender=SENDER,
                content=CONTENTS[kind],
                is_session=is_session,
                reply_id="a-reply" if is_session else None,
                callback_base_url=callback_base_url,
            ),
        )


async def taken(sender: Sender, callback_base_url: str | None = None) -> dict[str, tuple[SendRequest, Accepted]]:
    """What of all that the sender and the provider behind it take."""
    found = {}
    for name, request in specimens(callback_base_url):
        try:
            found[name] = (request, await sender.send(request))
        except RequestInvalid:
            continue
        except SendError as exc:
            raise AssertionError(f"{name} is neither taken nor called invalid: {exc!r}") from exc
    return found
