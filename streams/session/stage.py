"""What people write and what we send, on the partition of the two who talk; out of it, what is told of their sessions.

An inbound message lies on the partition of its callback's key, so what it says goes once more over Kafka, to the
partition of the conversation: there it meets what whoever sends has told, in one state.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence

from contracts.codec import decode, encode
from contracts.conversations import Talk, Told, read_talk
from contracts.envelope import Headers, Position, fixed_headers, with_id
from contracts.errors import PayloadInvalid
from contracts.records import InboundMessage
from runtime.metrics import SESSIONS
from runtime.settings import Settings
from streams.engine.moments import moment_of
from streams.engine.stage import Decide, Output, Outputs, SourceRecord, Stage, StateView
from streams.engine.unreadable import dead_letter
from streams.session.hearing import heard_in
from streams.session.machine import Event, TimePassed, hear_and_stand
from streams.session.rules import RuleBook
from streams.session.state import decode_conversation, encode_conversation

NAME = "session"
TALK, TOLD, DUE = "talk", "sessions", "session-due"
HEADERS: dict[str, Headers] = {TALK: fixed_headers("talk", NAME), TOLD: fixed_headers("session", NAME)}


class SessionBatch:
    """The stage's function."""

    def __init__(self, book: RuleBook) -> None:
        self._book = book

    def __call__(self, view: StateView, records: Sequence[SourceRecord], /, *, topic: str) -> Outputs:
        match topic:
            case "inbound":
                return _listen(records)
            case "session-due":
                return self._keep_time(view, records)
            case _:
                return self._converse(view, records)

    def _converse(self, view: StateView, records: Sequence[SourceRecord]) -> Outputs:
        outputs: Outputs = defaultdict(list)
        for record in records:
            try:
                said = _read(record)
            except PayloadInvalid as exc:
                outputs["dead-letters"].append(dead_letter(record, exc, stage=NAME))
                continue
            self._advance(view, record, said, outputs)
        return outputs

    def _keep_time(self, view: StateView, records: Sequence[SourceRecord]) -> Outputs:
        outputs: Outputs = defaultdict(list)
        for record in records:
            self._advance(view, record, TimePassed(at=moment_of(record.timestamp)), outputs)
        return outputs

    def _advance(self, view: StateView, record: SourceRecord, event: Event, outputs: Outputs) -> None:
        key = record.key or b""
        known = view.get(key)
        before = None if known is None else decode_conversation(known)
        if isinstance(event, TimePassed):
            if before is None:
                return
            rules = self._book.of(before.parties)
        else:
            # A conversation keeps the rules of the connection that it began over, also where the two change it later.
            rules = self._book.of(event.parties if before is None else before.parties)
        after, told, due_ms = hear_and_stand(before, event, rules)
        if after is not before:
            view.put(key, None if after is None else encode_conversation(after), due_ms=due_ms)
        _tell(record, told, outputs)


def _listen(records: Sequence[SourceRecord]) -> Outputs:
    outputs: Outputs = defaultdict(list)
    for record in records:
        try:
            said = heard_in(decode(InboundMessage, record.value or b""))
        except PayloadInvalid:
            continue  # the store reads the same record and keeps it as unreadable
        if said is not None:
            outputs[TALK].append(_output(record, TALK, said.parties.key, encode(said)))
    return outputs


def _read(record: SourceRecord) -> Talk:
    said = read_talk(record.value or b"")
    if record.key != said.parties.key:
        raise PayloadInvalid("the key of what was said does not name the two who talk")
    return said


def _tell(record: SourceRecord, told: Sequence[Told], outputs: Outputs) -> None:
    for item, one in enumerate(told):
        outputs[TOLD].append(_output(record, TOLD, record.key or b"", encode(one), item=item))
    for kind, count in Counter(_kind(one) for one in told).items():
        SESSIONS.labels(kind).inc(count)


def _kind(told: Told) -> str:
    return str(told.__struct_config__.tag)


def _output(record: SourceRecord, topic: str, key: bytes, value: bytes, *, item: int = 0) -> Output:
    position = Position(record.topic, record.partition, record.offset, item)
    return Output(key, value, record.timestamp, with_id(HEADERS[topic], position.event_id))


def _prepare(settings: Settings) -> Decide:
    return SessionBatch(RuleBook(settings.connections))


SESSION = Stage(
    name=NAME,
    reads=("inbound", TALK, DUE),
    writes=(TALK, TOLD, "dead-letters"),
    state="session-state",
    prepare=_prepare,
    due=DUE,
)
