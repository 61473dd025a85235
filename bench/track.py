"""What the engine adds to the work of tracking: its marks, its changelog, its turns. Reports and registrations."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from bench.figures import Figure
from bench.stages import CONNECTIONS, PARTITIONS, Measured, Row, measure_stage
from contracts.codec import encode
from contracts.envelope import Position, fixed_headers, with_id
from contracts.identity import attempt_key, report_event_id
from contracts.records import AttemptRegistered, Cause, DeliveryReport
from contracts.status import DeliveryStatus
from contracts.vocabulary import Channel, Scope

MESSAGES = 20_000
START = datetime(2026, 11, 21, 10, tzinfo=UTC)
PATH = (DeliveryStatus.ACCEPTED, DeliveryStatus.SENT, DeliveryStatus.DELIVERED, DeliveryStatus.SEEN)
REGISTERED_EVERY = 4
ORIGIN = CONNECTIONS[0].provider, CONNECTIONS[0].name


def measure() -> list[Figure]:
    return measure_stage(Measured("track", lambda: {"reports": reports(), "attempts": _registrations()}))


def _root(number: int) -> str:
    return f"35C8B5D509BC10689196FED2{number:08X}"


def reports(messages: int = MESSAGES) -> Iterator[Row]:
    """The lives of the messages beside each other, as they come in."""
    head = fixed_headers("report", "normalise")
    for step, status in enumerate(PATH):
        for number in range(messages):
            offset = step * messages + number
            position = Position("bench-callbacks-v1", offset % PARTITIONS, offset)
            key = attempt_key(*ORIGIN, _root(number))
            yield key, encode(_report(number, step, status, offset=offset)), with_id(head, position.event_id)


def _report(number: int, step: int, status: DeliveryStatus, *, offset: int) -> DeliveryReport:
    root, occurred_at = _root(number), START + timedelta(seconds=number + 2 * step)
    return DeliveryReport(
        event_id=report_event_id(
            ORIGIN, root, part=None, channel=Channel.VIBER, said=(status, "3000"), occurred_at=occurred_at
        ),
        provider=ORIGIN[0],
        connection=ORIGIN[1],
        account="default",
        root_id=root,
        provider_message_id=root,
        scope=Scope.CHANNEL,
        status=status,
        provider_code="3000",
        received_at=occurred_at + timedelta(seconds=1),
        cause=Cause(partition=offset % PARTITIONS, offset=offset),
        channel=Channel.VIBER,
        occurred_at=occurred_at,
        description="Message as the provider describes it",
        recipient=f"+447700900{number % 1000:03d}",
        country="GB",
        sender="ExampleShop",
    )


def _registrations() -> Iterator[Row]:
    head = with_id(fixed_headers("attempt", "api"), b"01a1ff3d-381e-71ab-8bce-e735e65abaf0")
    for number in range(0, MESSAGES, REGISTERED_EVERY):
        record = AttemptRegistered(
            provider=ORIGIN[0],
            connection=ORIGIN[1],
            account="default",
            root_id=_root(number),
            registered_at=START,
            message_id=f"019aa5a1-0000-7000-8000-{number:012x}",
            channel=Channel.VIBER,
            campaign="autumn",
            sent_at=START + timedelta(seconds=number),
        )
        yield attempt_key(*ORIGIN, _root(number)), encode(record), head
