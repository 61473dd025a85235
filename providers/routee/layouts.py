"""What Viber shows, in Routee's words: text, image, button, file and video, and what goes together."""

from math import ceil
from typing import Any

from contracts.errors import RequestInvalid
from contracts.sends import AnyContent, Button, FileContent, ImageContent, TextContent, VideoContent
from providers.routee import rules

Json = dict[str, Any]


def layout_of(content: AnyContent, *, is_session: bool) -> Json:
    """The members of `body`. Raises `RequestInvalid` for what Routee refuses with 007 or 020, or a limit."""
    match content:
        case TextContent():
            body = _text(content.text) | _action(content.button)
        case ImageContent():
            body = _image(content)
        case FileContent():
            body = _file(content)
        case VideoContent():
            body = _video(content)
        case _:
            kind = type(content).__struct_config__.tag
            raise RequestInvalid(f"content: Routee's Viber shows text, image, video and file, not {kind}")
    if is_session and ("action" in body or "viberVideo" in body):
        raise RequestInvalid("content: a session message is a text, an image or a file, without a button")
    return body


def _text(text: str | None) -> Json:
    return {"text": rules.text_of(text, "content.text", limit=rules.LONGEST_TEXT)}


def _action(button: Button | None) -> Json:
    if button is None:
        return {}
    caption = rules.text_of(button.caption, "content.button.caption", limit=rules.LONGEST_CAPTION)
    target = rules.text_of(button.url, "content.button.url", limit=rules.LONGEST_URL)
    return {"action": {"caption": caption, "targetUrl": target}}


def _image(content: ImageContent) -> Json:
    if (content.text is None) != (content.button is None):
        raise RequestInvalid("content: an image goes alone, or with both a text and a button")
    text = _text(content.text) if content.text is not None else {}
    return text | {"imageURL": rules.secure_url(content.url, "content.url")} | _action(content.button)


def _file(content: FileContent) -> Json:
    if content.text is not None:
        raise RequestInvalid("content.text: a file goes without words")
    url = rules.secure_url(content.url, "content.url")
    rules.size_within(content.size_bytes, rules.LARGEST_FILE)
    name, kind = rules.file_name_of(content.name, url)
    return {"viberFile": {"fileName": name, "fileType": kind, "fileUrl": url}}


def _video(content: VideoContent) -> Json:
    if content.button is not None and content.text is None:
        raise RequestInvalid("content.text: a video with a button needs a text")
    # Routee checks all three, and looks at none of the files.
    if content.duration_s is None or content.size_bytes is None:
        raise RequestInvalid("content: a video needs its duration_s and size_bytes")
    if not 0 < content.duration_s <= rules.LONGEST_VIDEO_S:
        raise RequestInvalid(
            f"content.duration_s: at most {rules.LONGEST_VIDEO_S} seconds, and it is {content.duration_s}"
        )
    rules.size_within(content.size_bytes, rules.LARGEST_VIDEO)
    video = {
        "videoUrl": rules.secure_url(content.url, "content.url"),
        "videoThumbnail": rules.secure_url(content.thumbnail_url, "content.thumbnail_url"),
        "fileSize": ceil(content.size_bytes / rules.MEGABYTE),
        "duration": content.duration_s,
    }
    text = _text(content.text) if content.text is not None else {}
    return text | {"viberVideo": video} | _action(content.button)
