"""The AsyncAPI document of all topics, and the copy of it that is checked in.

`python -m contracts.describe` writes the copy; a test compares it, so that no change of what travels goes unseen.
"""

import json
from collections.abc import Mapping
from inspect import cleandoc
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_args

import msgspec

from contracts import alarms, conversations, plans, records
from contracts.topics import Topic, load_topics

COPY = Path(__file__).with_name("asyncapi.json")
PARTITIONS = 12
"""As every installation has it that does not set `kafka.partitions`."""
ROOMS = (records, plans, conversations, alarms)
SCHEMAS = "#/components/schemas/{name}"
BINDING = "0.5.0"
DESCRIPTION = """
Everything that Tidings tells on Kafka: what travels on each topic, by which key, and how long it stays.

Values are JSON but on `callbacks`, whose values are bodies as they came. A member that has its default is left out, and
a reader passes over members that it does not know. Times are ISO 8601 in UTC. Headers are CloudEvents 1.0 in Kafka's
binary mode. After a crash a record may stand there twice, with the same `ce_id`: whoever counts, counts by that.

Topics begin with `kafka.topic_prefix` of the settings and have `kafka.partitions` partitions; here is what they are
unless somebody sets them. What is marked `x-private` is a stage's own memory and changes without notice.
"""
HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "ce_specversion": "`1.0`.",
        "ce_type": "`tidings.<kind>.v1`.",
        "ce_source": "`/tidings/<writer>`.",
        "ce_id": "Of what a stage writes: `topic/partition/offset/item` of the record it stems from.",
        "content-type": "`application/json`.",
        "traceparent": "The W3C trace context, on what stems from a callback that is traced.",
    }
)
OF_UPDATES: Mapping[str, str] = MappingProxyType({"verdict": "As in the value, for readers that want only some."})
OF_CALLBACKS: Mapping[str, str] = MappingProxyType(
    {
        "content-type": "As the provider sent it.",
        "provider": "Whose callback it is.",
        "connection": "Over which account at the provider.",
        "method": "When it is not `POST`.",
        "query": "The raw query string, when there was one.",
        "hint": "What stood behind the connection in the address, when anything did.",
        "source": "When it was not pushed: `poll` or `replay`.",
        "received-at": "On a replay: when it first came, in milliseconds since 1970.",
        "replay-of": "On a replay: where it stood first.",
    }
)


def describe() -> dict[str, Any]:
    """The AsyncAPI 3 document of all topics."""
    topics = load_topics()
    kinds = [kind for topic in topics.values() for kind in kinds_of(topic)]
    _, schemas = msgspec.json.schema_components(dict.fromkeys(kinds), ref_template=SCHEMAS)
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Tidings on Kafka", "version": "1", "description": DESCRIPTION.strip()},
        "defaultContentType": "application/json",
        "channels": {name: _channel(topic) for name, topic in topics.items()},
        "operations": {
            f"tell-{name}": {"action": "send", "channel": {"$ref": f"#/channels/{name}"}, "summary": topic.purpose}
            for name, topic in topics.items()
        },
        "components": {
            "messages": {
                _message_id(topic, one): _message(topic, one) for topic in topics.values() for one in _names(topic)
            },
            "schemas": {name: _readable(schema) for name, schema in schemas.items()},
        },
    }


def kinds_of(topic: Topic) -> tuple[type, ...]:
    """The records that travel on `topic`; none for bodies as they came and for a stage's own memory."""
    if topic.record == "RawCallback":
        return ()
    kind = _record(topic)
    return () if kind is None else get_args(kind) or (kind,)


def rendered() -> str:
    """The document as it is checked in."""
    return json.dumps(describe(), indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def _record(topic: Topic) -> Any:  # noqa: ANN401  # a class, or a union of them
    """As the records know it, which may be any of several; null for a stage's own memory."""
    return next((getattr(room, topic.record) for room in ROOMS if hasattr(room, topic.record)), None)


def _channel(topic: Topic) -> dict[str, Any]:
    ids = {name: _message_id(topic, name) for name in _names(topic)}
    return {
        "address": topic.full_name(),
        "description": topic.purpose,
        "messages": {name: {"$ref": f"#/components/messages/{message}"} for name, message in ids.items()},
        "bindings": {
            "kafka": {"bindingVersion": BINDING, "partitions": PARTITIONS, "topicConfiguration": _kept(topic)}
        },
        "x-key": topic.key or "None: records are spread.",
        "x-writers": list(topic.writers),
        "x-readers": list(topic.readers),
        **({} if _is_public(topic) else {"x-private": True}),
    }


def _kept(topic: Topic) -> dict[str, Any]:
    stays: dict[str, Any] = (
        {"cleanup.policy": ["compact"]}
        if topic.compacted
        else {"cleanup.policy": ["delete"], "retention.ms": topic.retention_days * 86_400_000}
    )
    more = {name: msgspec.json.decode(value) for name, value in topic.config.items()}
    return stays | {"max.message.bytes": topic.max_message_bytes} | more


def _message(topic: Topic, name: str) -> dict[str, Any]:
    is_body = topic.record == "RawCallback"
    more = OF_CALLBACKS if is_body else OF_UPDATES if topic.name == "updates" else {}
    members = {header: {"type": "string", "description": meaning} for header, meaning in {**HEADERS, **more}.items()}
    return {
        "name": name,
        "title": name,
        **({"contentType": "application/octet-stream"} if is_body else {}),
        "headers": {"type": "object", "properties": members},
        "payload": _payload(topic, name),
        "examples": _examples(topic, name),
        **({"bindings": {"kafka": _key(topic)}} if topic.key else {}),
    }


def _key(topic: Topic) -> dict[str, Any]:
    return {"bindingVersion": BINDING, "key": {"type": "string", "description": topic.key}}


def _payload(topic: Topic, name: str) -> dict[str, Any]:
    if kinds_of(topic):
        return {"$ref": SCHEMAS.format(name=name)}
    if topic.record == "RawCallback":
        return {"description": "The body of the request, byte for byte."}
    return {"description": "A stage's own memory; null when it has forgotten."}


def _examples(topic: Topic, name: str) -> list[dict[str, Any]]:
    """The example of a topic, with the record that it is one of."""
    if not topic.example:
        return []
    if topic.record == "RawCallback":
        return [{"payload": topic.example}]
    told = type(msgspec.json.decode(topic.example, type=_record(topic))).__name__
    return [{"payload": msgspec.json.decode(topic.example)}] if told == name else []


def _names(topic: Topic) -> list[str]:
    return [kind.__name__ for kind in kinds_of(topic)] or [topic.record]


def _message_id(topic: Topic, name: str) -> str:
    return f"{topic.name}.{name}"


def _is_public(topic: Topic) -> bool:
    return bool(kinds_of(topic)) or topic.record == "RawCallback"


def _readable(schema: Any) -> Any:  # noqa: ANN401  # whatever JSON has
    """Without what only the source needs, and with what is known of names."""
    if isinstance(schema, list):
        return [_readable(one) for one in schema]
    if not isinstance(schema, dict):
        return cleandoc(schema) if isinstance(schema, str) else schema
    # Here a discriminator would be the name of a schema, and our tags are none; each schema says its tag itself.
    return {
        name: _members(one) if name == "properties" else _readable(one)
        for name, one in schema.items()
        if name != "discriminator"
    }


def _members(members: dict[str, Any]) -> dict[str, Any]:
    times = {name for name in members if name == "at" or name.endswith("_at")}
    return {
        name: _readable(schema) | ({"format": "date-time"} if name in times else {}) for name, schema in members.items()
    }


if __name__ == "__main__":
    COPY.write_text(rendered(), "utf-8")
