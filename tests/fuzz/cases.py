"""One case: a sample of a provider, spoilt, through the line's own normaliser. It ends as facts or dead letters."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any

import msgspec

from contracts.errors import PayloadInvalid
from contracts.records import RawCallback
from providers import load_providers
from providers._kit.conformance import callback_of, samples_of, unfit_items
from providers._kit.explain import body_of
from providers._kit.facts import RejectedItem
from runtime.settings import Connection
from streams.normalise.normaliser import LARGEST_VALUE, Fact, Normaliser
from tests.fuzz.mutations import OF_BYTES, OF_VALUES, places

TEXT_IN_BYTES = 0.35
"""How often the written body is spoilt too."""
MOST_AT_ONCE = 4
ODD_QUERIES = ("", "3", "%00", "%FF", "x" * 300)
FLATTENED = ("application/x-www-form-urlencoded", "application/xml", "text/plain", "")


@dataclass(frozen=True)
class Specimen:
    """A sample with all that a case needs of it."""

    provider: str
    name: str
    callback: RawCallback
    value: Any
    """The body as JSON; null where it is something else."""


@cache
def specimens() -> tuple[Specimen, ...]:
    """All samples of all providers."""
    return tuple(
        Specimen(provider.slug, sample.name, callback_of(provider, sample), _value(body_of(sample.content)))
        for provider in load_providers().values()
        for sample in samples_of(provider.slug)
    )


@cache
def values() -> list[Any]:
    """All bodies that members can be taken from."""
    return [specimen.value for specimen in specimens() if specimen.value is not None]


@cache
def normaliser() -> Normaliser:
    providers = load_providers()
    return Normaliser(providers, [Connection(provider=slug, name="conformance") for slug in providers])


def spoilt(seed: int, number: int) -> tuple[Specimen, RawCallback]:
    """Case `number` of a run: the same on every machine."""
    fate = Random(f"{seed}:{number}")  # a test, not a secret
    specimen = fate.choice(specimens())
    body = specimen.callback.body
    if specimen.value is not None:
        value = json.loads(json.dumps(specimen.value))
        for _ in range(fate.randint(1, MOST_AT_ONCE)):
            if any(places(value)):
                fate.choice(OF_VALUES)(value, fate, values())
        body = json.dumps(value, ensure_ascii=fate.random() < 0.5).encode("utf-8", "surrogatepass")
    if specimen.value is None or fate.random() < TEXT_IN_BYTES:
        body = fate.choice(OF_BYTES)(body, fate)
    changed: dict[str, Any] = {"body": body}
    if fate.random() < 0.05:
        changed["content_type"] = fate.choice(FLATTENED)
    if fate.random() < 0.05:
        changed["hint"] = fate.choice(specimens()).callback.hint
    if fate.random() < 0.05:
        changed["query"] = "&".join(
            f"{name}={fate.choice(('', '3', '%00', '%FF', 'x' * 300))}" for name in _names(specimen)
        )
    return specimen, msgspec.structs.replace(specimen.callback, **changed)


def wrong_with(callback: RawCallback) -> list[str]:
    """What must not be, as sentences; none is good."""
    try:
        items = list(load_providers()[callback.provider].normalise(callback))
    except PayloadInvalid as exc:
        return [] if str(exc) else ["refused without a reason"]
    except Exception as exc:  # noqa: BLE001  # which is what this looks for
        return [f"{type(exc).__name__} escapes: {exc}"]
    if items != list(load_providers()[callback.provider].normalise(callback)):
        return ["the second time it is something else"]
    wrong = unfit_items([item for item in items if not isinstance(item, RejectedItem)])
    wrong += [
        "an item is put aside without a reason" for item in items if isinstance(item, RejectedItem) and not item.reason
    ]
    return [*wrong, *_wrong_records(callback, len(items))]


def _wrong_records(callback: RawCallback, count: int) -> list[str]:
    """Of what the stage writes: one record per item, each of a size that Kafka carries."""
    facts = normaliser().normalise(callback, 0, offset=1)
    wrong = [f"{len(facts)} records of {count} items"] * (len(facts) != max(count, 1))
    return wrong + _too_large(facts, len(callback.body))


def _too_large(facts: Sequence[Fact], received: int) -> list[str]:
    # A dead letter holds the bytes it is about, in base64.
    room = {"dead-letters": 4 * received // 3 + 10_000}
    return [
        f"a record of {len(fact.value)} bytes"
        for fact in facts
        if len(fact.value) > room.get(fact.topic, LARGEST_VALUE)
    ]


def _names(specimen: Specimen) -> list[str]:
    return [name for name in specimen.value if name.isidentifier()] if isinstance(specimen.value, dict) else ["status"]


def _value(body: bytes) -> Any:
    try:
        value = json.loads(body)
    except ValueError:
        return None
    return value if isinstance(value, dict | list) else None
