"""Updates in; out of it, after the silence of a provider, questions to ask it and attempts that are presumed lost."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import msgspec

from contracts.codec import encode, read
from contracts.envelope import VERDICT, Headers, Position, fixed_headers, header, with_id
from contracts.errors import PayloadInvalid
from contracts.identity import attempt_key
from contracts.records import LookUpDue, PresumedLost
from contracts.vocabulary import Verdict
from providers import load_providers
from runtime.metrics import PRESUMED_LOST
from runtime.settings import Settings
from streams.engine.stage import Decide, Output, Outputs, SourceRecord, Stage, StateView
from streams.engine.unreadable import tell_unreadable
from streams.reconcile.machine import Heard, due_ms, hear, time_is_up, waits_since_ms
from streams.reconcile.rules import rules_of_connections
from streams.reconcile.schedule import Rules
from streams.reconcile.watch import NOTHING, MessageState, decode_message, encode_message

NAME = "reconcile"
DUE = "reconcile-due"
LOOK_UPS, LOST = "look-ups", "presumed-lost"
HEADERS: dict[str, Headers] = {
    LOOK_UPS: fixed_headers("look-up-due", NAME),
    LOST: fixed_headers("presumed-lost", NAME),
}
OF_NO_ATTEMPT = frozenset({Verdict.PARKED.value.encode(), Verdict.UNCLAIMED.value.encode()})
"""Parked reports have no message yet, and `unclaimed` does not say of which connection it is."""

_HEARD = msgspec.json.Decoder(Heard)


class ReconcileBatch:
    """The stage's function; without a connection that can be asked it remembers nothing."""

    def __init__(self, rules: Mapping[tuple[str, str], Rules]) -> None:
        self._rules = rules

    def __call__(self, view: StateView, records: Sequence[SourceRecord], /, *, topic: str) -> Outputs:
        outputs: Outputs = defaultdict(list)
        if topic == DUE:
            lost = Counter[tuple[str, str]]()
            for record in records:
                self._keep_time(view, record, outputs, lost)
            for labels, count in lost.items():
                PRESUMED_LOST.labels(*labels).inc(count)
        elif self._rules:
            for record in records:
                self._hear(view, record)
        return outputs

    def _hear(self, view: StateView, record: SourceRecord) -> None:
        if record.key is None or header(record.headers, VERDICT) in OF_NO_ATTEMPT:
            return
        try:
            heard = read(_HEARD, record.value, "an update")
        except PayloadInvalid as exc:
            # Track has written it, and the store keeps it as unreadable with its reason.
            tell_unreadable(record, exc)
            return
        before = _message(view, record.key)
        self._keep(view, record.key, before, hear(before, heard, record.timestamp, self._rules_of))

    def _keep_time(
        self, view: StateView, record: SourceRecord, outputs: Outputs, lost: Counter[tuple[str, str]]
    ) -> None:
        if record.key is None:
            return
        before = _message(view, record.key)
        message_id = record.key.decode("utf-8", "replace")
        after, told = time_is_up(before, message_id, record.timestamp, self._rules_of)
        self._keep(view, record.key, before, after)
        for item, one in enumerate(told):
            topic, key = _place(one)
            position = Position(record.topic, record.partition, record.offset, item)
            outputs[topic].append(
                Output(key, encode(one), record.timestamp, with_id(HEADERS[topic], position.event_id))
            )
            if topic == LOST:
                lost[one.provider, one.connection] += 1

    def _keep(self, view: StateView, key: bytes, before: MessageState, after: MessageState) -> None:
        if after is before:
            return
        if not after.attempts:
            view.put(key, None)
            return
        view.put(
            key,
            encode_message(after),
            due_ms=due_ms(after, self._rules_of),
            waits_since_ms=waits_since_ms(after),
        )

    def _rules_of(self, provider: str, connection: str) -> Rules | None:
        return self._rules.get((provider, connection))


def _message(view: StateView, key: bytes) -> MessageState:
    data = view.get(key)
    return NOTHING if data is None else decode_message(data)


def _place(told: LookUpDue | PresumedLost) -> tuple[str, bytes]:
    """The topic and the key."""
    if isinstance(told, LookUpDue):
        return LOOK_UPS, attempt_key(told.provider, told.connection, told.root_id)
    return LOST, told.message_id.encode()


def _prepare(settings: Settings) -> Decide:
    return ReconcileBatch(rules_of_connections(settings, load_providers()))


RECONCILE = Stage(
    name=NAME,
    reads=("updates", DUE),
    writes=(LOOK_UPS, LOST),
    state="reconcile-state",
    prepare=_prepare,
    due=DUE,
    gather_ms=250,
)
