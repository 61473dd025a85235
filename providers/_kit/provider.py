"""A provider as a declaration, and the few shapes that adapters and the rest of the house exchange."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import msgspec

from contracts.records import RawCallback
from providers._kit.asking import LookUp, Patience
from providers._kit.codes import Code, CodeTable
from providers._kit.desk import Api, Refusals
from providers._kit.facts import Item, StatusFact
from providers._kit.script import Reply, Script, SimulatedCallback
from providers._kit.sending import Outbound, Sender
from providers._kit.settings import ConnectionSettings

S = TypeVar("S", bound=ConnectionSettings)
S_contra = TypeVar("S_contra", bound=ConnectionSettings, contravariant=True)


class CallbackRequest(msgspec.Struct, frozen=True, gc=False):
    """One HTTP request as verifiers see it. Header names are lower case; `url` is the one the provider called."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


class Verifier(Protocol):
    """Says whether a request comes from the provider."""

    def __call__(self, request: CallbackRequest) -> None:
        """Raises `SignatureInvalid` unless the request is authentic. Constant time, over raw bytes; never parses."""


class Simulator(Protocol[S_contra]):
    """Plays the provider: turns the scripted life of a message into the callbacks the provider would send."""

    def __call__(self, script: Script, settings: S_contra) -> Sequence[SimulatedCallback]:
        """The signed callbacks of one message in their natural order; the same script gives the same bytes."""


class Answerer(Protocol[S_contra]):
    """Plays a person who writes to us."""

    def __call__(self, reply: Reply, settings: S_contra) -> SimulatedCallback:
        """The signed callback that brings the reply."""


@dataclass(frozen=True)
class Provider(Generic[S]):
    """All that the house needs to know of a provider."""

    slug: str
    title: str
    settings: type[S]
    """Checks the members of a connection that only this provider understands."""
    methods: frozenset[str]
    """The HTTP methods it calls with; others get 405."""
    codes: CodeTable
    make_verifier: Callable[[S], Verifier]
    """From the connection's settings, once per connection."""
    normalise: Callable[[RawCallback], Sequence[Item]]
    """The items of a callback in body order. Raises `PayloadInvalid` when the whole cannot be read; a bad item becomes
    a `RejectedItem` and the others stand."""
    simulate: Simulator[S]
    settings_from_sample: Callable[[Mapping[str, Any]], S] | None = None
    """The settings of the connection that a sample's `auth` describes; null when no sample is signed."""
    deciding_rows: Callable[[StatusFact], Sequence[Code]] | None = None
    """The rows of the code table that decided a fact, for `explain`; null: every row of its provider code."""
    make_sender: Callable[[S, Outbound], Sender] | None = None
    """Once per connection; raises `ConfigurationInvalid` when the connection lacks what sending needs."""
    make_look_up: Callable[[S, Outbound], LookUp] | None = None
    """Likewise, for asking about attempts that are silent."""
    patience: Patience | None = None
    """When it is asked; null where it cannot be asked."""
    serve: Api[S] | None = None
    """Plays its send and look-up API for the simulator."""
    refuse: Refusals | None = None
    """How its API words that it does not take a request just now."""
    answer: Answerer[S] | None = None
    """Plays a person's reply for the simulator."""
    retries_s: tuple[float, ...] = ()
    """When, in seconds after the first, it sends a callback again that was not answered as it wants."""
    example: Mapping[str, Any] | None = None
    """The members of a made-up connection that is let in, sends and asks, as they would stand in the settings file, but
    with invented secrets in plain text, and with `tokens` where there have to be some. The suite plays with it."""
