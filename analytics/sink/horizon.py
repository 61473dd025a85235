"""Up to where everything must be explained by now, found by following the stages' own commits.

At some moment the ends of `callbacks` are noted. Once normalise has committed past them, all it made of them stands
before the ends its outputs have then; once track has committed past those of `reports`, all its answers stand before
the end of `updates`; once the store is past all of these, every callback from before that moment is wholly in it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from analytics.freshness import Horizon

Offsets = Mapping[int, int]
"""Partition to offset."""

OUTPUTS = ("reports", "inbound", "signals", "dead-letters")
"""What normalise writes; all but the first go straight to the store."""
STORED = ("callbacks", "inbound", "signals", "dead-letters", "updates")
BESIDE = ("presumed-lost", "suppressions", "messages", "commands", "outcomes", "decisions", "sessions", "alarms")
"""What the store reads too, and no callback waits for."""
READS = (("normalise", "callbacks"), ("track", "reports"), ("track", "attempts"))


@dataclass(frozen=True)
class Byway:
    """A way of its own from what normalise writes: a stage finds something in it, reads that once more by person, and
    tells what follows.
    """

    stage: str
    said: tuple[str, ...]
    joined: str
    told: str

    @property
    def reads(self) -> tuple[tuple[str, str], ...]:
        """As (stage, topic)."""
        return tuple((self.stage, topic) for topic in (*self.said, self.joined))


WISHES = Byway("consent", ("inbound", "signals"), "wishes", "suppressions")
SESSIONS = Byway("session", ("inbound",), "talk", "sessions")
BYWAY_READS = (*WISHES.reads, *SESSIONS.reads)


@dataclass(frozen=True)
class World:
    """One look at Kafka and the store. `committed` was read before `ends`, so `ends` hold all that commits promise."""

    seen_at: datetime
    """Before anything was read."""
    starts: Mapping[str, Offsets]
    ends: Mapping[str, Offsets]
    committed: Mapping[tuple[str, str], Offsets]
    """(stage, topic) to what its group has committed."""
    stored: Mapping[str, Offsets]
    """Topic to the store's next offsets."""

    def has_read(self, stage: str, topic: str, wanted: Offsets) -> bool:
        """Whether the stage has committed past `wanted`."""
        return not self._behind(topic, self.committed.get((stage, topic), {}), wanted)

    def has_stored(self, topic: str, wanted: Offsets) -> bool:
        """Whether the store is past `wanted`."""
        return not self._behind(topic, self.stored.get(topic, {}), wanted)

    def lag_by_topic(self) -> dict[str, int]:
        """Records that a stage or the store has still to read, by topic; the slower of two readers counts."""
        lags = dict.fromkeys(sorted({*STORED, *BESIDE, *(topic for _, topic in READS)}), 0) | self.sink_lag()
        for stage, topic in READS:
            behind = self._behind(topic, self.committed.get((stage, topic), {}), self.ends[topic])
            lags[topic] = max(lags[topic], behind)
        return lags

    def sink_lag(self) -> dict[str, int]:
        """Records that the store alone has still to read, by topic."""
        return {
            topic: self._behind(topic, self.stored.get(topic, {}), self.ends.get(topic, {}))
            for topic in (*STORED, *BESIDE)
        }

    def _behind(self, topic: str, reached: Offsets, wanted: Offsets) -> int:
        """How many records lie between. What Kafka no longer has, nobody can be behind of."""
        starts = self.starts.get(topic, {})
        return sum(
            max(0, offset - max(reached.get(partition, 0), starts.get(partition, 0)))
            for partition, offset in wanted.items()
        )


@dataclass
class Chase:
    """One attempt to reach a horizon: what was noted, step by step."""

    began_at: datetime
    callbacks: Offsets
    outputs: Mapping[str, Offsets] = field(default_factory=dict)
    updates: Offsets | None = None

    def advance(self, world: World) -> bool:
        """Go as far as `world` allows; true when the store is past everything noted."""
        if not self.outputs and world.has_read("normalise", "callbacks", self.callbacks):
            self.outputs = {topic: world.ends[topic] for topic in OUTPUTS}
        if self.outputs and self.updates is None and world.has_read("track", "reports", self.outputs["reports"]):
            self.updates = world.ends["updates"]
            # Track puts aside what it cannot read, so there may be more of them by now.
            self.outputs = {**self.outputs, "dead-letters": world.ends["dead-letters"]}
        if self.updates is None:
            return False
        wanted = {**self.outputs, "updates": self.updates, "callbacks": self.callbacks}
        return all(world.has_stored(topic, wanted[topic]) for topic in STORED)


@dataclass
class BywayChase:
    """The same for a byway, beside the other, which need not wait for this one."""

    way: Byway
    began_at: datetime
    callbacks: Offsets
    said: Mapping[str, Offsets] = field(default_factory=dict)
    joined: Offsets | None = None
    told: Offsets | None = None

    def advance(self, world: World) -> bool:
        """Go as far as `world` allows; true when the store is past everything noted."""
        way = self.way
        if not self.said and world.has_read("normalise", "callbacks", self.callbacks):
            self.said = {topic: world.ends[topic] for topic in way.said}
        if self.said and self.joined is None and all(world.has_read(way.stage, *said) for said in self.said.items()):
            self.joined = world.ends.get(way.joined, {})
        if self.joined is not None and self.told is None and world.has_read(way.stage, way.joined, self.joined):
            self.told = world.ends.get(way.told, {})
        return self.told is not None and world.has_stored(way.told, self.told)


class BywayFollower:
    """Up to when what people said by that way is in the store."""

    def __init__(self, way: Byway) -> None:
        self._way = way
        self._chase: BywayChase | None = None
        self._as_of: datetime | None = None

    def follow(self, world: World) -> datetime | None:
        """The newest moment reached; null before the first."""
        chase = self._chase or BywayChase(self._way, world.seen_at, world.ends["callbacks"])
        has_reached = chase.advance(world)
        self._chase = None if has_reached else chase
        if has_reached:
            self._as_of = chase.began_at
        return self._as_of


class Follower:
    """Turns looks at the world into horizons."""

    def __init__(self) -> None:
        self._latest = Horizon()
        self._chase: Chase | None = None
        self._wishes = BywayFollower(WISHES)
        self._sessions = BywayFollower(SESSIONS)

    def follow(self, world: World) -> Horizon:
        """The newest horizon reached, with the lag as it is now."""
        if self._chase is None:
            self._chase = Chase(world.seen_at, world.ends["callbacks"])
        reached = self._latest
        if self._chase.advance(world):
            reached = Horizon(self._chase.began_at, self._chase.callbacks)
            self._chase = None
        self._latest = Horizon(
            as_of=reached.as_of,
            callbacks=reached.callbacks,
            lag_by_topic=world.lag_by_topic(),
            wishes_as_of=self._wishes.follow(world),
            sessions_as_of=self._sessions.follow(world),
        )
        return self._latest
