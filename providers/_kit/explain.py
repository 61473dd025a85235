"""What a callback amounts to, in plain words and without any of the running system.

The vocabulary is that of the samples that every provider keeps beside its code: `status`, `inbound`, `event`, `click`.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, assert_never
from urllib.parse import urlencode

from contracts.errors import CallbackRefused, ConfigurationInvalid, MethodRefused, PayloadInvalid
from contracts.records import RawCallback
from contracts.vocabulary import DeadLetterKind, Source
from providers._kit.facts import InboundFact, RejectedItem, SignalFact, StatusFact
from providers._kit.provider import CallbackRequest, Provider
from providers._kit.vocabulary import inbound_in_words, reasons_of, signal_in_words, status_in_words

Json = dict[str, Any]

_NO_MOMENT = datetime(1970, 1, 1, tzinfo=UTC)
"""No fact may depend on the time of receipt, so that any will do."""


def explain(provider: Provider[Any], sample: Mapping[str, Any]) -> Json:
    """What `sample`, in the format of the samples, is taken for: whether it is accepted, its facts, its dead letters.

    A sample without `auth` is not signed; it is read as authentic, and `verified` is null.
    """
    http = sample["http"]
    is_poll = sample.get("kind") == "poll"
    request = CallbackRequest(
        method=http["method"],
        url=http["path_hint"],
        headers={name.lower(): value for name, value in http["headers"].items()},
        body=body_of(sample),
    )
    try:
        verified = None if is_poll else _verify(provider, request, sample.get("auth"))
    except CallbackRefused as exc:
        return {"accept": False, "verified": False, "refused": str(exc), "facts": [], "dead_letters": []}
    callback = _callback(
        provider,
        request,
        hint=hint_of(provider.slug, http["path_hint"], sample.get("auth")),
        query=urlencode(http.get("query") or {}),
        source=Source.POLL if is_poll else Source.PUSH,
    )
    return {"accept": True, "verified": verified, **_understood(provider, callback)}


def explain_body(provider: Provider[Any], body: bytes, hint: str = "", content_type: str = "application/json") -> Json:
    """What the bare `body` is taken for, as if it were authentic."""
    request = CallbackRequest(method="POST", url="", headers={"content-type": content_type}, body=body)
    callback = _callback(provider, request, hint=hint, query="", source=Source.PUSH)
    return {"accept": True, "verified": None, **_understood(provider, callback)}


def body_of(sample: Mapping[str, Any]) -> bytes:
    """The bytes of a sample: verbatim where they matter, a text as it is, anything else as compact JSON."""
    body = sample.get("raw_body", sample.get("body"))
    if body is None:
        return b""
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass")


def hint_of(slug: str, path: str, auth: Mapping[str, Any] | None = None) -> str:
    """What stands behind the provider's name in a path, and behind the token where the provider is let in by one.

    A path without that name is the provider's own, of an answer to a question; it is the hint as it stands.
    """
    members = [member for member in path.split("/") if member]
    behind = members[members.index(slug) + 1 :] if slug in members else members
    return "/".join(behind[1:] if behind and auth and behind[0] == auth.get("token") else behind)


def _verify(provider: Provider[Any], request: CallbackRequest, auth: Mapping[str, Any] | None) -> bool | None:
    if request.method not in provider.methods:
        raise MethodRefused(f"{provider.title} never calls with {request.method}")
    if auth is None:
        return None
    if provider.settings_from_sample is None:
        raise ConfigurationInvalid(f"{provider.title} does not say how its samples are signed; drop `auth`")
    try:
        settings = provider.settings_from_sample(auth)
    except (KeyError, ValueError) as exc:
        raise ConfigurationInvalid(f"the sample's auth does not fit {provider.title}: {exc}") from exc
    provider.make_verifier(settings)(request)
    return True


def _callback(
    provider: Provider[Any], request: CallbackRequest, *, hint: str, query: str, source: Source
) -> RawCallback:
    return RawCallback(
        provider=provider.slug,
        connection="explained",
        method=request.method,
        received_at=_NO_MOMENT,
        body=request.body,
        source=source,
        query=query,
        hint=hint,
        content_type=request.headers.get("content-type", ""),
    )


def _understood(provider: Provider[Any], callback: RawCallback) -> Json:
    """The facts and dead letters that the line would make of `callback`."""
    try:
        items = provider.normalise(callback)
    except PayloadInvalid as exc:
        return {"facts": [], "dead_letters": [_dead_letter(DeadLetterKind.UNREADABLE, str(exc), callback.body)]}
    if not items:
        return {"facts": [], "dead_letters": [_dead_letter(DeadLetterKind.EMPTY, "no items in it", callback.body)]}
    facts: list[Json] = []
    dead_letters: list[Json] = []
    for item in items:
        match item:
            case StatusFact():
                facts.append({**status_in_words(item), "why": reasons_of(provider, item)})
            case InboundFact():
                facts.append({**inbound_in_words(item), "why": ["a person wrote to us; it reports on no message"]})
            case SignalFact():
                facts.append({**signal_in_words(item), "why": ["something around a message; it moves no status"]})
            case RejectedItem():
                dead_letters.append(_dead_letter(DeadLetterKind.INVALID_ITEM, item.reason, item.body))
            case _:
                assert_never(item)
    return {"facts": facts, "dead_letters": dead_letters}


def _dead_letter(kind: DeadLetterKind, reason: str, body: bytes) -> Json:
    return {"kind": kind, "reason": reason, "body": body.decode("utf-8", "replace")}
