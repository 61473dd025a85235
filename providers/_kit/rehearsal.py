"""A provider played in memory: its API at a desk, the way out to it, and the callbacks that follow.

For tests of senders and look-ups; no sockets, no clock but the one that is told to pass.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Generic
from urllib.parse import urlsplit

from contracts.errors import ConfigurationInvalid, ProviderUnavailable, SendInDoubt
from contracts.records import RawCallback
from providers._kit.asking import LookUp, PolledAnswer
from providers._kit.desk import ApiCall, ApiReply, Order, Refusals
from providers._kit.facts import Item
from providers._kit.memory_desk import DELIVERED, SEED, MemoryDesk, Writer
from providers._kit.provider import Provider, S
from providers._kit.script import Reply, SimulatedCallback
from providers._kit.sending import HttpAnswer, Sender


class Mishap(StrEnum):
    """What may befall one call on its way."""

    UNREACHED = "unreached"
    """It certainly did not leave."""
    LOST = "lost"
    """It left and was not taken, and no answer came."""
    CUT = "cut"
    """It was taken, and no answer came."""


Fate = Mishap | HttpAnswer | int
"""A mishap, an answer in place of the provider's, or a status with which it refuses."""


class RehearsedOutbound(Generic[S]):
    """An `Outbound` that ends at the provider's simulated API. `calls` is all that left, `fates` what is next."""

    def __init__(self, provider: Provider[S], settings: S, desk: MemoryDesk) -> None:
        self._provider, self._settings, self._desk = provider, settings, desk
        self.calls: list[tuple[str, str, Mapping[str, str], bytes]] = []
        self._fates: deque[Fate] = deque()

    def meet(self, *fates: Fate) -> None:
        """The next calls meet these, one each; those behind them are answered as the provider answers."""
        self._fates.extend(fates)

    async def call(self, method: str, url: str, /, *, headers: Mapping[str, str], body: bytes = b"") -> HttpAnswer:
        fate = self._fates.popleft() if self._fates else None
        if fate is Mishap.UNREACHED:
            raise ProviderUnavailable("the provider was not reached")
        self.calls.append((method, url, headers, body))
        if isinstance(fate, HttpAnswer):
            return fate
        if fate is Mishap.LOST:
            raise SendInDoubt("no answer came")
        if isinstance(fate, int):
            return _answer(refusal(self._provider.refuse, fate))
        reply = self._served(_call(method, url, headers, body))
        if fate is Mishap.CUT:
            raise SendInDoubt("no answer came")
        return _answer(reply)

    def _served(self, call: ApiCall) -> ApiReply:
        if self._provider.serve is None:
            raise ConfigurationInvalid(f"{self._provider.title} has no simulated API; give its declaration `serve`")
        return self._provider.serve(call, self._desk, self._settings)


class Rehearsal(Generic[S]):
    """One connection of a provider, its sender and look-up, and the provider behind it."""

    def __init__(self, provider: Provider[S], settings: S, write: Writer = DELIVERED) -> None:
        self.provider, self.settings = provider, settings
        self.desk = MemoryDesk(write)
        self.outbound = RehearsedOutbound(provider, settings, self.desk)

    def sender(self) -> Sender:
        if self.provider.make_sender is None:
            raise ConfigurationInvalid(f"{self.provider.title} has no sender")
        return self.provider.make_sender(self.settings, self.outbound)

    def look_up(self) -> LookUp:
        if self.provider.make_look_up is None:
            raise ConfigurationInvalid(f"{self.provider.title} has no look-up")
        return self.provider.make_look_up(self.settings, self.outbound)

    def callbacks(self, root_id: str) -> Sequence[SimulatedCallback]:
        """All that the provider will ever send about the message that it took under `root_id`."""
        return self.provider.simulate(self.desk.script(self._order(root_id)), self.settings)

    def reply(self, root_id: str, text: str) -> SimulatedCallback:
        """The callback that brings what the person answers."""
        if self.provider.answer is None:
            raise ConfigurationInvalid(f"{self.provider.title} has no `answer`")
        order = self._order(root_id)
        reply = Reply(
            number=0,
            seed=SEED,
            author=order.recipient,
            addressee=order.sender,
            text=text,
            at=self.desk.now(),
            channel=order.channels[0],
            root_id=root_id,
            extras=order.extras,
        )
        return self.provider.answer(reply, self.settings)

    def items(self, callback: SimulatedCallback) -> Sequence[Item]:
        """What the adapter makes of a callback that comes in by the door."""
        return self.provider.normalise(received(self.provider, callback))

    def polled(self, answer: PolledAnswer) -> Sequence[Item]:
        """What the adapter makes of an answer of its look-up."""
        return self.provider.normalise(answer.as_callback(self.provider.slug, "rehearsed", received_at=self.desk.now()))

    def _order(self, root_id: str) -> Order:
        order = self.desk.order(root_id)
        if order is None:
            raise ConfigurationInvalid(f"the desk has taken nothing under {root_id!r}")
        return order


def refusal(refuse: Refusals | None, status: int) -> ApiReply:
    """How a provider words that it does not take a request just now; one that does not say says nothing."""
    return refuse(status) if refuse else ApiReply(status=status, body=b"")


def _call(method: str, url: str, headers: Mapping[str, str], body: bytes) -> ApiCall:
    parts = urlsplit(url)
    lower = {name.lower(): value for name, value in headers.items()}
    return ApiCall(method=method, path=parts.path, query=parts.query, headers=lower, body=body)


def _answer(reply: ApiReply) -> HttpAnswer:
    headers = {name.lower(): value for name, value in reply.headers.items()}
    return HttpAnswer(status=reply.status, headers=headers, body=reply.body)


def received(provider: Provider[S], callback: SimulatedCallback) -> RawCallback:
    """A callback as the door would write it."""
    headers = {name.lower(): value for name, value in callback.headers.items()}
    return RawCallback(
        provider=provider.slug,
        connection="rehearsed",
        method=callback.method,
        received_at=callback.at,
        body=callback.body,
        query=callback.query,
        hint=callback.hint,
        content_type=headers.get("content-type", ""),
    )
