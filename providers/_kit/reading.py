"""How adapters read what a provider wrote: tolerant of spelling, exact in value, bounded in size.

What a reader cannot use is null; only a whole body that is not JSON, and an id that must not be cut, raise.
"""

import re
from collections.abc import Iterable
from typing import TypeVar

import msgspec

from contracts.errors import PayloadInvalid
from contracts.vocabulary import Channel
from providers._kit.leniency import mended

P = TypeVar("P")

MAX_DEPTH = 32
MAX_ID = 200
MAX_TEXT = 1000
MAX_CONTENT = 20_000

_NUL_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_E164 = re.compile(r"\+?([1-9][0-9]{6,14})")
_INTEGER = re.compile(r"([+-]?[0-9]{1,18})(?:\.0+)?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_CHANNELS = {str(channel): channel for channel in Channel}

# A fraction stays the text that the provider wrote: a price must not become a binary float, nor a code lose its zeros.
_DECODER = msgspec.json.Decoder(float_hook=str)


def read_json(body: bytes) -> object:
    """The JSON value in `body`; raises `PayloadInvalid`, with the place, when there is none.

    Integers of any size are exact and fractions come as text. Of a member that stands twice the last one counts, as
    nearly every JSON reader has it. A byte-order mark, trailing commas and halves of a surrogate pair (texts that were
    cut inside an emoji) are forgiven; NaN, bytes that are not UTF-8 and nesting deeper than `MAX_DEPTH` are not.
    """
    try:
        value = _DECODER.decode(body)
    except (ValueError, RecursionError) as strict:
        value = _read_mended(body, strict)
    # The count of brackets is an upper bound of the depth, and nearly always settles it.
    if body.count(b"{") + body.count(b"[") > MAX_DEPTH and _is_deeper_than(MAX_DEPTH, value):
        raise PayloadInvalid(f"not readable: nested deeper than {MAX_DEPTH}")
    return value


def read_object(body: bytes) -> dict[str, object]:
    """The JSON object in `body`; raises `PayloadInvalid` for anything else."""
    value = read_json(body)
    if not isinstance(value, dict):
        raise PayloadInvalid(f"not an object: the body is a JSON {_json_name(value)}")
    return value


def _read_mended(body: bytes, strict: Exception) -> object:
    if not body.strip():
        raise PayloadInvalid("not JSON: the body is empty") from strict
    try:
        body.decode()
        return _DECODER.decode(mended(body))
    except RecursionError:
        raise PayloadInvalid(f"not readable: nested deeper than {MAX_DEPTH}") from strict
    except UnicodeDecodeError as exc:
        raise PayloadInvalid(f"not JSON: not UTF-8 (byte {exc.start})") from strict
    except ValueError as exc:
        # Mending keeps every byte's place, so the place is that in the original.
        raise PayloadInvalid(f"not JSON: {_place(exc, body)}") from strict


def _place(exc: ValueError, body: bytes) -> str:
    reason = str(exc).removeprefix("JSON is malformed: ")
    return f"it ends too early (byte {len(body)})" if reason == "Input data was truncated" else reason


def _is_deeper_than(depth: int, value: object) -> bool:
    level = [value]
    for _ in range(depth):
        level = [child for node in level for child in _children(node) if isinstance(child, dict | list)]
    return bool(level)


def _children(node: object) -> Iterable[object]:
    if isinstance(node, dict):
        return node.values()
    return node if isinstance(node, list) else ()


def read_payload(kind: type[P], value: object) -> P:
    """`value` as the payload model `kind`; raises `PayloadInvalid` naming what is wrong."""
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as exc:
        raise PayloadInvalid(str(exc)) from exc


def as_content(value: object, *, limit: int = MAX_CONTENT) -> str | None:
    """Text that a person wrote, spaces and all, at most `limit` characters; numbers become text, all else null.

    An empty text is what the person sent, and stays one. A NUL character, which neither files nor databases bear well,
    is shown as U+FFFD.
    """
    text = _as_str(value)
    return None if text is None else text[:limit].replace("\x00", _NUL_REPLACEMENT)


def as_text(value: object, *, limit: int = MAX_TEXT) -> str | None:
    """A name, code or description without the spaces around it; empty is null."""
    text = _as_str(value)
    return text.strip()[:limit].replace("\x00", _NUL_REPLACEMENT) or None if text else None


def as_id(value: object, member: str) -> str | None:
    """An id, verbatim; null when missing, empty or not text.

    Raises `PayloadInvalid` when it is longer than `MAX_ID` or holds control characters: an id that was cut or mended
    would be another id.
    """
    text = _as_str(value)
    if not text:
        return None
    text = text.strip()
    if len(text) > MAX_ID:
        raise PayloadInvalid(f"{member} is longer than {MAX_ID} characters")
    if not text.isprintable() and _CONTROL.search(text):
        raise PayloadInvalid(f"{member} holds control characters")
    return text or None


def _as_str(value: object) -> str | None:
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None


def required_id(value: object, member: str) -> str:
    """An id that an item cannot do without; raises `PayloadInvalid` when there is none."""
    text = as_id(value, member)
    if text is None:
        raise PayloadInvalid(f"{member} is missing or not text")
    return text


def as_int(value: object) -> int | None:
    """A whole number of at most 18 digits, also when it is written as text or as 3.0."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value if -(10**18) < value < 10**18 else None
    if not isinstance(value, str):
        return None
    found = _INTEGER.fullmatch(value.strip())
    return int(found[1]) if found else None


def as_e164(value: object) -> str | None:
    """A telephone number with its plus; null for anything that is not 7 to 15 digits with or without a plus."""
    text = _as_str(value)
    found = _E164.fullmatch(text.strip()) if text else None
    return f"+{found[1]}" if found else None


def as_channel(value: object) -> Channel | None:
    """The channel called `value`, whatever its case; `other` for a name nobody has told us about."""
    if isinstance(value, str) and (channel := _CHANNELS.get(value)):
        return channel
    text = as_text(value)
    return _CHANNELS.get(text.lower(), Channel.OTHER) if text else None


def _json_name(value: object) -> str:
    if value is None:
        return "null"
    names: dict[type, str] = {bool: "boolean", list: "array", str: "string"}
    return names.get(type(value), "number")
