"""What becomes of a record that a stage cannot read although our own code wrote it."""

from contracts.codec import encode
from contracts.envelope import Position, fixed_headers, with_id
from contracts.errors import PayloadInvalid
from contracts.records import NOWHERE, DeadLetter
from contracts.vocabulary import DeadLetterKind
from runtime.metrics import DEAD_LETTERS
from streams.engine.moments import moment_of
from streams.engine.stage import Output, SourceRecord

UNKNOWN = "unknown"


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
