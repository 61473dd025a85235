"""The reference of the topics, from their AsyncAPI document."""

import json
from pathlib import Path

from docs.site.schemas import Schema, chapter, words

INTRODUCTION = """# Every topic

Made from `contracts/asyncapi.json`. How to read topics, and what their headers say, is told in
[what travels on Kafka](asyncapi.md)."""
DAY_MS = 86_400_000


def topics_reference(document: Path) -> str:
    """One page: the topics, then the records by name."""
    told = json.loads(document.read_text(encoding="utf-8"))
    messages = told["components"]["messages"]
    topics = [_topic(name, channel, messages) for name, channel in sorted(told["channels"].items())]
    return "\n\n".join([INTRODUCTION, *topics, "## Records", *chapter(told["components"]["schemas"])]) + "\n"


def _topic(name: str, channel: Schema, messages: Schema) -> str:
    rows = {
        "on the broker": f"`{channel['address']}`",
        "key": channel["x-key"],
        "written by": ", ".join(channel["x-writers"]),
        "read by": ", ".join(channel["x-readers"]),
        "stays": _stays(channel["bindings"]["kafka"]["topicConfiguration"]),
        "carries": ", ".join(
            words(messages[one["$ref"].rpartition("/")[2]]["payload"]) for one in channel["messages"].values()
        ),
    }
    private = ["A stage's own memory; it changes without notice."] if "x-private" in channel else []
    table = "\n".join(["| | |\n| --- | --- |", *(f"| {word} | {value} |" for word, value in rows.items())])
    return "\n\n".join([f"## {name}", str(channel["description"]), *private, table])


def _stays(configuration: Schema) -> str:
    if "compact" in configuration["cleanup.policy"]:
        return "the newest record of each key"
    return f"{configuration['retention.ms'] / DAY_MS:g} days"
