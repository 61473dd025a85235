"""What an export's rows hold: names, types and meanings, the same in every format."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

import pyarrow as pa

from analytics.asking.words import Dimension
from analytics.measures.sources import WHO

TEXT = pa.string()
MOMENT = pa.timestamp("us", tz="UTC")
COUNT = pa.int64()
FLAG = pa.bool_()
MONEY = pa.decimal128(18, 6)

SCHEMA_VERSION = 1
"""Grows when a column changes its meaning or goes; a new column at the end is no new version."""


class What(StrEnum):
    """What is exported, one row each."""

    MESSAGES = "messages"
    REPORTS = "reports"
    INBOUND = "inbound"
    SESSIONS = "sessions"


@dataclass(frozen=True)
class Table:
    """One kind of rows."""

    meaning: str
    columns: Mapping[str, tuple[pa.DataType, str]]
    """Name to type and meaning, in order."""
    key: tuple[str, ...]
    """What tells rows apart."""
    sorted_by: tuple[str, ...]
    replaces: bool
    """Whether a row takes the place of an earlier one with the same key; else rows are only ever added."""
    topic: str
    """Of which the rows are made."""
    question: str
    """Which question has the rows,"""
    minutes_question: str
    """and which how many records there are of each minute."""
    filters: frozenset[Dimension] = frozenset(Dimension)
    """What its rows can be filtered by."""

    @property
    def schema(self) -> pa.Schema:
        return pa.schema([pa.field(name, kind) for name, (kind, _) in self.columns.items()])


_PLACE: Mapping[str, tuple[pa.DataType, str]] = {
    "account": (TEXT, "Whose connection it is."),
    "provider": (TEXT, "Who carried it."),
    "connection": (TEXT, "Over which account at the provider."),
}
_ABOUT: Mapping[str, tuple[pa.DataType, str]] = {
    "channel": (TEXT, "`viber`, `sms`, …; null for the whole of a cascade over several."),
    "country": (TEXT, "Of the recipient's number, ISO 3166 alpha-2."),
    "operator": (TEXT, "The mobile network, as the provider names it."),
    "campaign": (TEXT, "As the registration or the provider names it."),
    "sender": (TEXT, "The sender id it was sent from."),
    "recipient_hash": (
        TEXT,
        "The pseudonym of the person: 16 hexadecimal digits, of this installation alone.",
    ),
}

_MESSAGES: Mapping[str, tuple[pa.DataType, str]] = {
    "attempt_id": (TEXT, "Our id of the attempt, a UUID that sorts by time."),
    "message_id": (TEXT, "The message that it belongs to; null while nobody has registered it."),
    **_PLACE,
    "root_id": (TEXT, "What the provider calls it."),
    "external_id": (TEXT, "What you call it."),
    **_ABOUT,
    "status": (TEXT, "Where the attempt stands."),
    "reason": (TEXT, "Why it did not arrive, when it ended badly."),
    "is_conflict": (FLAG, "Whether final reports contradict each other."),
    "is_registered": (FLAG, "Whether somebody told us of the send."),
    "first_heard_at": (MOMENT, "When we first heard of it."),
    "last_heard_at": (MOMENT, "When we last heard of it."),
    "sent_at": (MOMENT, "When it was sent, as far as that is known."),
    "delivered_at": (MOMENT, "When it was delivered."),
    "latency_ms": (COUNT, "From sent to delivered, in milliseconds."),
    "report_count": (COUNT, "Reports about it, repeated ones too."),
    "repeated_count": (COUNT, "Reports that had been reported before."),
    "price": (
        MONEY,
        (
            "What reports said that it costs: of each leg and part the highest price, added up, and that of a whole "
            "cascade where no leg has one. What only the answer to the send told is in the measure `cost` alone."
        ),
    ),
    "currency": (TEXT, "ISO 4217; null, as the price, when there are several."),
    "is_match": (FLAG, "False only behind a token: it fitted your filter before and does not any more; remove it."),
}

_REPORTS: Mapping[str, tuple[pa.DataType, str]] = {
    "event_id": (TEXT, "The same for the same fact, however often it is told."),
    "attempt_id": (TEXT, "Our id of the attempt, a UUID that sorts by time."),
    "message_id": (TEXT, "The message, if it was known when the report came."),
    **_PLACE,
    "root_id": (TEXT, "What the provider calls the send."),
    "provider_message_id": (TEXT, "What it calls the message, or this leg of a cascade."),
    "external_id": (TEXT, "What you call it."),
    "part": (TEXT, "The piece of a long text; null for the whole."),
    "scope": (TEXT, "`channel`, or `transaction` for the whole of a cascade."),
    **_ABOUT,
    "verdict": (TEXT, "What the report did: `applied`, `repeated`, `outranked` or `parked`."),
    "status": (TEXT, "What the report says."),
    "attempt_status": (TEXT, "Where the attempt stood after it."),
    "previous_status": (TEXT, "Where it stood before."),
    "is_conflict": (FLAG, "Whether final reports contradicted each other by then."),
    "provider_code": (TEXT, "The provider's own code, verbatim."),
    "error_code": (TEXT, "Its code of the error, verbatim."),
    "reason": (TEXT, "Why it did not arrive, in our words."),
    "description": (TEXT, "What the provider says about it."),
    "is_permanent": (FLAG, "Whether the same would fail again."),
    "occurred_at": (MOMENT, "When it happened, as the provider says."),
    "received_at": (MOMENT, "When it reached us."),
    "latency_ms": (COUNT, "From sent to delivered, in milliseconds, as known after it."),
    "price": (MONEY, "What the provider says that it costs."),
    "currency": (TEXT, "ISO 4217."),
    "source": (TEXT, "`push`, `poll` or `replay`."),
    "cause_partition": (COUNT, "Partition of the callback that it stood in,"),
    "cause_offset": (COUNT, "its offset,"),
    "cause_index": (COUNT, "and the item of it."),
    "kafka_partition": (COUNT, "Partition of the report's own record on `updates`,"),
    "kafka_offset": (COUNT, "and its offset; below 0 for what was rebuilt from the archive."),
}

_INBOUND: Mapping[str, tuple[pa.DataType, str]] = {
    "event_id": (TEXT, "The same for the same message, however often it is told."),
    **_PLACE,
    "channel": (TEXT, "`viber`, `sms`, …"),
    "country": (TEXT, "Of the person's number, ISO 3166 alpha-2."),
    "kind": (TEXT, "`text`, `image`, …"),
    "provider_message_id": (TEXT, "What the provider calls it."),
    "reply_to": (TEXT, "The provider's id of the message that it answers, if the provider says so."),
    "external_id": (TEXT, "Your id of the message that it answers, if the provider says so."),
    "tracking": (TEXT, "What your message carried for its answer."),
    "part": (TEXT, "The piece of a longer one."),
    "author_hash": (TEXT, "The pseudonym of the person: 16 hexadecimal digits, of this installation alone."),
    "addressee": (TEXT, "Our sender that it was written to; the filter `sender` is about this."),
    "text": (TEXT, "What the person wrote."),
    "media_url": (TEXT, "Where their picture or file is."),
    "occurred_at": (MOMENT, "When they wrote it, as the provider says."),
    "received_at": (MOMENT, "When it reached us."),
    "cause_partition": (COUNT, "Partition of the callback that it stood in,"),
    "cause_offset": (COUNT, "its offset,"),
    "cause_index": (COUNT, "and the item of it."),
    "kafka_partition": (COUNT, "Partition of its own record on `inbound`,"),
    "kafka_offset": (COUNT, "and its offset; below 0 for what was rebuilt from the archive."),
}

_SESSIONS: Mapping[str, tuple[pa.DataType, str]] = {
    "session_id": (TEXT, "Our id of the session; it sorts by time."),
    **_PLACE,
    "sender": (TEXT, "Our sender."),
    "recipient_hash": _ABOUT["recipient_hash"],
    "rules": (TEXT, "Which rules it keeps."),
    "opened_at": (MOMENT, "When the person's message opened it."),
    "started_at": (MOMENT, "When their first reply started it."),
    "ends_at": (MOMENT, "When its time is up."),
    "closed_at": (MOMENT, "When it was closed; null while nothing is told of that."),
    "closed_by": (TEXT, "What closed it."),
    "business_count": (COUNT, "Our messages in it, once it is closed,"),
    "user_count": (COUNT, "theirs,"),
    "is_billed": (FLAG, "whether it is billed,"),
    "cost": (MONEY, "and what it costs."),
    "currency": (TEXT, "ISO 4217."),
    "is_match": (FLAG, "False only behind a token: it was in an export before and is not any more; remove it."),
}

TABLES: Mapping[What, Table] = MappingProxyType(
    {
        What.MESSAGES: Table(
            meaning="Every attempt and where it stands.",
            columns=_MESSAGES,
            key=("attempt_id",),
            sorted_by=("attempt_id",),
            replaces=True,
            topic="updates",
            question="export_messages",
            minutes_question="export_messages_minutes",
        ),
        What.REPORTS: Table(
            meaning="Every report, with what it did.",
            columns=_REPORTS,
            key=("kafka_partition", "kafka_offset"),
            sorted_by=("attempt_id", "kafka_partition", "kafka_offset"),
            replaces=False,
            topic="updates",
            question="export_reports",
            minutes_question="export_reports_minutes",
        ),
        What.INBOUND: Table(
            meaning="Every message that people wrote to us.",
            columns=_INBOUND,
            key=("kafka_partition", "kafka_offset"),
            sorted_by=("received_at", "kafka_partition", "kafka_offset"),
            replaces=False,
            topic="inbound",
            question="export_inbound",
            minutes_question="export_inbound_minutes",
            filters=WHO | {Dimension.COUNTRY, Dimension.CHANNEL},
        ),
        What.SESSIONS: Table(
            meaning="Every session with a person.",
            columns=_SESSIONS,
            key=("session_id",),
            sorted_by=("session_id",),
            replaces=True,
            topic="sessions",
            question="export_sessions",
            minutes_question="export_sessions_minutes",
            filters=WHO,
        ),
    }
)
