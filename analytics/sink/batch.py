"""New records as Arrow tables, ready for one transaction."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pyarrow as pa

from analytics.sink.columns import (
    BEGUN,
    CALLBACK,
    MARKS,
    OFFSETS,
    RECORD,
    SKIPPED,
    UNREADABLE,
    Hasher,
    in_pieces,
    table,
)
from analytics.sink.intake import COMPACTED, Fetched, Intake, Record, Source
from analytics.sink.strictness import check
from contracts.errors import PayloadInvalid
from contracts.raw import REPLAY_OF, replayed_place
from contracts.topics import load_topics
from contracts.vocabulary import Source as ToldBy

TOPICS = tuple(name for name, topic in load_topics().items() if "sink" in topic.readers)
"""What the store reads."""
CALLBACKS = "callbacks"
TABLES = {
    "inbound": "inbound",
    "signals": "signal",
    "dead-letters": "dead_letter",
    "suppressions": "suppression",
    "presumed-lost": "presumed_lost",
    "messages": "plan",
    "commands": "command",
    "outcomes": "outcome",
    "decisions": "decision",
    "sessions": "session_word",
    "alarms": "alarm",
}
"""Of the topics whose records all go to one table; an update is a report, a registration or neither."""
UNCLAIMED_ATTEMPTS = "unclaimed"
FEW = {"callback": CALLBACK, "unreadable": UNREADABLE}
"""Of the tables whose rows are made one at a time."""


class About(msgspec.Struct, frozen=True, gc=False):
    """The members that name a person or a replay, and those that tell updates apart: all that Python reads."""

    recipient: str | None = None
    author: str | None = None
    author_id: str | None = None
    source: str | None = None
    report: "About | None" = None
    registration: "About | None" = None
    request: "About | None" = None
    parties: "About | None" = None

    @property
    def person(self) -> str | None:
        """The person's number, else the opaque id a provider gives."""
        about = self.report or self.registration or self.request or self.parties or self
        return about.recipient or about.author or about.author_id

    @property
    def kind(self) -> str:
        """The table of an update; reports that were replayed are looked for among those stored."""
        if self.report is not None:
            return "replay" if self.report.source == ToldBy.REPLAY else "report"
        return UNCLAIMED_ATTEMPTS if self.registration is None else "registration"


_about = msgspec.json.Decoder(About).decode


@dataclass
class Rows:
    """Records of one table, a column at a time: rows of their own would be a thousand small things to collect."""

    partitions: list[int] = field(default_factory=list)
    offsets: list[int] = field(default_factory=list)
    times: list[int] = field(default_factory=list)
    people: list[int | None] = field(default_factory=list)
    values: list[bytes] = field(default_factory=list)

    def as_table(self) -> pa.Table:
        columns = (self.partitions, self.offsets, self.times, self.people, self.values)
        arrays = [pa.array(column, kind) for column, kind in zip(columns, RECORD.types, strict=True)]
        return in_pieces(pa.table(arrays, schema=RECORD))


@dataclass(frozen=True)
class Batch:
    """New records of all topics, and how far the store is once it has them."""

    new: list[Fetched]
    tables: dict[str, pa.Table]
    places: dict[str, pa.Table]
    next_offsets: dict[Source, int]

    @property
    def is_empty(self) -> bool:
        return not self.places["offsets"].num_rows

    @property
    def row_count(self) -> int:
        return sum(rows.num_rows for rows in self.tables.values())


def prepare(intake: Intake, hashed: Hasher, fetched: Iterable[Fetched]) -> Batch:
    """What of `fetched` is new, ready to be written; raises `OffsetGap`.

    Batches must be written in the order in which they were prepared. When one could not be, `intake` is void.
    """
    new = intake.new(fetched)
    offsets, marks = intake.take_moves()
    begun, skipped = intake.take_notes()
    places = {"offsets": table(OFFSETS, offsets), "marks": table(MARKS, marks)}
    if begun:
        places["begun"] = table(BEGUN, begun)
    if skipped:
        places["skipped"] = table(SKIPPED, skipped)
    try:
        tables = tables_of(new, hashed)
    except pa.ArrowInvalid:  # one has bytes that are no text where nobody looked
        tables = tables_of(new, hashed, strictly=True)
    return Batch(new, tables, places, dict(intake.next_offsets))


def tables_of(fetched: Iterable[Fetched], hashed: Hasher, *, strictly: bool = False) -> dict[str, pa.Table]:
    """Table name to its new rows. `strictly` tries each record by contract; those that fail become `unreadable`."""
    rows: dict[str, Rows] = defaultdict(Rows)
    few: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for part in fetched:
        if part.topic == CALLBACKS:
            few["callback"] += [_callback(part.partition, record) for record in part.records]
        else:
            _sort(part, rows, few, hashed, strictly=strictly)
    tables = {name: found.as_table() for name, found in rows.items()}
    return tables | {name: table(FEW[name], found) for name, found in few.items()}


def _sort(
    fetched: Fetched,
    rows: dict[str, Rows],
    few: dict[str, list[tuple[Any, ...]]],
    hashed: Hasher,
    *,
    strictly: bool,
) -> None:
    """Put each record of one partition into the rows of its table; with the reason when it cannot be read."""
    topic, partition, records = fetched
    for record in records:
        if record.value is None and topic in COMPACTED:
            continue  # a tombstone: what was said under this key was forgotten, and the rows stay as they are
        value = record.value or b""
        try:
            about = _about(value)
            if strictly:
                check(topic, value)
        except (msgspec.MsgspecError, PayloadInvalid, ValueError) as exc:
            few["unreadable"].append((topic, partition, record.offset, str(exc)))
            continue
        name = TABLES.get(topic) or about.kind
        into = rows[name]
        into.partitions.append(partition)
        into.offsets.append(record.offset)
        into.times.append(record.timestamp)
        into.people.append(hashed(about.person))
        into.values.append(value)


def _callback(partition: int, record: Record) -> tuple[int | str | None, ...]:
    headers = dict(record.headers)
    provider, connection = headers.get("provider", b""), headers.get("connection", b"")
    names = provider.decode(errors="replace"), connection.decode(errors="replace")
    replayed = replayed_place(headers[REPLAY_OF]) if REPLAY_OF in headers else (None, None)
    return partition, record.offset, record.timestamp, *names, len(record.value or b""), *replayed


def counted(fetched: Iterable[Fetched]) -> dict[str, int]:
    """Topic to how many records."""
    counts: dict[str, int] = defaultdict(int)
    for topic, _, records in fetched:
        counts[topic] += len(records)
    return dict(counts)
