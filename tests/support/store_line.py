"""The line in memory, as far as the store sees it: callbacks and what the stages make of them, as Kafka would give it.

Track's own rules give the verdicts, so what is stored in tests is what is stored in life.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from analytics.sink.intake import Fetched
from contracts.codec import encode
from contracts.conversations import Told
from contracts.envelope import Headers, Position, fixed_headers, with_id
from contracts.identity import attempt_key, report_event_id
from contracts.raw import origin_headers, replay_headers
from contracts.records import (
    AttemptRegistered,
    Cause,
    DeadLetter,
    DeliveryReport,
    InboundMessage,
    Record,
    Signal,
    StatusChanged,
    Wish,
)
from contracts.status import DeliveryStatus
from contracts.suppressions import key_of
from contracts.vocabulary import DeadLetterKind, InboundKind, Scope
from runtime.partitioner import partition_of
from streams.track.attempt import AttemptState
from streams.track.machine import Place, Rules, advance, register, time_is_up

T0 = datetime(2026, 11, 21, 10, tzinfo=UTC)
PREFIX = "test-"
MESSAGE = "019aa5a1-0000-7000-8000-00000000{:04x}"
OBSERVED = "observed"
"""The connection whose attempts nobody registers."""
RULES = Rules(is_observed_only=False, keep_s=3 * 86_400)
GIVEN_UP_S = RULES.parking_ms / 1000 + 60


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


@dataclass(frozen=True)
class KafkaRecord:
    """With as much of a consumer's record as the sink looks at."""

    offset: int
    timestamp: int
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()


Step = Callable[..., tuple[Any, StatusChanged]]
"""What track does with a record of one of its kinds."""


@dataclass
class Line:
    """Topics by plural word and partition."""

    partitions: int = 3
    logs: dict[tuple[str, int], list[KafkaRecord]] = field(default_factory=lambda: defaultdict(list))
    states: dict[bytes, AttemptState] = field(default_factory=dict)
    told: list[StatusChanged] = field(default_factory=list)
    """All updates, in the order track made them."""
    read: dict[tuple[str, int], int] = field(default_factory=lambda: defaultdict(int))

    def receive(
        self,
        *,
        items: int = 1,
        provider: str = "infobip",
        connection: str = "main",
        at_s: float = 0,
        replays: Cause | None = None,
    ) -> Cause:
        """A callback with so many items; the cause of the first. One that `replays` another says so."""
        partition = len(self.logs["callbacks", 0]) % self.partitions
        headers = origin_headers(provider, connection)
        if replays is not None:
            place = b"%scallbacks-v1/%d/%d" % (PREFIX.encode(), replays.partition, replays.offset)
            headers = replay_headers(headers, ms(at(at_s)), place=place)
        offset = self.append("callbacks", partition, b'{"some":"bytes"}', headers, at_s)
        return Cause(partition=partition, offset=offset, items=items)

    def report(
        self, said: str, *, of: str = "root-1", leg: str | None = None, at_s: float = 0, **members: Any
    ) -> StatusChanged:
        """A report that came at `at_s`, through track into `updates`; its callback comes with it unless it is given."""
        connection = members.get("connection", "main")
        cause = members.pop("cause", None) or self.receive(connection=connection, at_s=at_s)
        told = report(said, of=of, leg=leg, at_s=at_s, cause=cause, **members)
        return self._track("reports", told, advance, at_s)

    def register(self, *, of: str = "root-1", at_s: float = 0, **members: Any) -> StatusChanged:
        """A registration that came at `at_s`, through track into `updates`."""
        given: dict[str, Any] = {
            "provider": "infobip",
            "connection": "main",
            "account": "default",
            "message_id": MESSAGE.format(sum(of.encode())),
        }
        return self._track(
            "attempts",
            AttemptRegistered(**given | {"root_id": of, "registered_at": at(at_s)} | members),
            register,
            at_s,
        )

    def unclaim(self, *, of: str = "root-1", at_s: float = GIVEN_UP_S) -> StatusChanged:
        """Nobody registered the attempt in time."""
        key = attempt_key("infobip", "main", of)
        partition = partition_of(key, self.partitions)
        offset = self.append("track-due", partition, b"{}", [], at_s)
        state, update = time_is_up(self.states[key], Place(key, ms(at(at_s))), RULES)
        assert state is not None
        assert update is not None
        self.states[key] = state
        self._tell(update, Position(f"{PREFIX}track-due-v1", partition, offset), at_s)
        return update

    def forget(self, *, of: str = "root-1", connection: str = "main") -> None:
        """As track does with an attempt that has been silent for long."""
        del self.states[attempt_key("infobip", connection, of)]

    def inbound(self, event_id: str, *, at_s: float = 0, **members: Any) -> None:
        given: dict[str, Any] = {
            "event_id": event_id,
            "provider": "infobip",
            "connection": "main",
            "account": "default",
            "received_at": at(at_s),
            "cause": self.receive(at_s=at_s),
            "kind": InboundKind.TEXT,
            "author": "+447700900105",
            "text": "Is it in stock?",
        }
        message = InboundMessage(**given | members)
        self.write("inbound", b"person", message, at_s, cause=message.cause)

    def suppress(self, wish: Wish, *, at_s: float = 0) -> None:
        """A wish that stands since, as the consent stage tells it."""
        partition = partition_of(key_of(wish), self.partitions)
        source = Position(f"{PREFIX}wishes-v1", partition, len(self.logs["suppressions", partition]))
        headers = with_id(fixed_headers("suppression", "consent"), source.event_id)
        self.append("suppressions", partition, encode(wish), headers, at_s)

    def tell(self, *told: Told, at_s: float = 0) -> None:
        """What the session stage tells of one thing that it heard."""
        partition = partition_of(told[0].parties.key, self.partitions)
        offset = len(self.logs["sessions", partition])
        for item, one in enumerate(told):
            source = Position(f"{PREFIX}talk-v1", partition, offset, item)
            self.append(
                "sessions", partition, encode(one), with_id(fixed_headers("session", "session"), source.event_id), at_s
            )

    def say(self, topic: str, record: Any, *, at_s: float = 0) -> None:
        """Something about a message, on the message's own partition."""
        self.append(topic, partition_of(record.message_id.encode(), self.partitions), encode(record), [], at_s)

    def signal(self, event_id: str, *, at_s: float = 0) -> None:
        signal = Signal(
            event_id=event_id,
            provider="infobip",
            connection="main",
            account="default",
            received_at=at(at_s),
            cause=self.receive(at_s=at_s),
            kind="click",
        )
        self.write("signals", b"message", signal, at_s, cause=signal.cause)

    def dead_letter(
        self, body: bytes, *, at_s: float = 0, cause: Cause | None = None, connection: str = "main", **members: Any
    ) -> None:
        given: dict[str, Any] = {
            "kind": DeadLetterKind.UNREADABLE,
            "reason": "not JSON",
            "provider": "infobip",
            "connection": connection,
            "received_at": at(at_s),
            "cause": cause or self.receive(connection=connection, at_s=at_s),
            "body": body,
        }
        letter = DeadLetter(**given | members)
        self.write("dead-letters", f"{letter.provider}:{letter.connection}".encode(), letter, at_s, cause=letter.cause)

    def write(self, topic: str, key: bytes, record: Record, at_s: float, *, cause: Cause) -> None:
        """As normalise writes: the id is the place in `callbacks`."""
        source = Position(f"{PREFIX}callbacks-v1", cause.partition, cause.offset, cause.index)
        headers = with_id(fixed_headers(topic, "normalise"), source.event_id)
        self.append(topic, partition_of(key, self.partitions), encode(record), headers, at_s)

    def append(self, topic: str, partition: int, value: bytes | None, headers: Headers, at_s: float = 0) -> int:
        """One record at the end of a partition; its offset."""
        log = self.logs[topic, partition]
        log.append(KafkaRecord(len(log), ms(at(at_s)), value, tuple(headers)))
        return len(log) - 1

    def fetch(self, *, limit: int | None = None, only: Iterable[str] | None = None) -> list[Fetched]:
        """What was not fetched before, as a batch; at most `limit` of each partition."""
        fetched = []
        for (topic, partition), log in sorted(self.logs.items()):
            if topic in {"reports", "attempts", "track-due"} or (only is not None and topic not in only):
                continue
            begin = self.read[topic, partition]
            if records := log[begin:][:limit]:
                fetched.append(Fetched(topic, partition, records))
                self.read[topic, partition] = begin + len(records)
        return fetched

    def _track(
        self,
        source: str,
        record: DeliveryReport | AttemptRegistered,
        step: Step,
        at_s: float,
    ) -> StatusChanged:
        key = attempt_key(record.provider, record.connection, record.root_id)
        partition = partition_of(key, self.partitions)
        offset = self.append(source, partition, encode(record), [], at_s)
        rules = replace(RULES, is_observed_only=record.connection == OBSERVED)
        state, update = step(self.states.get(key), record, Place(key, ms(at(at_s))), rules)
        self.states[key] = state
        self._tell(update, Position(f"{PREFIX}{source}-v1", partition, offset), at_s)
        return update

    def _tell(self, update: StatusChanged, source: Position, at_s: float) -> None:
        self.told.append(update)
        headers = with_id(fixed_headers("update", "track"), source.event_id)
        to = partition_of((update.message_id or update.attempt_id).encode(), self.partitions)
        self.append("updates", to, encode(update), [*headers, ("verdict", update.verdict.encode())], at_s)


def report(said: str, *, of: str, leg: str | None, at_s: float, cause: Cause, **members: Any) -> DeliveryReport:
    """A report of `said` about the attempt `of`, or about one channel entry of it."""
    status = DeliveryStatus(said)
    origin = ("infobip", members.get("connection", "main"))
    occurred_at = members.pop("occurred_at", at(at_s))
    code = members.pop("provider_code", said)
    given = {
        "event_id": report_event_id(
            origin, leg or of, part=members.get("part"), channel=None, said=(status, code), occurred_at=occurred_at
        ),
        "provider": "infobip",
        "connection": "main",
        "account": "default",
        "root_id": of,
        "provider_message_id": leg or of,
        "scope": Scope.CHANNEL,
        "status": status,
        "provider_code": code,
        "occurred_at": occurred_at,
        "received_at": at(at_s),
        "cause": cause,
    }
    return DeliveryReport(**given | members)
