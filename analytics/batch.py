"""New records as Arrow tables, ready for one transaction."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
import pyarrow as pa

from analytics.columns import CALLBACK, RECORD, UNREADABLE, Hasher, table
from analytics.intake import Fetched, Record
from contracts import records as contract
from contracts.codec import decode
from contracts.errors import PayloadInvalid
from contracts.topics import load_topics

TOPICS = tuple(name for name, topic in load_topics().items() if "sink" in topic.readers)
"""What the store reads."""
CALLBACKS = "callbacks"
TABLES = {"inbound": "inbound", "signals": "signal", "dead-letters": "dead_letter"}
"""Of the topics whose records all go to one table; an update is a report or a registration."""


class About(msgspec.Struct, frozen=True, gc=False):
    """The members that name a person, and those that tell updates apart: all that Python reads of a record."""

    recipient: str | None = None
    author: str | None = None
    author_id: str | None = None
    report: "About | None" = None
    registration: "About | None" = None

    @property
    def person(self) -> str | None:
        """The person's number, else the opaque id a provider gives."""
        about = self.report or self.registration or self
        return about.recipient or about.author or about.author_id


class Unreadable(NamedTuple):
    """A record that is not what its topic promises."""

    topic: str
    partition: int
    offset: int
    reason: str


_about = msgspec.json.Decoder(About).decode


def tables_of(fetched: Iterable[Fetched], hashed: Hasher, *, strictly: bool = False) -> dict[str, pa.Table]:
    """Table name to its new rows. `strictly` tries each record by contract; those that fail become `unreadable`."""
    rows: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for topic, partition, records in fetched:
        if topic == CALLBACKS:
            rows["callback"] += [_callback(partition, record) for record in records]
        else:
            _sort(rows, Fetched(topic, partition, records), hashed, strictly=strictly)
    schemas = {"callback": CALLBACK, "unreadable": UNREADABLE}
    return {name: table(schemas.get(name, RECORD), found) for name, found in rows.items() if found}


def _sort(rows: dict[str, list[tuple[Any, ...]]], fetched: Fetched, hashed: Hasher, *, strictly: bool) -> None:
    """Put each record of one partition into the rows of its table."""
    topic, partition, records = fetched
    for record in records:
        value = record.value or b""
        try:
            about = _about(value)
            if strictly:
                _check(topic, value)
        except (msgspec.MsgspecError, PayloadInvalid, ValueError) as exc:
            rows["unreadable"].append(Unreadable(topic, partition, record.offset, str(exc)))
            continue
        name = TABLES.get(topic) or ("registration" if about.report is None else "report")
        rows[name].append((partition, record.offset, hashed(about.person), value))


def _check(topic: str, value: bytes) -> None:
    """Raises `PayloadInvalid` or `ValueError` when `value` is no record of `topic`."""
    found = decode(getattr(contract, load_topics()[topic].record), value)
    _check_ids(found)
    if isinstance(found, contract.StatusChanged):
        if UUID(found.attempt_id).version != 7:
            raise ValueError(f"attempt_id {found.attempt_id} does not begin with a time; ids of attempts are UUIDv7")
        if (found.report is None) == (found.registration is None):
            raise ValueError("an update answers one report or one registration")
        _check_ids(found.report or found.registration)


def _check_ids(record: contract.Record | None) -> None:
    for name in ("event_id", "attempt_id", "message_id"):
        if (text := getattr(record, name, None)) is not None:
            UUID(text)


def _callback(partition: int, record: Record) -> tuple[int, int, int, str, str, int]:
    headers = dict(record.headers)
    provider, connection = headers.get("provider", b""), headers.get("connection", b"")
    names = provider.decode(errors="replace"), connection.decode(errors="replace")
    return partition, record.offset, record.timestamp, *names, len(record.value or b"")


def counted(fetched: Iterable[Fetched]) -> dict[str, int]:
    """Topic to how many records."""
    counts: dict[str, int] = defaultdict(int)
    for topic, _, records in fetched:
        counts[topic] += len(records)
    return dict(counts)
