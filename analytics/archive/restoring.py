"""Rows for what Kafka no longer has, put into a store that goes on being fed from Kafka afterwards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import Any, NamedTuple
from uuid import UUID

from msgspec import structs

from analytics.archive.known import KnownItems, asked_of
from analytics.freshness import Positions, Skyline
from analytics.queries import load_query
from analytics.sink.batch import Batch, tables_of
from analytics.sink.columns import MARKS, OFFSETS, hasher, table
from analytics.sink.intake import Fetched
from analytics.sink.pseudonyms import keep_to, load_hash_key
from analytics.sink.writer import Writer
from analytics.statements import run
from analytics.store.database import Connection, transaction
from analytics.upkeep.upkeep import Upkeep
from contracts.archived import CALLBACK, Archived
from contracts.codec import decode, encode
from contracts.errors import StoreUnavailable
from contracts.identity import derived_message_id
from contracts.records import Cause, DeadLetter, InboundMessage, Signal, StatusChanged
from runtime.settings import Settings

FIRST_OFFSET = -(2**60)
"""Restored rows stand nowhere on Kafka; their offsets are below all that do."""
SAME_ATTEMPT_MS = 3_600_000
"""How far apart the first times of an attempt may be when the same records come in another order."""
KINDS: dict[str, type[InboundMessage | Signal | DeadLetter]] = {
    "inbound": InboundMessage,
    "signals": Signal,
    "dead-letters": DeadLetter,
}

Attempts = Mapping[str, Mapping[str, Any]]
Items = set[tuple[int, int, int | None]]


class Told(NamedTuple):
    """A record that a stage made; `attempt_key` is empty where no attempt is spoken of."""

    topic: str
    attempt_key: str
    timestamp: int
    value: bytes


@dataclass
class Row:
    """A record as the sink reads it."""

    offset: int
    timestamp: int
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()


class Restorer:
    """Adds to a store what it lacks; what it has, by the place of the callback, is left as it is.

    It may be broken off at any moment and begun again.
    """

    def __init__(self, connection: Connection, settings: Settings, starts: Mapping[int, int]) -> None:
        """`starts` says where Kafka's callbacks begin: there a store goes on that has read none yet.

        Raises `ConfigurationInvalid` when this store knows people by another key.
        """
        self._connection = connection
        key = load_hash_key(settings)
        keep_to(connection, key)
        self._hashed = hasher(key)
        upkeep = Upkeep(connection, Skyline(), reply_window_s=settings.store.reply_window_s)
        self._writer = Writer(connection, self._hashed, upkeep, seen_days=settings.streams.seen_days)
        begun = {("callbacks", partition): start for partition, start in starts.items()}
        self._next_offsets = begun | self._writer.resume().next_offsets
        self._known = KnownItems(asked_of(connection), "the store that is rebuilt")
        self._offsets = count(FIRST_OFFSET)

    @property
    def positions(self) -> Positions:
        """Up to where the store has read Kafka."""
        found: Positions = {}
        for (topic, partition), offset in self._next_offsets.items():
            found.setdefault(topic, {})[partition] = offset
        return found

    def forget_settled(self) -> None:
        """Count from the rows again what was settled, because rows are about to come in below.

        Raises `StoreUnavailable` when rows that were counted are not there any more: they would be counted twice.
        """
        if self._connection.execute(load_query("forgotten").sql).fetchall():
            raise StoreUnavailable(
                "this store has dropped old facts and kept their counts, so what is brought back would count twice; "
                "move it and its snapshots aside, let a new one be filled from Kafka, and rebuild that"
            )
        with transaction(self._connection):
            for name in ("clear_settled_counts", "clear_settled_places"):
                run(self._connection, name, {})

    def add(self, callbacks: Sequence[Archived], told: Sequence[Told]) -> int:
        """Callbacks, and what was made of them and by then; how many rows were missing and are there now."""
        rows = self._known.rows(callbacks) if callbacks else []
        stored = {(row["cause_partition"], row["cause_offset"]) for row in rows if row["kind"] == CALLBACK}
        items = {(row["cause_partition"], row["cause_offset"], row["cause_index"]) for row in rows}
        lacking = [one for one in callbacks if (one.partition, one.offset) not in stored]
        missing = self._missing(told, items)
        if lacking or missing:
            self._writer.write(self._batch(lacking, missing))
        return len(lacking) + len(missing)

    def _missing(self, told: Sequence[Told], items: Items) -> list[Told]:
        keys = list({one.attempt_key for one in told if one.attempt_key})
        attempts = self._known.attempts(keys) if keys else {}
        values = [_missing_value(one, items, attempts) for one in told]
        return [one._replace(value=value) for one, value in zip(told, values, strict=True) if value is not None]

    def _batch(self, callbacks: Sequence[Archived], told: Sequence[Told]) -> Batch:
        """With the offsets that the store has already: nothing of this was read from Kafka."""
        fetched = [
            Fetched("callbacks", one.partition, [Row(one.offset, one.timestamp, one.value, one.headers)])
            for one in callbacks
        ]
        fetched += [Fetched(one.topic, 0, [Row(next(self._offsets), one.timestamp, one.value)]) for one in told]
        offsets = [(*source, offset) for source, offset in self._next_offsets.items()]
        places = {"offsets": table(OFFSETS, offsets), "marks": table(MARKS, [])}
        return Batch(fetched, tables_of(fetched, self._hashed), places, dict(self._next_offsets))


def _missing_value(told: Told, items: Items, attempts: Attempts) -> bytes | None:
    """The record to be stored; null when the store has it, or when it stems from no callback."""
    if told.topic != "updates":
        return None if _has(items, decode(KINDS[told.topic], told.value).cause) else told.value
    update = decode(StatusChanged, told.value)
    known = attempts.get(told.attempt_key, {})
    if update.report is not None:
        is_known = _has(items, update.report.cause)
    elif update.registration is not None:
        is_known = _naive(update.registration.registered_at) in _registrations(known)
    else:
        at = _naive(datetime.fromtimestamp(told.timestamp / 1000, UTC))
        is_known = known.get("is_unclaimed", False) or any(moment <= at for moment in _registrations(known))
    return None if is_known else encode(_named(update, told.attempt_key.encode(), known.get("attempt_id")))


def _has(items: Items, cause: Cause) -> bool:
    return cause.partition < 0 or (cause.partition, cause.offset, cause.index) in items


def _registrations(known: Mapping[str, Any]) -> list[datetime]:
    return list(known.get("registered_at") or ())


def _named(update: StatusChanged, key: bytes, known_id: str | None) -> StatusChanged:
    """The update under the id that its attempt has in the store.

    An id begins with the time of what was heard first, and of two records that came at once another one may be first
    now; the rest of the attempt must not become a stranger by that.
    """
    if known_id is None or known_id == update.attempt_id:
        return update
    own_ms, known_ms = _first_ms(update.attempt_id), _first_ms(known_id)
    if abs(own_ms - known_ms) > SAME_ATTEMPT_MS:
        return update
    is_derived = update.message_id == derived_message_id(own_ms, key)
    message_id = derived_message_id(known_ms, key) if is_derived else update.message_id
    return structs.replace(update, attempt_id=known_id, message_id=message_id)


def _first_ms(name: str) -> int:
    return UUID(name).int >> 80


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)
