"""Reports and registrations for tests of track, with the few members that a test cares about."""

from datetime import UTC, datetime, timedelta
from typing import Any

from contracts.identity import attempt_key, report_event_id
from contracts.records import AttemptRegistered, Cause, DeliveryReport
from contracts.status import DeliveryStatus
from contracts.vocabulary import Scope
from streams.track.machine import Place, Rules

T0 = datetime(2026, 11, 21, 10, tzinfo=UTC)
T0_MS = int(T0.timestamp() * 1000)
ROOT = "root-1"
KEY = attempt_key("ledger", "main", ROOT)
REGISTERED_HERE = Rules(is_observed_only=False, keep_s=3 * 86_400)
OBSERVED_HERE = Rules(is_observed_only=True, keep_s=3 * 86_400)


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def place(seconds: float = 0) -> Place:
    return Place(KEY, T0_MS + int(seconds * 1000))


def report(said: str, *, of: str = ROOT, occurred: float | None = None, **members: Any) -> DeliveryReport:
    """A report of `said`; `of` is the provider's id of what it is about, a leg when it is not the root."""
    status, occurred_at = DeliveryStatus(said), None if occurred is None else at(occurred)
    code, part = members.pop("provider_code", said), members.get("part")
    event_id = report_event_id(
        ("ledger", "main"), of, part=part, channel=None, said=(status, code), occurred_at=occurred_at
    )
    given = {
        "event_id": event_id,
        "provider": "ledger",
        "connection": "main",
        "account": "default",
        "root_id": ROOT,
        "provider_message_id": of,
        "scope": Scope.CHANNEL,
        "status": status,
        "provider_code": code,
        "occurred_at": occurred_at,
        "received_at": at(3600),
        "cause": Cause(partition=0, offset=0),
    }
    return DeliveryReport(**given | members)


def registration(**members: Any) -> AttemptRegistered:
    given: dict[str, Any] = {
        "provider": "ledger",
        "connection": "main",
        "account": "default",
        "root_id": ROOT,
        "registered_at": T0,
        "message_id": "our-message",
    }
    return AttemptRegistered(**given | members)
