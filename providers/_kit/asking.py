"""What a look-up promises: asking a provider about messages of which it has said nothing for too long."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from contracts.records import RawCallback
from contracts.vocabulary import Channel, Source


class SilentAttempt(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt that has not ended, as far as we were told."""

    root_id: str
    sent_at: datetime
    """Or, where that is not known, when we first heard of it."""
    channel: Channel | None = None
    recipient: str | None = None


class PolledAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An answer of the provider, kept as it came: it goes the way of callbacks, and the adapter's normaliser reads it.

    A fact has the same identity whether it was pushed or polled.
    """

    body: bytes
    hint: str = ""
    content_type: str = "application/json"

    def as_callback(self, provider: str, connection: str, *, received_at: datetime) -> RawCallback:
        """What came in, had it been pushed."""
        return RawCallback(
            provider=provider,
            connection=connection,
            method="POST",
            received_at=received_at,
            body=self.body,
            source=Source.POLL,
            hint=self.hint,
            content_type=self.content_type,
        )


class LookUp(Protocol):
    """Asks over one connection. The answers may be about other messages than those asked about."""

    most_at_once: int
    """How many attempts one call of `ask` takes."""
    tells_once: bool
    """The provider hands everything out only once: then one call of `ask` is made at a time, and its answers are
    durable before the next."""

    async def ask(self, silent: Sequence[SilentAttempt]) -> Sequence[PolledAnswer]:
        """What the provider says of them; none when it does not know them or has nothing to say.

        Raises a `SendError` whose class says what follows.
        """


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """When a provider is asked, as far as its facts say."""

    first_after_s: float
    """How long it is silent before it is first asked."""
    again_after_s: float
    """From one question to the next about the same attempt; doubles each time."""
    remembers_s: float
    """How long the provider can tell; behind that an attempt that is still silent is presumed lost."""
