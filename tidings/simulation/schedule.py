"""What is posted when: the callbacks of many messages, merged into one stream in the order in which they are due."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from random import Random
from typing import Any

from contracts.errors import ConfigurationInvalid
from contracts.identity import attempt_key, derived_message_id
from providers import load_providers
from providers._kit.provider import Provider
from providers._kit.script import Script, SimulatedCallback
from runtime.settings import Connection
from tidings.simulation.author import write_script
from tidings.simulation.repertoire import Repertoire, rehearse

WINDOW_S = 1.5
"""How far duplicates, shuffled callbacks and late registrations stray from their time."""
LATE_REGISTRATIONS = 0.3
SPELL_MESSAGES = 500
"""For so many messages a provider's clock stays right, or wrong."""
WRONG_SPELLS = 0.3


@dataclass(frozen=True)
class Play:
    """What is to be played. Two runs of equal plays with equal casts post the same bytes in the same order."""

    seed: int
    rate_per_s: float
    start: datetime
    """When the first message leaves, by the callbacks' own clocks."""
    message_count: int | None = None
    """None: without end."""
    duplicates: float = 0.0
    is_shuffled: bool = False
    unregistered: float = 0.0
    speed: float = 1.0
    """Seconds in the messages' lives per second of ours."""
    clock_step_s: float = 0.0
    """By how much the providers' clocks jump, either way, when they are wrong for a while."""

    def due_s(self, at: datetime) -> float:
        """How long after our start a moment of the messages' lives comes."""
        return (at - self.start).total_seconds() / self.speed

    def clock_error(self, number: int) -> timedelta:
        """How far the clock of message `number`'s provider is ahead; behind, when negative."""
        chance = Random(f"{self.seed}:{number // SPELL_MESSAGES}:clock")  # noqa: S311  # a play, not a secret
        is_wrong = chance.random() < WRONG_SPELLS
        return timedelta(seconds=int(chance.uniform(-1, 1) * self.clock_step_s)) if is_wrong else timedelta()


@dataclass(frozen=True)
class Actor:
    """Plays one provider on one connection."""

    provider: Provider[Any]
    connection: Connection
    settings: Any
    repertoire: Repertoire

    @property
    def is_registering(self) -> bool:
        return not self.connection.observe_only


@dataclass(frozen=True, slots=True)
class Posting:
    """A callback that is due."""

    due_s: float
    number: int
    """Of the message."""
    actor: Actor
    callback: SimulatedCallback


@dataclass(frozen=True, slots=True)
class Registration:
    """An attempt that our user's own code tells us about."""

    due_s: float
    number: int
    actor: Actor
    root_id: str
    message_id: str
    script: Script


Act = Posting | Registration


def cast_of(connections: Sequence[Connection], slugs: Sequence[str] = ()) -> list[Actor]:
    """An actor for each connection, of the named providers or of all. Raises `ConfigurationInvalid` for none."""
    providers = load_providers()
    chosen = [connection for connection in connections if not slugs or connection.provider in slugs]
    missing = set(slugs) - {connection.provider for connection in chosen}
    if missing or not chosen:
        raise ConfigurationInvalid(
            f"no connection of {', '.join(sorted(missing)) or 'any provider'} is configured; add one to the settings "
            "file, or let `tidings demo` make one"
        )
    return [_actor(providers[connection.provider], connection) for connection in chosen]


def _actor(provider: Provider[Any], connection: Connection) -> Actor:
    settings = provider.settings.of(connection)
    return Actor(provider, connection, settings, rehearse(provider, connection, settings))


def schedule(play: Play, cast: Sequence[Actor]) -> Iterator[Act]:
    """All that happens in `play`, in the order in which it is due; lazily, so that it may go on for ever."""
    waiting: list[tuple[float, int, Act]] = []
    tickets = count()
    for number in range(play.message_count) if play.message_count is not None else count():
        began_s = number / play.rate_per_s
        while waiting and waiting[0][0] < began_s:
            yield heappop(waiting)[-1]
        for act in acts_of(play, cast, number):
            heappush(waiting, (act.due_s, next(tickets), act))
    while waiting:
        yield heappop(waiting)[-1]


def acts_of(play: Play, cast: Sequence[Actor], number: int) -> list[Act]:
    """What message `number` brings about: never due before the message begins."""
    fate = Random(f"{play.seed}:{number}:post")  # noqa: S311  # a play, not a secret
    actor = fate.choice(cast)
    sent_at = play.start + timedelta(seconds=number / play.rate_per_s * play.speed)
    error = play.clock_error(number)
    script = write_script(play.seed, number, sent_at + error, actor.repertoire)
    callbacks = actor.provider.simulate(script, actor.settings)
    acts: list[Act] = [
        Posting(due_s, number, actor, callback)
        for callback in callbacks
        for due_s in _due_times(play, fate, callback.at - error)
    ]
    if actor.is_registering and callbacks and fate.random() >= play.unregistered:
        due_s = play.due_s(sent_at) + (fate.random() * WINDOW_S if fate.random() < LATE_REGISTRATIONS else 0.0)
        root_id = callbacks[0].root_id
        acts.append(Registration(due_s, number, actor, root_id, _message_id(actor, root_id, sent_at), script))
    return acts


def _due_times(play: Play, fate: Random, at: datetime) -> list[float]:
    """When a callback is posted: once, and now and then once more."""
    stray_s, copy_s, chance = fate.random() * WINDOW_S, fate.random() * WINDOW_S, fate.random()
    due_s = play.due_s(at) + (stray_s if play.is_shuffled else 0.0)
    return [due_s, due_s + copy_s] if chance < play.duplicates else [due_s]


def _message_id(actor: Actor, root_id: str, sent_at: datetime) -> str:
    key = attempt_key(actor.connection.provider, actor.connection.name, root_id)
    return derived_message_id(int(sent_at.timestamp() * 1000), key)
