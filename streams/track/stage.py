"""Reports and registrations in, one update for each out; the state of an attempt is kept for as long as it matters."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from contracts.codec import decode, encode
from contracts.envelope import VERDICT, Position, fixed_headers, source_position, with_id
from contracts.errors import PayloadInvalid
from contracts.records import NOWHERE, AttemptRegistered, Cause, DeadLetter, DeliveryReport, StatusChanged
from contracts.vocabulary import DeadLetterKind, Verdict
from runtime.metrics import DEAD_LETTERS, FORGOTTEN_ATTEMPTS, UPDATES
from runtime.settings import Settings
from streams.engine.moments import DAY_MS, moment_of
from streams.engine.stage import Decide, Output, Outputs, SourceRecord, Stage, StateView
from streams.track.attempt import AttemptState, decode_attempt, encode_attempt
from streams.track.claims import claim_in
from streams.track.machine import Place, Rules, advance, due_ms, is_finished, register, time_is_up

NAME = "track"
DUE = "track-due"

UPDATE_HEADERS = {verdict: [(VERDICT, verdict.value.encode()), *fixed_headers("update", NAME)] for verdict in Verdict}
"""The verdict comes first, because that is what most readers look for."""
DEAD_LETTER_HEADERS = fixed_headers("dead-letter", NAME)


class TrackBatch:
    """The stage's function: each attempt's state is decoded and encoded once a batch, however often it is spoken of."""

    def __init__(self, rules: Mapping[tuple[str, str], Rules], otherwise: Rules) -> None:
        self._rules = rules
        self._otherwise = otherwise

    def __call__(self, view: StateView, records: Sequence[SourceRecord], /, *, topic: str) -> Outputs:
        outputs: Outputs = defaultdict(list)
        attempts = _Attempts(view)
        told: Counter[tuple[str, Verdict]] = Counter()
        step = self._keep_time if topic == DUE else self._hear
        for record in records:
            try:
                label, updates = step(attempts, record, topic)
            except PayloadInvalid as exc:
                outputs["dead-letters"].append(_dead_letter(record, exc))
                continue
            for item, update in enumerate(updates):
                told[label, update.verdict] += 1
                outputs["updates"].append(_output(record, update, item))
        attempts.keep()
        for (provider, verdict), count in told.items():
            UPDATES.labels(provider, verdict).inc(count)
        return outputs

    def _hear(self, attempts: "_Attempts", record: SourceRecord, topic: str) -> tuple[str, Sequence[StatusChanged]]:
        """Of a report or a registration."""
        said = _read(record, topic)
        label, rules = self._rules_of(said.provider, said.connection)
        place = Place(record.key or b"", record.timestamp)
        before = attempts.get(place.key)
        if isinstance(said, DeliveryReport):
            after, update = advance(before, said, place, rules)
        else:
            after, update = register(before, said, place, rules)
        updates = [update]
        if update.verdict is Verdict.PARKED and isinstance(said, DeliveryReport) and (claim := claim_in(said)):
            after, further = register(after, claim, place, rules)
            updates.append(further)
        if after is not before:
            attempts.put(place.key, after, rules)
        return label, updates

    def _keep_time(
        self, attempts: "_Attempts", record: SourceRecord, topic: str
    ) -> tuple[str, Sequence[StatusChanged]]:
        """Of a time that was set; the record's own is now."""
        place = Place(_key_of(record, topic), record.timestamp)
        provider, connection = _origin(place.key)
        label, rules = self._rules_of(provider, connection)
        if (before := attempts.get(place.key)) is None:
            return label, ()
        after, update = time_is_up(before, place, rules)
        if after is None:
            attempts.forget(place.key)
            FORGOTTEN_ATTEMPTS.labels("finished" if is_finished(before) else "open").inc()
        elif after is not before:
            attempts.put(place.key, after, rules)
        return label, () if update is None else (update,)

    def _rules_of(self, provider: str, connection: str) -> tuple[str, Rules]:
        """The label of the metrics too: a configured name, because what a caller of the API wrote is none."""
        rules = self._rules.get((provider, connection))
        return ("unknown", self._otherwise) if rules is None else (provider, rules)


class _Attempts:
    """Those of one batch, decoded."""

    def __init__(self, view: StateView) -> None:
        self._view = view
        self._known: dict[bytes, AttemptState | None] = {}
        self._changed: dict[bytes, Rules] = {}

    def get(self, key: bytes) -> AttemptState | None:
        if key not in self._known and (data := self._view.get(key)) is not None:
            self._known[key] = decode_attempt(data)
        return self._known.get(key)

    def put(self, key: bytes, state: AttemptState, rules: Rules) -> None:
        self._known[key] = state
        self._changed[key] = rules

    def forget(self, key: bytes) -> None:
        self._known[key] = None
        self._changed.pop(key, None)
        self._view.put(key, None)

    def keep(self) -> None:
        """Hand what changed to the view."""
        for key, rules in self._changed.items():
            if (state := self._known[key]) is not None:
                data = encode_attempt(state)
                self._view.put(key, data, due_ms=due_ms(state, rules), waits_since_ms=state.parked_ms)


def _read(record: SourceRecord, topic: str) -> DeliveryReport | AttemptRegistered:
    _key_of(record, topic)
    data = record.value or b""
    return decode(DeliveryReport, data) if topic == "reports" else decode(AttemptRegistered, data)


def _key_of(record: SourceRecord, topic: str) -> bytes:
    if record.key is None:
        raise PayloadInvalid(f"a record of {topic} without a key, which names the attempt")
    return record.key


def _origin(key: bytes) -> tuple[str, str]:
    """The provider and the connection that a key begins with."""
    provider, connection, *_ = [*key.decode("utf-8", "replace").split(":", 2), "unknown", "unknown"]
    return provider, connection


def _output(record: SourceRecord, update: StatusChanged, item: int) -> Output:
    key = update.message_id or update.attempt_id
    headers = with_id(UPDATE_HEADERS[update.verdict], _position(record, item).event_id)
    return Output(key.encode(), encode(update), record.timestamp, headers)


def _position(record: SourceRecord, item: int = 0) -> Position:
    return Position(record.topic, record.partition, record.offset, item)


def _dead_letter(record: SourceRecord, exc: PayloadInvalid) -> Output:
    """A record that our own code cannot read. Its item is accounted for under the callback that its id names."""
    provider, connection = _origin(record.key or b"")
    DEAD_LETTERS.labels("unknown", DeadLetterKind.UNREADABLE).inc()
    letter = DeadLetter(
        kind=DeadLetterKind.UNREADABLE,
        reason=f"{record.topic}: {exc}",
        provider=provider,
        connection=connection,
        received_at=moment_of(record.timestamp),
        cause=_cause(record),
        body=record.value or b"",
        content_type="application/json",
    )
    headers = with_id(DEAD_LETTER_HEADERS, _position(record).event_id)
    return Output(f"{provider}:{connection}".encode(), encode(letter), record.timestamp, headers)


def _cause(record: SourceRecord) -> Cause:
    source = source_position(record.headers)
    if source is None:
        return NOWHERE
    return Cause(partition=source.partition, offset=source.offset, index=source.item, items=source.item + 1)


def _prepare(settings: Settings) -> Decide:
    streams = settings.streams
    registered = Rules(
        is_observed_only=False,
        keep_s=streams.seen_days * DAY_MS // 1000,
        parking_ms=int(streams.parking_days * DAY_MS),
        keep_final_ms=int(streams.keep_final_days * DAY_MS),
        keep_open_ms=int(streams.keep_open_days * DAY_MS),
    )
    rules = {
        (connection.provider, connection.name): replace(registered, is_observed_only=connection.observe_only)
        for connection in settings.connections
    }
    return TrackBatch(rules, otherwise=registered)


TRACK = Stage(
    name=NAME,
    reads=("reports", "attempts", DUE),
    writes=("updates", "dead-letters"),
    state="track-state",
    prepare=_prepare,
    due=DUE,
)
