"""What the endpoints work with, put together once at the door."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Protocol

from fastapi import Depends, Request

from api.admission.audit_log import AuditLog
from api.admission.key_uses import KeyUses
from api.admission.keys import KeyRing
from api.admission.rates import RateBook
from api.admission.sign_ins import SignIns
from api.answers.messages import Evidence
from api.evidence import Cause
from api.exports.desk import ExportDesk
from api.feed.feed import Feed
from api.health.progress import StageProgress
from api.replays.desk import ReplayDesk
from api.store import Store
from contracts.alarms import Alarm
from contracts.archived import Archived, Item
from contracts.plans import ConnectionHealth, MessageTold, SendOutcome
from contracts.records import AttemptRegistered, Wish
from runtime.clock import Clock
from runtime.kafka import Outgoing
from runtime.policies import PolicyBook
from runtime.settings import Settings


class Registering(Protocol):
    """Writes what callers tell us durably; `api.submissions.registrar` does it on Kafka."""

    @property
    def is_ready(self) -> bool: ...

    async def write(self, registrations: Sequence[AttemptRegistered]) -> None:
        """Raises `BrokerUnavailable` when no acknowledgement comes in time."""

    async def write_wish(self, wish: Wish) -> None:
        """Likewise."""

    async def write_messages(self, told: Sequence[MessageTold]) -> None:
        """Likewise."""

    async def write_outcome(self, outcome: SendOutcome) -> None:
        """Likewise."""

    async def write_alarm(self, alarm: Alarm) -> None:
        """Likewise."""

    async def write_callbacks(self, callbacks: Sequence[Outgoing]) -> list[tuple[int, int]]:
        """Likewise; where each of them stands, as (partition, offset)."""


class Witness(Protocol):
    """Shows raw callbacks; `api.evidence.EvidenceReader` does it over the past."""

    async def read(self, causes: Sequence[Cause]) -> list[Evidence]: ...


class Past(Protocol):
    """Finds callbacks as they came; `api.past.CallbackPast` does it on Kafka and in the archive."""

    @property
    def topic(self) -> str: ...

    async def read(
        self, places: Sequence[tuple[int, int]], *, bytes_limit: int = ..., deadline_s: float = ...
    ) -> dict[tuple[int, int], Archived | str]:
        """The callback at each place, or a sentence that says why it cannot be had; the limits are for Kafka."""


class Rehearsing(Protocol):
    """Knows what today's adapters would make of callbacks; `api.rehearsal.StreamsRehearsal` asks the stages."""

    async def rehearse(self, callbacks: Sequence[Archived]) -> list[list[Item]]:
        """The items that each callback would have; raises `Refused` when nobody answers."""


class Progress(Protocol):
    """Knows how far the stages are; `api.health.kafka_progress` asks Kafka. Raises `BrokerUnavailable`."""

    async def stages(self) -> list[StageProgress]: ...

    async def ill_connections(self) -> list[ConnectionHealth]:
        """Those over which sends rest now."""


@dataclass(frozen=True)
class Parts:
    """Everything an endpoint may use."""

    settings: Settings
    clock: Clock
    store: Store
    registrar: Registering
    evidence: Witness
    past: Past
    rehearsal: Rehearsing
    progress: Progress
    ring: KeyRing
    sign_ins: SignIns
    exports: ExportDesk
    replays: ReplayDesk
    feed: Feed
    uses: KeyUses
    rates: RateBook
    audit: AuditLog
    started_at: datetime
    policies: Callable[[], PolicyBook] = PolicyBook
    """The policies as they are now."""


async def parts_of(request: Request) -> Parts:
    """The parts of the application that serves `request`."""
    # A coroutine, like all dependencies here: FastAPI sends plain functions to a thread, which costs more than they do.
    parts: Parts = request.app.state.parts
    return parts


Provided = Annotated[Parts, Depends(parts_of)]
