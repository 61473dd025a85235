"""The members of a callback, however they travel: JSON, a form, a query, or the old SMS API's list that means a pair.

How callbacks come is not published, so the shape decides and the content type is not asked.
"""

from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from contracts.errors import PayloadInvalid
from contracts.records import RawCallback
from providers._kit.reading import read_json
from providers.decisiontelecom.payloads import MESSAGE_ID, OLD_ERROR, OLD_MESSAGE_IDS, OLD_STATUS

_MOST_FIELDS = 100
_JSON_STARTS = (b"{", b"[", b'"', b"\xef\xbb\xbf")


class Entry(NamedTuple):
    """One thing that the callback says."""

    path: tuple[str | int, ...]
    """Where it stands in the body."""
    members: Any
    """An object, when it is one of the provider's."""
    is_old_sms: bool = False
    """It answers a look-up of the old SMS API, and its numbers are those of SMS."""


def entries_in(callback: RawCallback) -> list[Entry]:
    """What the callback says, in the order of its body; raises `PayloadInvalid` when it cannot be read."""
    body = callback.body.strip()
    if not body and callback.query:
        return _entries(_form(callback.query))
    if not body.startswith(_JSON_STARTS) and b"=" in body:
        return _entries(_form(_text(body)))
    value = read_json(callback.body)
    if isinstance(value, list):
        old = _old_sms(value, callback.query)
        return [old] if old else [Entry((place,), members) for place, members in enumerate(value)]
    if not isinstance(value, dict):
        raise PayloadInvalid("neither an object nor a list of them")
    return _entries(value)


def _entries(members: dict[str, Any]) -> list[Entry]:
    return [Entry((), members)] if members else []


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as exc:
        raise PayloadInvalid(f"not a form: not UTF-8 (byte {exc.start})") from exc


def _form(text: str) -> dict[str, Any]:
    """The members of a form; `message[text]`, as PHP writes what is nested, is `text` in `message`."""
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError as exc:
        raise PayloadInvalid(f"not a form: {exc}") from exc
    members: dict[str, Any] = {}
    for name, value in pairs:
        outer, bracket, inner = name.partition("[")
        nested = members.setdefault(outer, {}) if bracket and inner.endswith("]") else None
        if isinstance(nested, dict):
            nested[inner[:-1]] = value
        elif nested is None:
            members[name] = value
    return members


def _old_sms(value: list[Any], query: str) -> Entry | None:
    """`["status","2"]` or `["error",44]`; which message it is about stood only in the question."""
    if len(value) != 2 or value[0] not in (OLD_STATUS, OLD_ERROR):  # what came may not be hashable
        return None
    if value[0] == OLD_ERROR:
        return Entry((), {"code": value[1], "name": OLD_ERROR}, is_old_sms=True)
    asked = _form(query)
    message_id = next((asked[name] for name in OLD_MESSAGE_IDS if name in asked), None)
    return Entry((), {MESSAGE_ID: message_id, "status": value[1]}, is_old_sms=True)
