"""`tidings topology` and `tidings topics`: what flows where, from the same data that the processes run on."""

import asyncio
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from contracts.topics import Topic, load_topics
from runtime.kafka import ensure_topics
from runtime.settings import load_settings
from streams.topology import Node, topology_of
from tidings.installation import at_its_kafka


def show_topology(config: Path | None, *, as_json: bool, as_mermaid: bool) -> None:
    """Print the stages and the topics between them."""
    settings = load_settings(config)
    nodes, topics = topology_of(settings), list(load_topics().values())
    if as_json:
        told = {"stages": [asdict(node) for node in nodes], "topics": _described(topics, settings.kafka.topic_prefix)}
        typer.echo(json.dumps(told, indent=2))
    elif as_mermaid:
        typer.echo(mermaid(topics))
    else:
        Console().print(_stage_table(nodes))
        Console().print(_flow_table(topics))


def show_topics(config: Path | None, *, is_creating: bool, as_json: bool) -> None:
    """Print the topics; create those that are missing when asked to."""
    settings = at_its_kafka(load_settings(config))
    topics = list(load_topics().values())
    if is_creating:
        asyncio.run(ensure_topics(settings.kafka, topics))
        typer.echo(f"all {len(topics)} topics are there, {settings.kafka.partitions} partitions each", err=True)
    if as_json:
        typer.echo(json.dumps(_described(topics, settings.kafka.topic_prefix), indent=2))
        return
    table = Table("topic", "record", "key", "kept", "purpose")
    for topic in topics:
        kept = f"{topic.retention_days} days" if topic.retention_days else "latest per key"
        table.add_row(topic.full_name(settings.kafka.topic_prefix), topic.record, topic.key or "-", kept, topic.purpose)
    Console().print(table)


def mermaid(topics: list[Topic]) -> str:
    """The flow as a Mermaid chart: an arrow from each writer of a topic to each of its readers."""
    arrows = [
        f"    {writer} -->|{topic.name}| {reader}"
        for topic in topics
        for writer in topic.writers
        for reader in topic.readers
    ]
    return "\n".join(["flowchart LR", *arrows])


def _stage_table(nodes: tuple[Node, ...]) -> Table:
    table = Table("stage", "consumer group", "topics", title="stages", show_lines=True)
    for node in nodes:
        links = {"reads": node.reads, "follows": node.follows, "writes": node.writes}
        lines = [f"{how} {name}" for how, names in links.items() for name in names]
        table.add_row(node.stage, node.group, "\n".join([*lines, f"remembers in {node.state or 'nothing'}"]))
    return table


def _flow_table(topics: list[Topic]) -> Table:
    table = Table("written by", "topic", "read by", "purpose", title="flow")
    for topic in topics:
        table.add_row(", ".join(topic.writers), topic.name, ", ".join(topic.readers), topic.purpose)
    return table


def _described(topics: list[Topic], prefix: str) -> list[dict[str, Any]]:
    return [{"full_name": topic.full_name(prefix), **msgspec.to_builtins(topic)} for topic in topics]
