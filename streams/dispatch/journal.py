"""What dispatch writes: claims, registrations, outcomes, words for the conversation, and the health of connections."""

import logging
from datetime import datetime
from types import MappingProxyType
from typing import Protocol

import structlog

from contracts.codec import encode
from contracts.conversations import BusinessSent
from contracts.envelope import Headers, fixed_headers, with_id
from contracts.identity import attempt_key
from contracts.people import masked
from contracts.plans import ConnectionHealth, Outcome, SendClaimed, SendOutcome
from providers._kit.sending import Accepted
from runtime.clock import Clock
from runtime.crash_points import crash_point
from runtime.metrics import SENDS
from streams.dispatch.errand import Errand, Place
from streams.dispatch.verdicts import accepted, registration, said

NAME = "dispatch"
HEADERS = MappingProxyType(
    {
        "claims": fixed_headers("claim", NAME),
        "attempts": fixed_headers("attempt", NAME),
        "outcomes": fixed_headers("outcome", NAME),
        "talk": fixed_headers("talk", NAME),
        "health": fixed_headers("health", NAME),
    }
)

log = structlog.get_logger()


class Write(Protocol):
    """Writes to Kafka; what many tasks write at once leaves together."""

    async def __call__(self, word: str, key: bytes, value: bytes, /, *, stamp_ms: int, headers: Headers) -> None:
        """Returns when the brokers have acknowledged it, however long that takes."""


class Journal:
    """Everything is acknowledged before the next thing is done, in an order in which a crash loses nothing."""

    def __init__(self, write: Write, clock: Clock, labels: Place) -> None:
        self.labels = labels
        self._write = write
        self._clock = clock

    async def claim(self, errand: Errand, claimant: str) -> None:
        command = errand.command
        claim = SendClaimed(
            message_id=command.message_id,
            send_id=command.send_id,
            claimant=claimant,
            claimed_at=self._clock.now(),
        )
        # Stamped as its command is: whoever reads claims from the time of a command on has all claims of it.
        await self._put("claims", command.message_id.encode(), encode(claim), errand.stamp_ms, claimant)
        crash_point("dispatch.claimed")

    async def accept(self, errand: Errand, answer: Accepted, sent_at: datetime) -> None:
        """Register the attempt, tell the outcome, and tell the conversation."""
        command = errand.command
        attempt = registration(command, answer, sent_at=sent_at, at=self._clock.now())
        key = attempt_key(command.provider, command.connection, answer.root_id)
        await self._put("attempts", key, encode(attempt), self._clock.now_ms(), command.send_id)
        crash_point("dispatch.registered")
        if command.request.is_session:
            await self._talk(said(command, sent_at))
        await self.tell(errand, accepted(command, answer, self._clock.now()))

    async def tell(self, errand: Errand, told: SendOutcome) -> None:
        """What came of a send."""
        # Not before its command, by whatever clock: readers begin at the time of a command.
        stamp_ms = max(self._clock.now_ms(), errand.stamp_ms)
        await self._put("outcomes", told.message_id.encode(), encode(told), stamp_ms, f"{told.send_id}:{told.outcome}")
        crash_point("dispatch.outcome_written")
        SENDS.labels(*self.labels, told.outcome).inc()
        log.log(
            logging.DEBUG if told.outcome is Outcome.ACCEPTED else logging.INFO,
            "send_answered",
            message_id=told.message_id,
            send_id=told.send_id,
            provider=told.provider,
            connection=told.connection,
            recipient=masked(errand.command.request.recipient),
            outcome=told.outcome,
            error=told.error,
            code=told.code,
            why=told.note,
        )

    async def health(self, told: ConnectionHealth) -> None:
        place = f"{told.provider}:{told.connection}"
        await self._put("health", place.encode(), encode(told), self._clock.now_ms(), f"{place}:{told.since}")
        log.warning("connection_ill" if told.is_ill else "connection_well", connection=place, reason=told.reason)

    async def _talk(self, told: BusinessSent) -> None:
        await self._put("talk", told.parties.key, encode(told), self._clock.now_ms(), told.event_id)

    async def _put(self, word: str, key: bytes, value: bytes, stamp_ms: int, event_id: str) -> None:
        await self._write(word, key, value, stamp_ms=stamp_ms, headers=with_id(HEADERS[word], event_id.encode()))
