"""What every provider's folder must keep, written once and run for each by tests/conformance.

A check returns what is wrong, as sentences; none is good. Nothing here knows a provider.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from itertools import product
from typing import Any

from contracts.records import RawCallback
from contracts.vocabulary import Source
from providers._kit.explain import body_of, explain, hint_of
from providers._kit.facts import InboundFact, Item, RejectedItem, SignalFact, StatusFact
from providers._kit.provider import Provider
from providers._kit.reading import MAX_CONTENT, MAX_ID

STRICT = {
    "status": ("scope", "message_id", "channel", "status", "provider_code", "occurred_at", "recipient", "reason"),
    "inbound": ("message_id", "channel", "inbound_kind", "occurred_at", "from", "to", "text", "media_url", "reply_to"),
    "event": ("event", "occurred_at"),
    "click": ("message_id", "occurred_at", "url"),
}
"""The members of each kind of fact that must be as the sample says; others only where both sides have them."""

OWN_WORDS = frozenset({"external_id"})
"""What a send called itself comes back verbatim, 4 000 characters at one provider; nothing is keyed by it."""

_JUNK: tuple[object, ...] = (None, 7, "junk", [], {})
FOLDER = ("README.md", "codes.csv", "payloads.py", "settings.py", "verifier.py", "normaliser.py", "simulator.py")
_FICTIONAL = re.compile(r"\+?(?:447700900[0-9]{3}|1[2-9][0-9]{2}55501[0-9]{2})")
_NUMBER = re.compile(r"\+?[0-9]{11,15}")
_EPOCH_MILLISECONDS = re.compile(r"1[0-9]{12}")


@dataclass(frozen=True)
class Sample:
    """A callback and what it must amount to."""

    name: str
    content: Mapping[str, Any]

    @property
    def expect(self) -> Mapping[str, Any]:
        expect: Mapping[str, Any] = self.content["expect"]
        return expect


def samples_of(slug: str) -> list[Sample]:
    """The samples in the folder of a provider, by name."""
    found = (file for file in files(f"providers.{slug}").joinpath("samples").iterdir() if file.name.endswith(".json"))
    samples = [Sample(file.name.removesuffix(".json"), json.loads(file.read_text(encoding="utf-8"))) for file in found]
    return sorted(samples, key=lambda sample: sample.name)


def missing_files(slug: str) -> list[str]:
    """What a provider's folder lacks."""
    folder = files(f"providers.{slug}")
    missing = [name for name in FOLDER if not folder.joinpath(name).is_file()]
    tests = folder.joinpath("tests")
    has_tests = tests.is_dir() and any(file.name.startswith("test_") for file in tests.iterdir())
    return [f"{slug} has no {name}" for name in (*missing, *(() if has_tests else ("tests",)))]


def missing_samples(slug: str) -> list[str]:
    """The kinds of callbacks that every provider must show and this one does not."""
    samples = samples_of(slug)
    statuses = {fact.get("status") for sample in samples for fact in sample.expect["facts"]}
    shown = {
        "a delivered message": "delivered" in statuses,
        "a bad end": bool(statuses & {"undelivered", "expired", "rejected", "failed"}),
        "an unknown code": "unknown" in statuses,
        "a callback that is signed well": any(_auth(sample).get("valid") for sample in samples),
        "a callback that is refused": any(not sample.expect["accept"] for sample in samples),
    }
    return [f"{slug} has no sample of {what}" for what, is_shown in shown.items() if not is_shown]


def disagreements(provider: Provider[Any], sample: Sample) -> list[str]:
    """Where what the adapter makes of `sample` is not what the sample expects."""
    found, expect = explain(provider, sample.content), sample.expect
    if found["accept"] != expect["accept"]:
        return [f"accept: expected {expect['accept']}, found {found['accept']}"]
    facts = found["facts"]
    if not facts and found["dead_letters"] and expect.get("parse"):
        return []  # A format that is not plain JSON may be put aside whole, but not lost.
    wrong = [f"{len(expect['facts'])} facts expected, {len(facts)} found"] * (len(facts) != len(expect["facts"]))
    for index, (want, got) in enumerate(zip(expect["facts"], facts, strict=False)):
        wrong += [f"fact {index}: {difference}" for difference in _differences(want, got)]
    kinds = [letter["kind"] for letter in found["dead_letters"]]
    if expect.get("dead_letters", kinds) != kinds:
        wrong.append(f"dead letters: expected {expect['dead_letters']}, found {kinds}")
    return wrong


def callback_of(provider: Provider[Any], sample: Sample, *, body: bytes | None = None) -> RawCallback:
    """The callback as `callbacks` would hold it, perhaps with another body."""
    http = sample.content["http"]
    headers = {name.lower(): value for name, value in http["headers"].items()}
    return raw_callback(
        provider,
        body_of(sample.content) if body is None else body,
        method=http["method"],
        hint=hint_of(provider.slug, http["path_hint"], sample.content.get("auth")),
        content_type=headers.get("content-type", ""),
    )


def raw_callback(
    provider: Provider[Any], body: bytes, *, method: str = "POST", hint: str = "", content_type: str = ""
) -> RawCallback:
    """A callback with this body, received at a moment that must not matter."""
    return RawCallback(
        provider=provider.slug,
        connection="conformance",
        method=method,
        received_at=datetime(2026, 1, 1, tzinfo=UTC),
        body=body,
        source=Source.PUSH,
        hint=hint,
        content_type=content_type,
    )


def names_of(items: Iterable[Item]) -> list[tuple[str, ...]]:
    """What tells facts apart, without what a neighbour may colour; rejected items have no name."""
    names: list[tuple[str, ...]] = []
    for item in items:
        match item:
            case StatusFact():
                names.append(("status", item.message_id, str(item.status), item.provider_code))
            case InboundFact() | SignalFact():
                names.append((type(item).__name__, str(item.message_id), str(item.kind)))
            case RejectedItem():
                pass
    return names


def unfit_items(items: Sequence[Item]) -> list[str]:
    """Items that cannot travel on: not text that can be encoded, or longer than what is kept."""
    wrong = []
    for item in items:
        for name in item.__struct_fields__:
            value = getattr(item, name)
            if isinstance(value, str):
                limit = MAX_ID if name.endswith("_id") and name not in OWN_WORDS else MAX_CONTENT
                wrong += [f"{name} has {len(value)} characters"] * (len(value) > limit)
                wrong += [f"{name} holds a NUL character"] * ("\x00" in value)
                value.encode()
    return wrong


def bodies_with_junk(body: object) -> Iterator[object]:
    """`body` with one thing that is no item in one of its lists of items, before or after the others."""
    for path, junk, is_first in product(_lists_of_objects(body), _JUNK, (True, False)):
        copy = json.loads(json.dumps(body))
        place = copy
        for step in path:
            place = place[step]
        place.insert(0 if is_first else len(place), junk)
        yield copy


def real_numbers(sample: Sample) -> list[str]:
    """Numbers in `sample` that may belong to somebody."""
    body = sample.content["body"]
    texts = [str(value) for value in _scalars(body) if not isinstance(value, bool | float)]
    times = {str(value) for value in _scalars(body) if isinstance(value, int)}
    return [
        text
        for text in texts
        if _NUMBER.fullmatch(text)
        and not _FICTIONAL.fullmatch(text)
        and not (text in times and _EPOCH_MILLISECONDS.fullmatch(text))
    ]


def _auth(sample: Sample) -> Mapping[str, Any]:
    auth: Mapping[str, Any] = sample.content.get("auth") or {}
    return auth


def _differences(want: Mapping[str, Any], got: Mapping[str, Any]) -> Iterator[str]:
    for member in ("fact", *STRICT.get(want["fact"], ())):
        expected, found = want.get(member), got.get(member)
        if member == "occurred_at":
            expected, found = _instant(expected), _instant(found)
        if expected != found:
            yield f"{member}: expected {want.get(member)!r}, found {got.get(member)!r}"


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _lists_of_objects(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The outermost ones: what stands inside an item is the item's own affair."""
    if isinstance(value, list) and value and all(isinstance(element, dict) for element in value):
        yield path
        return
    for name, child in _members(value):
        yield from _lists_of_objects(child, (*path, name))


def _scalars(value: object) -> Iterator[object]:
    if not isinstance(value, dict | list):
        yield value
    for _, child in _members(value):
        yield from _scalars(child)


def _members(value: object) -> Iterable[tuple[str | int, object]]:
    if isinstance(value, dict):
        return value.items()
    return enumerate(value) if isinstance(value, list) else ()
