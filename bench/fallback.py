"""How fast it is decided by which way a message goes next, how much is kept of an open plan, how soon it is back."""

import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from bench.figures import Figure, figure
from bench.recovery import Kept, measure_load
from bench.stages import PARTITIONS, Measured, Row, Taken, measure_stage
from contracts.codec import encode
from contracts.envelope import VERDICT, Position, fixed_headers, with_id
from contracts.plans import MessagePlanned, Outcome, Plan, PlanStep, SendOutcome, send_id_of
from contracts.records import AttemptRegistered, Cause, DeliveryReport, StatusChanged
from contracts.sends import TextContent
from contracts.status import DeliveryStatus
from contracts.vocabulary import Channel, Scope, Verdict
from streams.engine.state import PartitionState
from streams.fallback.policy import Here, Rules, advance, due_ms
from streams.fallback.reading import Reader
from streams.fallback.stage import FALLBACK, FallbackBatch
from streams.fallback.state import encode_message

GROUP = "fallback"
MESSAGES = 10_000
ROUNDS, BATCH = 5, 500
PLANNED_EVERY = 20
START = datetime(2026, 11, 21, 10, tzinfo=UTC)
START_MS = int(START.timestamp() * 1000)
TEXT = "Your parcel waits for you at the post office until Friday. https://example.com/p/12345"
STEPS = ((Channel.VIBER, "routee"), (Channel.SMS, "telesign"))
PROVIDER, CONNECTION = STEPS[0][1], "main"
ENTRY_BYTES = 4 + 8 * len(FALLBACK.reads) + 9
"""What the engine puts before each value: its stamp and its times."""

Told = MessagePlanned | SendOutcome | StatusChanged


def measure() -> list[Figure]:
    """The stage beside a bare client, with a plan for every message; then its function alone on usual traffic."""
    figures = measure_stage(Measured(GROUP, _rows))
    spent = next(one for one in figures if one.figure == "CPU per event")
    figures.append(figure(GROUP, "planned events, of a core", [1e6 / micros for micros in spent.runs], unit="/s"))
    traffic = list(_updates(MESSAGES))
    for name, keeps, goal in (("may come late", True, ""), ("come first", False, ">= 20000")):
        rates = [_decide(traffic, keeps_unplanned=keeps) for _ in range(ROUNDS)]
        figures.append(
            figure(GROUP, f"updates decided, of a core; 1 in 20 planned, plans {name}", rates, unit="/s", goal=goal)
        )
    figures.append(figure(GROUP, "bytes of an open plan", [len(_open(0)[1]) + ENTRY_BYTES], unit="B", goal="<= 400"))
    return figures + measure_load(Kept(GROUP, FALLBACK, "open plans", _open, "<= 15"))


def _rows() -> dict[str, Iterable[Row]]:
    return {
        "messages": [_row(plan(number), number) for number in range(MESSAGES)],
        "outcomes": [_row(outcome(number), number) for number in range(MESSAGES)],
        "updates": [_row(told, number) for number, told in enumerate(_updates(MESSAGES))],
    }


def _updates(count: int) -> Iterator[StatusChanged]:
    """The lives of the messages beside each other, as they come in."""
    yield from map(registered, range(count))
    for status in (DeliveryStatus.SENT, DeliveryStatus.DELIVERED):
        for number in range(count):
            yield reported(number, status)


def _row(told: Told, number: int) -> Row:
    headers = fixed_headers("any", "somebody")
    if isinstance(told, StatusChanged):
        headers = [*headers, (VERDICT, told.verdict.value.encode())]
    position = Position("bench-reports-v1", number % PARTITIONS, number)
    return told.message_id.encode(), encode(told), with_id(headers, position.event_id)  # type: ignore[union-attr]  # all have one


def _taken(told: Iterable[Told]) -> list[Taken]:
    rows = [_row(one, number) for number, one in enumerate(told)]
    return [Taken("updates", 0, number, START_MS, *row) for number, row in enumerate(rows)]


def _decide(traffic: list[StatusChanged], *, keeps_unplanned: bool) -> float:
    """Updates a second that the function and its state take, on one core."""
    stage, state = FallbackBatch(Rules(), Reader(keeps_unplanned=keeps_unplanned)), PartitionState(FALLBACK.reads)
    planned = range(0, MESSAGES, PLANNED_EVERY)
    for word, told in (("messages", map(plan, planned)), ("outcomes", map(outcome, planned))):
        stage(state, _taken(told), topic=word)
        state.changes()
    records = _taken(traffic)
    began = time.process_time()
    for first in range(0, len(records), BATCH):
        stage(state, records[first : first + BATCH], topic="updates")
        state.changes()
    return len(records) / (time.process_time() - began)


def _open(number: int) -> tuple[bytes, bytes, int]:
    """A message whose first step was taken and is waited for; the second is still to be sent."""
    name, state = message_id(number), None
    for event in (plan(number), outcome(number)):
        state, _ = advance(state, event, Here(name, START_MS), Rules())
    if state is None:
        raise RuntimeError("an open plan was forgotten")
    return name.encode(), encode_message(state), due_ms(state, Rules())


def message_id(number: int) -> str:
    return f"019aa5a1-0000-7000-8000-{number:012x}"


def root(number: int) -> str:
    return f"35C8B5D509BC10689196FED2{number:08X}"


def plan(number: int) -> MessagePlanned:
    steps = [
        PlanStep(
            channel=channel,
            provider=provider,
            connection="main",
            sender="ExampleShop",
            wait_s=60,
            content=TextContent(text=TEXT),
        )
        for channel, provider in STEPS
    ]
    return MessagePlanned(
        message_id=message_id(number),
        account="default",
        recipient=f"+447700900{number % 1000:03d}",
        planned_at=START,
        plan=Plan(steps=tuple(steps)),
        campaign="autumn",
    )


def outcome(number: int) -> SendOutcome:
    name = message_id(number)
    return SendOutcome(
        message_id=name,
        account="default",
        step=0,
        send_id=send_id_of(name, 0, 0),
        outcome=Outcome.ACCEPTED,
        told_at=START,
        root_id=root(number),
        provider=PROVIDER,
        connection=CONNECTION,
    )


def registered(number: int) -> StatusChanged:
    name = message_id(number)
    one = AttemptRegistered(
        account="default",
        root_id=root(number),
        registered_at=START,
        message_id=name,
        channel=Channel.VIBER,
        recipient=f"+447700900{number % 1000:03d}",
        country="GB",
        campaign="autumn",
        external_id=send_id_of(name, 0, 0),
        sent_at=START,
        provider=PROVIDER,
        connection=CONNECTION,
    )
    return update(number, DeliveryStatus.ACCEPTED, Verdict.REGISTERED, registration=one)


def reported(number: int, status: DeliveryStatus) -> StatusChanged:
    name, occurred_at = message_id(number), START + timedelta(seconds=2)
    one = DeliveryReport(
        event_id=f"{number:032x}",
        account="default",
        root_id=root(number),
        provider_message_id=root(number),
        scope=Scope.CHANNEL,
        status=status,
        provider_code="3000",
        received_at=occurred_at,
        cause=Cause(partition=number % PARTITIONS, offset=number),
        channel=Channel.VIBER,
        occurred_at=occurred_at,
        description="Message as the provider describes it",
        recipient=f"+447700900{number % 1000:03d}",
        country="GB",
        sender="ExampleShop",
        external_id=send_id_of(name, 0, 0),
        campaign="autumn",
        may_fall_back=True,
        provider=PROVIDER,
        connection=CONNECTION,
    )
    return update(number, status, Verdict.APPLIED, report=one)


def update(number: int, status: DeliveryStatus, verdict: Verdict, **members: object) -> StatusChanged:
    return StatusChanged(
        verdict=verdict,
        attempt_id=f"019aa5a1-0000-7000-9000-{number:012x}",
        status=status,
        message_id=message_id(number),
        item_status=status,
        sent_at=START,
        **members,  # type: ignore[arg-type]  # the report or the registration
    )
