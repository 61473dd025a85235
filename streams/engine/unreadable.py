"""What becomes of a record that a stage cannot read although our own code wrote it."""

import structlog

from contracts.codec import encode
from contracts.envelope import Position, fixed_headers, with_id
from contracts.errors import PayloadInvalid
from contracts.records import NOWHERE, DeadLetter
from contracts.vocabulary import DeadLetterKind
from runtime.metrics import DEAD_LETTERS
from streams.engine.moments import moment_of
from streams.engine.stage import Output, SourceRecord

UNKNOWN = "unknown"

log = structlog.get_logger()


def dead_letter(record: SourceRecord, exc: PayloadInvalid, *, stage: str) -> Output:
    """The record with its bytes and the reason, for `dead-letters`."""
    DEAD_LETTERS.labels(UNKNOWN, DeadLetterKind.UNREADABLE).inc()
    letter = DeadLetter(
        kind=DeadLetterKind.UNREADABLE,
        reason=f"{record.topic}: {exc}",
        provider=UNKNOWN,
        connection=UNKNOWN,
        received_at=moment_of(record.timestamp),
        cause=NOWHERE,
        body=record.value or b"",
        content_type="application/json",
    )
    position = Position(record.topic, record.partition, record.offset)
    headers = with_id(fixed_headers("dead-letter", stage), position.event_id)
    return Output(f"{UNKNOWN}:{UNKNOWN}".encode(), encode(letter), record.timestamp, headers)


def tell_unreadable(record: SourceRecord, exc: PayloadInvalid) -> None:
    """To the log only: the record stays on Kafka, and whoever keeps its bytes counts it."""
    log.warning(
        "record_unreadable",
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        reason=str(exc),
    )
