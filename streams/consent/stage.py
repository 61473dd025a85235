"""Inbound messages and signals in, wishes out; and of the wishes, also those made by hand, the one that stands.

A wish is found on whatever partition its message came by, so it goes once more over Kafka, to the partition of the
person it is about: there all wishes of one person meet in one state, and the newest stands in any order.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence

from contracts.codec import decode, encode
from contracts.envelope import Position, fixed_headers, with_id
from contracts.errors import PayloadInvalid
from contracts.records import InboundMessage, Signal, Wish
from contracts.suppressions import key_of, standing
from runtime.metrics import WISHES
from runtime.settings import Settings
from streams.consent.keywords import Keywords, load_keywords
from streams.consent.wishes import wish_in_message, wish_in_signal
from streams.engine.stage import Decide, Output, Outputs, SourceRecord, Stage, StateView
from streams.engine.unreadable import dead_letter

NAME = "consent"
WISHES_TOPIC, SUPPRESSIONS_TOPIC = "wishes", "suppressions"
HEADERS = {
    WISHES_TOPIC: fixed_headers("wish", NAME),
    SUPPRESSIONS_TOPIC: fixed_headers("suppression", NAME),
}


class ConsentBatch:
    """The stage's function."""

    def __init__(self, keywords: Keywords) -> None:
        self._keywords = keywords

    def __call__(self, view: StateView, records: Sequence[SourceRecord], /, *, topic: str) -> Outputs:
        return self._join(view, records) if topic == WISHES_TOPIC else self._listen(records, topic)

    def _listen(self, records: Sequence[SourceRecord], topic: str) -> Outputs:
        outputs: Outputs = defaultdict(list)
        for record in records:
            try:
                wish = self._wish_in(record, topic)
            except PayloadInvalid:
                continue  # the store reads the same record and keeps it as unreadable
            if wish is not None:
                outputs[WISHES_TOPIC].append(_output(record, WISHES_TOPIC, key_of(wish), encode(wish)))
        return outputs

    def _wish_in(self, record: SourceRecord, topic: str) -> Wish | None:
        data = record.value or b""
        if topic == "inbound":
            return wish_in_message(decode(InboundMessage, data), self._keywords)
        return wish_in_signal(decode(Signal, data))

    def _join(self, view: StateView, records: Sequence[SourceRecord]) -> Outputs:
        outputs: Outputs = defaultdict(list)
        told: Counter[tuple[str, str, str]] = Counter()
        for record in records:
            try:
                wish = _read(record)
            except PayloadInvalid as exc:
                outputs["dead-letters"].append(dead_letter(record, exc, stage=NAME))
                continue
            key = record.key or b""
            known = view.get(key)
            is_news = known is None or standing(decode(Wish, known)) < standing(wish)
            if is_news:
                view.put(key, encode(wish))
                outputs[SUPPRESSIONS_TOPIC].append(_output(record, SUPPRESSIONS_TOPIC, key, encode(wish)))
            told[wish.reason, wish.kind, "stands" if is_news else "older"] += 1
        for labels, count in told.items():
            WISHES.labels(*labels).inc(count)
        return outputs


def _read(record: SourceRecord) -> Wish:
    wish = decode(Wish, record.value or b"")
    if record.key != key_of(wish):
        raise PayloadInvalid("the key of a wish does not name the person and the sender that it is about")
    return wish


def _output(record: SourceRecord, topic: str, key: bytes, value: bytes) -> Output:
    position = Position(record.topic, record.partition, record.offset)
    return Output(key, value, record.timestamp, with_id(HEADERS[topic], position.event_id))


def _prepare(_settings: Settings) -> Decide:
    return ConsentBatch(load_keywords())


CONSENT = Stage(
    name=NAME,
    reads=("inbound", "signals", WISHES_TOPIC),
    writes=(WISHES_TOPIC, SUPPRESSIONS_TOPIC, "dead-letters"),
    state="consent-state",
    prepare=_prepare,
)
