"""What a stage is: a declaration, and one pure function from records and state to outputs.

The engine calls `decide` with records of one partition of one topic, in order, none of them seen before. The function
knows no Kafka, no faust and no clock, and gives the same outputs whenever it is given the same records and the same
state: after a crash the engine shows it some records again, and readers recognise the repeated outputs by their ids.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from contracts.envelope import Headers
from contracts.errors import ConfigurationInvalid
from runtime.settings import Settings

LARGEST_FETCH = 10_000
"""Records of one batch at most, whatever the settings say: no more are in flight when a process is killed."""


class SourceRecord(Protocol):
    """A record as a stage reads it. Structural, so that the Kafka client's own records pass without a copy."""

    @property
    def topic(self) -> str: ...
    @property
    def partition(self) -> int: ...
    @property
    def offset(self) -> int: ...
    @property
    def timestamp(self) -> int: ...
    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes | None: ...
    @property
    def headers(self) -> Sequence[tuple[str, bytes]]: ...


class StateView(Protocol):
    """What a stage remembers under the keys of one partition.

    The entry for a record stands under the record's own key: the engine relies on it to skip what was applied before.
    """

    def get(self, key: bytes) -> bytes | None:
        """What is remembered under `key`, with the changes of this batch."""

    def put(self, key: bytes, value: bytes | None, /, *, due_ms: int = 0, waits_since_ms: int = 0) -> None:
        """Remember `value` under `key`; null forgets it.

        At `due_ms` or later a record of the stage's `due` topic comes with that key; 0 means never. Each `put` sets
        the time anew. What `waits_since_ms` for something is counted, with the age of the oldest.
        """


class Output(NamedTuple):
    """One record to write. Its partition follows from the key, its time is that of the record it stems from."""

    key: bytes
    value: bytes
    timestamp_ms: int
    headers: Headers


Outputs = dict[str, list[Output]]
"""By the plural word of the topic, each list in the order of the source records."""


class Decide(Protocol):
    """The pure function of a stage. Bad data never raises here: it becomes a dead letter among the outputs."""

    def __call__(self, view: StateView, records: Sequence[SourceRecord], /, *, topic: str) -> Outputs:
        """The outputs for `records`, which all come from one partition of `topic` (its plural word)."""


class Lookout(Protocol):
    """What tells a stage's function of the world besides its records, such as who wants no messages."""

    async def run(self) -> None:
        """Until cancelled, through outages."""

    async def caught_up(self) -> None:
        """Returns when all is known that had been told when this began."""


@dataclass(frozen=True)
class Stage:
    """A stage by name, what it reads and writes (plural words), and how to prepare its function once per process."""

    name: str
    reads: tuple[str, ...]
    """Co-partitioned. The order is part of the state's format: append, never reorder."""
    writes: tuple[str, ...]
    state: str | None
    """The compacted topic that keeps what the stage remembers; null when it remembers nothing."""
    prepare: Callable[[Settings], Decide]
    due: str | None = None
    """Which of `reads` brings the times that the stage has set with `put`; the engine writes it."""
    watches: tuple[str, ...] = ()
    """Topics that tell its function of the world; each process reads all of their partitions."""
    lookout: Callable[[Settings, Decide], Lookout] | None = None
    """Who watches them for the function that `prepare` made; it is asked for nothing before that one is ready."""
    gather_ms: int = 25
    """How long a record may wait for others while many come: short on the way from a report to the send it causes."""

    def __post_init__(self) -> None:
        if self.due is not None and (self.state is None or self.due not in self.reads):
            raise ConfigurationInvalid(f"stage {self.name}: {self.due} must be among what it reads, and needs a state")

    @property
    def topics(self) -> tuple[str, ...]:
        """All topics it touches."""
        return (*self.reads, *self.writes, *self.watches, *((self.state,) if self.state else ()))


class Stateless:
    """The view of a stage that remembers nothing."""

    def get(self, key: bytes) -> bytes | None:
        raise LookupError(f"this stage declares no state, so there is nothing under {key!r}; name its topic in Stage")

    def put(self, key: bytes, _value: bytes | None, /, *, due_ms: int = 0, waits_since_ms: int = 0) -> None:  # noqa: ARG002  # the face of a view
        raise LookupError(f"this stage declares no state, so {key!r} cannot be kept; name its topic in Stage")
