"""Reports and registrations in; one update for each out, and the state of the attempt kept."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from contracts.codec import decode, encode
from contracts.envelope import VERDICT, Position, fixed_headers, source_position, with_id
from contracts.errors import PayloadInvalid
from contracts.records import AttemptRegistered, Cause, DeadLetter, DeliveryReport, StatusChanged
from contracts.vocabulary import DeadLetterKind, Verdict
from runtime.metrics import DEAD_LETTERS, UPDATES
from runtime.settings import Settings
from streams.engine.stage import Decide, Output, Outputs, SourceRecord, Stage, StateView
from streams.track.attempt import AttemptState, decode_attempt, encode_attempt
from streams.track.machine import Place, Rules, advance, register

NAME = "track"
DAY_S = 86_400
NOWHERE = Cause(partition=-1, offset=-1, items=0)
"""The cause of what stems from no callback."""

UPDATE_HEADERS = {verdict: [*fixed_headers("update", NAME), (VERDICT, verdict.value.encode())] for verdict in Verdict}
DEAD_LETTER_HEADERS = fixed_headers("dead-letter", NAME)


class TrackBatch:
    """The stage's function: each attempt's state is decoded and encoded once a batch, however often it is spoken of."""

    def __init__(self, rules: Mapping[tuple[str, str], Rules], otherwise: Rules) -> None:
        self._rules = rules
        self._otherwise = otherwise

    def __call__(self, view: StateView, records: Sequence[SourceRecord], /, *, topic: str) -> Outputs:
        outputs: Outputs = defaultdict(list)
        states = _States(view)
        told: Counter[tuple[str, Verdict]] = Counter()
        for record in records:
            try:
                said = _read(record, topic)
            except PayloadInvalid as exc:
                outputs["dead-letters"].append(_dead_letter(record, exc))
                continue
            update = self._step(states, said, Place(record.key or b"", record.timestamp))
            told[self._label(said), update.verdict] += 1
            outputs["updates"].append(_output(record, update))
        states.keep()
        for (provider, verdict), count in told.items():
            UPDATES.labels(provider, verdict).inc(count)
        return outputs

    def _label(self, said: DeliveryReport | AttemptRegistered) -> str:
        """A configured name; what a caller of the API wrote is no label."""
        return said.provider if (said.provider, said.connection) in self._rules else "unknown"

    def _step(self, states: "_States", said: DeliveryReport | AttemptRegistered, place: Place) -> StatusChanged:
        rules = self._rules.get((said.provider, said.connection), self._otherwise)
        before = states.get(place.key)
        if isinstance(said, DeliveryReport):
            after, update = advance(before, said, place, rules)
        else:
            after, update = register(before, said, place, rules)
        if after is not before:
            states.put(place.key, after)
        return update


class _States:
    """The attempts of one batch, decoded."""

    def __init__(self, view: StateView) -> None:
        self._view = view
        self._known: dict[bytes, AttemptState] = {}
        self._changed: set[bytes] = set()

    def get(self, key: bytes) -> AttemptState | None:
        if key not in self._known and (data := self._view.get(key)) is not None:
            self._known[key] = decode_attempt(data)
        return self._known.get(key)

    def put(self, key: bytes, state: AttemptState) -> None:
        self._known[key] = state
        self._changed.add(key)

    def keep(self) -> None:
        """Hand what changed to the view. An attempt that is through could be forgotten here with a null."""
        for key in self._changed:
            self._view.put(key, encode_attempt(self._known[key]))


def _read(record: SourceRecord, topic: str) -> DeliveryReport | AttemptRegistered:
    if record.key is None:
        raise PayloadInvalid(f"a record of {topic} without a key, which names the attempt")
    data = record.value or b""
    return decode(DeliveryReport, data) if topic == "reports" else decode(AttemptRegistered, data)


def _output(record: SourceRecord, update: StatusChanged) -> Output:
    key = update.message_id or update.attempt_id
    headers = with_id(UPDATE_HEADERS[update.verdict], _position(record).event_id)
    return Output(key.encode(), encode(update), record.timestamp, headers)


def _position(record: SourceRecord) -> Position:
    return Position(record.topic, record.partition, record.offset)


def _dead_letter(record: SourceRecord, exc: PayloadInvalid) -> Output:
    """A record that our own code cannot read. Its item is accounted for under the callback that its id names."""
    provider, connection, *_ = [*(record.key or b"").decode("utf-8", "replace").split(":"), "unknown", "unknown"]
    DEAD_LETTERS.labels("unknown", DeadLetterKind.UNREADABLE).inc()
    letter = DeadLetter(
        kind=DeadLetterKind.UNREADABLE,
        reason=f"{record.topic}: {exc}",
        provider=provider,
        connection=connection,
        received_at=_moment(record.timestamp),
        cause=_cause(record),
        body=record.value or b"",
        content_type="application/json",
    )
    headers = with_id(DEAD_LETTER_HEADERS, _position(record).event_id)
    return Output(f"{provider}:{connection}".encode(), encode(letter), record.timestamp, headers)


def _cause(record: SourceRecord) -> Cause:
    source = source_position(tuple(record.headers))
    if source is None:
        return NOWHERE
    return Cause(partition=source.partition, offset=source.offset, index=source.item, items=source.item + 1)


def _moment(timestamp_ms: int) -> datetime:
    try:
        return datetime.fromtimestamp(timestamp_ms / 1000, UTC)
    except (ValueError, OverflowError, OSError):  # any writer may put any number there
        return datetime.fromtimestamp(0, UTC)


def _prepare(settings: Settings) -> Decide:
    keep_s = settings.streams.seen_days * DAY_S
    rules = {
        (connection.provider, connection.name): Rules(connection.observe_only, keep_s)
        for connection in settings.connections
    }
    return TrackBatch(rules, otherwise=Rules(is_observed_only=False, keep_s=keep_s))


TRACK = Stage(
    name=NAME,
    reads=("reports", "attempts"),
    writes=("updates", "dead-letters"),
    state="track-state",
    prepare=_prepare,
)
