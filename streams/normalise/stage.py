"""Callbacks in; reports, inbound messages, signals and dead letters out, each with the place it stems from."""

from collections import defaultdict
from collections.abc import Sequence

from msgspec import structs

from contracts.envelope import Headers, Position, fixed_headers, with_id
from contracts.errors import PayloadInvalid
from contracts.raw import read_callback
from contracts.records import Cause, RawCallback
from contracts.vocabulary import DeadLetterKind
from providers import load_providers
from runtime.metrics import DEAD_LETTERS, UNKNOWN_CODES
from runtime.settings import Settings
from streams.engine.moments import EPOCH, moment_of
from streams.engine.stage import Decide, Output, Outputs, SourceRecord, Stage, StateView
from streams.normalise.normaliser import Fact, Normaliser, dead_letter

NAME = "normalise"
KINDS = {"reports": "report", "inbound": "inbound", "signals": "signal", "dead-letters": "dead-letter"}
NOT_OURS = RawCallback(provider="unknown", connection="unknown", method="", received_at=EPOCH, body=b"")


class NormaliseBatch:
    """The stage's function over a `Normaliser`."""

    def __init__(self, normaliser: Normaliser) -> None:
        self._normaliser = normaliser
        self._headers: dict[str, Headers] = {topic: fixed_headers(kind, NAME) for topic, kind in KINDS.items()}

    def __call__(self, _view: StateView, records: Sequence[SourceRecord], *, topic: str) -> Outputs:  # noqa: ARG002  # it reads one topic only
        outputs: Outputs = defaultdict(list)
        for record in records:
            for item, fact in enumerate(self._facts(record)):
                position = Position(record.topic, record.partition, record.offset, item)
                headers = with_id(self._headers[fact.topic], position.event_id)
                outputs[fact.topic].append(Output(fact.key, fact.value, record.timestamp, headers))
        return outputs

    def _facts(self, record: SourceRecord) -> list[Fact]:
        try:
            callback = read_callback(record.value, record.timestamp, record.headers)
        except PayloadInvalid as exc:
            return [_unreadable(record, exc)]
        facts = self._normaliser.normalise(callback, record.partition, offset=record.offset)
        _count(callback.provider, facts)
        return facts


def _unreadable(record: SourceRecord, exc: PayloadInvalid) -> Fact:
    """Something that ingest did not write. It is kept like anything else that cannot be understood."""
    callback = structs.replace(NOT_OURS, received_at=moment_of(record.timestamp), body=record.value or b"")
    DEAD_LETTERS.labels(callback.provider, DeadLetterKind.UNREADABLE).inc()
    cause = Cause(partition=record.partition, offset=record.offset)
    return dead_letter(callback, cause, DeadLetterKind.UNREADABLE, reason=str(exc))


def _count(provider: str, facts: list[Fact]) -> None:
    for fact in facts:
        if not fact.is_known_code:
            UNKNOWN_CODES.labels(provider).inc()
        if fact.put_aside is not None:
            DEAD_LETTERS.labels(provider, fact.put_aside).inc()


def _prepare(settings: Settings) -> Decide:
    return NormaliseBatch(Normaliser(load_providers(), settings.connections))


NORMALISE = Stage(name=NAME, reads=("callbacks",), writes=tuple(KINDS), state=None, prepare=_prepare)
