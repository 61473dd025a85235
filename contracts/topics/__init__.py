"""The topics, one reviewed file each beside this module: what travels, who writes and reads it, how long it stays."""

import tomllib
from functools import cache
from importlib.resources import files
from types import MappingProxyType

import msgspec


class Topic(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A topic as its file describes it. `name` is the plural word; Kafka knows it under `full_name`."""

    name: str
    purpose: str
    record: str
    key: str
    """What the key is, in words; empty when records are spread."""
    writers: tuple[str, ...]
    readers: tuple[str, ...]
    retention_days: int
    """0: kept for ever, as the latest record per key."""
    version: int = 1
    compacted: bool = False
    max_message_bytes: int = 1_200_000
    example: str = ""
    config: dict[str, str] = {}

    def full_name(self, prefix: str = "tidings-") -> str:
        """The name on the broker."""
        return f"{prefix}{self.name}-v{self.version}"


@cache
def load_topics() -> MappingProxyType[str, Topic]:
    """All topics by their plural word."""
    described = {
        entry.name.removesuffix(".toml"): tomllib.loads(entry.read_text(encoding="utf-8"))
        for entry in files(__name__).iterdir()
        if entry.name.endswith(".toml")
    }
    topics = {name: msgspec.convert({"name": name, **members}, Topic) for name, members in sorted(described.items())}
    return MappingProxyType(topics)
