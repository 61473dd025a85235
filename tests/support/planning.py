"""Messages with plans on a real Kafka, told and answered as the API, the providers and dispatch would."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count

from contracts.codec import decode, encode
from contracts.envelope import VERDICT, Headers, Position, fixed_headers, with_id
from contracts.plans import (
    DecisionMade,
    Guards,
    MessagePlanned,
    Outcome,
    Plan,
    PlanStep,
    SendCommanded,
    SendOutcome,
    SendWithdrawn,
    read_command,
    send_id_of,
)
from contracts.records import AttemptRegistered, Record, StatusChanged
from contracts.sends import TextContent
from contracts.status import DeliveryStatus
from contracts.vocabulary import Channel, Verdict
from runtime.partitioner import partition_of
from tests.support.marked import without_repeats
from tests.support.patience import LIMIT_S
from tests.support.reports import report
from tests.support.streams_installation import Installation

PLACES = ((Channel.VIBER, "routee"), (Channel.SMS, "telesign"), (Channel.VOICE, "infobip"))

Row = tuple[bytes, bytes, int, Headers]


def step(number: int, *, wait_s: int = 60) -> PlanStep:
    channel, provider = PLACES[number]
    return PlanStep(
        channel=channel,
        provider=provider,
        connection="main",
        sender="Example",
        wait_s=wait_s,
        content=TextContent(text="Your parcel waits"),
    )


def planned(message_id: str, *, wait_s: int = 60, steps: int = 2, guards: Guards | None = None) -> MessagePlanned:
    return MessagePlanned(
        message_id=message_id,
        account="default",
        recipient="+447700900105",
        planned_at=datetime.now(UTC),
        plan=Plan(steps=tuple(step(number, wait_s=wait_s) for number in range(steps)), guards=guards or Guards()),
    )


def came(
    message_id: str, of: int, outcome: Outcome = Outcome.ACCEPTED, *, may_fall_back: bool = False, number: int = 0
) -> SendOutcome:
    return SendOutcome(
        message_id=message_id,
        account="default",
        step=of,
        send_id=send_id_of(message_id, of, number),
        outcome=outcome,
        provider=PLACES[of][1],
        connection="main",
        told_at=datetime.now(UTC),
        root_id=f"root-{message_id}-{of}" if outcome is Outcome.ACCEPTED else None,
        may_fall_back=may_fall_back,
    )


def reported(message_id: str, of: int, said: str, *, may_fall_back: bool = True) -> StatusChanged:
    root = f"root-{message_id}-{of}"
    one = report(said, of=root, root_id=root, provider=PLACES[of][1], may_fall_back=may_fall_back)
    return StatusChanged(
        verdict=Verdict.APPLIED,
        attempt_id=f"attempt of {root}",
        status=DeliveryStatus(said),
        message_id=message_id,
        report=one,
    )


def registered(message_id: str, of: int, *, status: str = "accepted", **members: object) -> StatusChanged:
    one = AttemptRegistered(
        provider=PLACES[of][1],
        connection="main",
        account="default",
        root_id=f"root-{message_id}-{of}",
        **{"registered_at": datetime.now(UTC), "external_id": send_id_of(message_id, of, 0)} | members,  # type: ignore[arg-type]  # as the test says
    )
    return StatusChanged(
        verdict=Verdict.REGISTERED,
        attempt_id=f"attempt of {message_id}",
        status=DeliveryStatus(status),
        message_id=message_id,
        registration=one,
    )


class Planning:
    """Writes to the topics of the fallback stage, and reads what it says."""

    def __init__(self, house: Installation) -> None:
        self.house = house
        self._numbers = count()

    async def tell(self, *records: Record) -> None:
        spread: dict[tuple[str, int], list[Row]] = defaultdict(list)
        for word, partition, row in [self._row(record) for record in records]:
            spread[word, partition].append(row)
        for place, rows in spread.items():
            await self.house.write(*place, rows)

    def _row(self, record: Record) -> tuple[str, int, Row]:
        key = str(record.message_id).encode()  # type: ignore[attr-defined]  # all of these have one
        word, headers = "messages", with_id(fixed_headers("message", "api"), b"a request")
        if isinstance(record, SendOutcome):
            word = "outcomes"
        if isinstance(record, StatusChanged):
            position = Position("a-reports-v1", 0, next(self._numbers))
            word, headers = "updates", with_id(fixed_headers("update", "track"), position.event_id)
            headers = [*headers, (VERDICT, record.verdict.value.encode())]
        return word, partition_of(key, self.house.partitions), (key, encode(record), int(time.time() * 1000), headers)

    async def commands(self) -> list[SendCommanded | SendWithdrawn]:
        return [read_command(one.value) for one in without_repeats(await self.house.read("commands"))]

    async def sends(self, *, at_least: int, limit_s: float = LIMIT_S) -> list[str]:
        """The ids of all sends that were commanded, once there are so many."""
        deadline = time.monotonic() + limit_s
        while True:
            sends = [one.send_id for one in await self.commands() if isinstance(one, SendCommanded)]
            if len(sends) >= at_least or time.monotonic() > deadline:
                return sorted(sends)
            await asyncio.sleep(0.2)

    async def decisions(self) -> list[DecisionMade]:
        return [decode(DecisionMade, one.value) for one in without_repeats(await self.house.read("decisions"))]


def sends_of(message_ids: Sequence[str], of: int) -> list[str]:
    return sorted(send_id_of(message_id, of, 0) for message_id in message_ids)


def in_future(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)
