"""What a simulated provider's API is given and gives: pure functions over a desk that the simulator keeps."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar

import msgspec

from contracts.vocabulary import Channel
from providers._kit.script import Step
from providers._kit.settings import ConnectionSettings

S_contra = TypeVar("S_contra", bound=ConnectionSettings, contravariant=True)


class ApiCall(msgspec.Struct, frozen=True, kw_only=True):
    """One request to the provider's API. Header names are lower case."""

    method: str
    path: str
    query: str
    """Raw, without the question mark."""
    headers: Mapping[str, str]
    body: bytes


class ApiReply(msgspec.Struct, frozen=True, kw_only=True):
    """What the provider answers."""

    status: int
    body: bytes
    headers: Mapping[str, str] = msgspec.field(default_factory=lambda: {"content-type": "application/json"})


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """One message that the simulated provider has taken."""

    root_id: str
    channels: tuple[Channel, ...]
    """More than one: the provider goes on to the next by itself."""
    recipient: str
    sender: str
    name: str = ""
    """What the client chose to call it, where it must be unique; empty: nothing."""
    external_id: str | None = None
    urls: Mapping[str, str] = {}
    """Where callbacks go, by their kind (`delivery`, `seen`, `inbound`); a kind that is not there goes where the
    connection's callbacks usually go."""
    extras: Mapping[str, Any] = {}
    """What the provider's own simulator must remember to play its callbacks and look-ups."""


class Desk(Protocol):
    """What the simulator keeps for one connection of one provider."""

    def now(self) -> datetime:
        """By the simulation's clock, which may run fast."""

    def draw_id(self, bits: int = 128) -> int:
        """A number that no other id of this run has; the same for the same seed and order of calls."""

    def take(self, order: Order) -> None:
        """The message begins its life: its callbacks will go out when they are due."""

    def order(self, root_id: str) -> Order | None:
        """The message with this id."""

    def named(self, name: str) -> Order | None:
        """The message that the client called so."""

    def orders(self) -> Sequence[Order]:
        """All messages, oldest first."""

    def steps(self, order: Order) -> Sequence[Step]:
        """What has happened to it until now, as the provider would say when asked: with its lies, and without its
        silences.
        """

    def hand_out(self, order: Order) -> Sequence[Step]:
        """The steps that no call of this has given before, for interfaces that tell everything once."""


class Api(Protocol[S_contra]):
    """Plays the provider's API: checks credentials, limits and ids as the provider does."""

    def __call__(self, call: ApiCall, desk: Desk, settings: S_contra) -> ApiReply:
        """The provider's answer; the same calls in the same order give the same answers."""


class Refusals(Protocol):
    """How the provider words that it does not take a request just now."""

    def __call__(self, status: int) -> ApiReply:
        """For 429, 500 or 503."""
