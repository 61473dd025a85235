"""What Infobip answers to a call, as acceptance or as an error that says what follows."""

from collections.abc import Mapping
from typing import Any

import msgspec

from contracts.errors import PayloadInvalid, SendError, SendInDoubt
from providers._kit.reading import as_id, as_int, as_text, read_json
from providers._kit.refused import load_refusals, retry_after_s
from providers._kit.sending import Accepted, HttpAnswer

REFUSALS = load_refusals("providers.infobip")
"""HTTP answers by their code and status, and the ids of messages that are refused inside a 200."""

ALREADY_SENT = "23"
"""REJECTED_DUPLICATE_MESSAGE_ID: an earlier call with this id was taken."""
_REJECTED = 5
_ANY_REJECTION = "REJECTED"


class Answered(msgspec.Struct, frozen=True, rename="camel"):
    """One message of an answer to a send, or one entry of the logs."""

    message_id: Any = None
    status: Mapping[str, Any] | None = None
    details: Mapping[str, Any] | None = None


def read_entries(answer: HttpAnswer, member: str) -> list[Answered]:
    """The entries of a good answer, in its order; raises the `SendError` that a bad one means.

    Raises `SendInDoubt` for a good answer that cannot be read.
    """
    if answer.status != 200:
        raise refused(answer)
    try:
        body = read_json(answer.body)
        entries = body[member] if isinstance(body, dict) else None
        return msgspec.convert(entries, list[Answered])
    except (PayloadInvalid, KeyError, msgspec.ValidationError) as exc:
        raise SendInDoubt(f"Infobip answered 200 and not what it documents: {exc}", http_status=200) from exc


def verdict(entry: Answered, send_id: str) -> Accepted:
    """The acceptance of one message; raises the `SendError` of one that was refused inside a good answer."""
    status = entry.status or {}
    code, group = _text(status.get("id")), as_int(status.get("groupId"))
    if group is None:
        raise SendInDoubt("Infobip answered 200 without the status of the message", code=code, http_status=200)
    if group == _REJECTED and code == ALREADY_SENT:
        return Accepted(root_id=send_id, provider_code=code, is_repeat=True)
    if group == _REJECTED:
        raise _rejected(code, _told(status))
    parts = as_int((entry.details or {}).get("messageCount")) or 1
    return Accepted(root_id=_given_id(entry) or send_id, provider_code=code, parts_count=max(parts, 1))


def refused(answer: HttpAnswer) -> SendError:
    """The error that an answer other than 200 means, in the new wording, the old one or none."""
    code, text = _worded(answer.body)
    waits_s = retry_after_s(answer.headers.get("retry-after"))
    return REFUSALS.error(text, code=code, http_status=answer.status, retry_after_s=waits_s)


def _given_id(entry: Answered) -> str | None:
    try:
        return as_id(entry.message_id, "messageId")
    except PayloadInvalid:
        return None


def _rejected(code: str | None, text: str) -> SendError:
    is_listed = any(row.code == code and row.http_status == 200 for row in REFUSALS.rows)
    error = REFUSALS.error(text, code=code if is_listed else _ANY_REJECTION, http_status=200)
    error.code = code
    return error


def _worded(body: bytes) -> tuple[str | None, str]:
    try:
        value = read_json(body)
    except PayloadInvalid:
        return None, "no JSON in the answer"
    old = _object(_object(_object(value).get("requestError")).get("serviceException"))
    if old:
        return as_text(old.get("messageId")), _old_text(old)
    new = _object(value)
    return as_text(new.get("errorCode")), _new_text(new)


def _new_text(body: Mapping[str, Any]) -> str:
    violations = body.get("violations")
    named = [
        f"{as_text(one.get('property'))}: {as_text(one.get('violation'))}"
        for one in (violations if isinstance(violations, list) else [])
        if isinstance(one, dict)
    ]
    return "; ".join([as_text(body.get("description")) or "no description", *named])


def _old_text(body: Mapping[str, Any]) -> str:
    named = [f"{name}: {reason}" for name, reason in _object(body.get("validationErrors")).items()]
    return "; ".join([as_text(body.get("text")) or "no text", *named])


def _told(status: Mapping[str, Any]) -> str:
    name, description = as_text(status.get("name")), as_text(status.get("description"))
    return ", ".join(text for text in (name, description) if text) or "refused without a word"


def _text(value: object) -> str | None:
    number = as_int(value)
    return as_text(value) if number is None else str(number)


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
