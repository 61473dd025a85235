"""All stages as data, and what has a place in Kafka beside them. What is drawn, printed and tested is this."""

from dataclasses import dataclass

from contracts.errors import ConfigurationInvalid
from contracts.topics import load_topics
from runtime.settings import Settings
from streams.consent.stage import CONSENT
from streams.dispatch import dispatcher
from streams.dispatch.clients import NAME as DISPATCH
from streams.dispatch.clients import group_of
from streams.engine.stage import Stage
from streams.fallback.stage import FALLBACK
from streams.normalise.stage import NORMALISE
from streams.reconcile.stage import RECONCILE
from streams.session.stage import SESSION
from streams.track.stage import TRACK

STAGES: tuple[Stage, ...] = (NORMALISE, TRACK, CONSENT, RECONCILE, SESSION, FALLBACK)


@dataclass(frozen=True)
class Node:
    """A stage as Kafka sees it: full topic names and its consumer group."""

    stage: str
    group: str
    reads: tuple[str, ...]
    """Shared by the members of the group."""
    follows: tuple[str, ...]
    """Read beside the group."""
    writes: tuple[str, ...]
    state: str | None


def topology_of(settings: Settings) -> tuple[Node, ...]:
    """Every stage with the names it has in this installation."""
    prefix = settings.kafka.topic_prefix

    def full(words: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(load_topics()[word].full_name(prefix) for word in words)

    stages = tuple(
        Node(
            stage=stage.name,
            group=f"{prefix}{stage.name}",
            reads=full(stage.reads),
            follows=full(stage.watches),
            writes=full((*stage.writes, *((stage.due,) if stage.due else ()))),
            state=full((stage.state,))[0] if stage.state else None,
        )
        for stage in STAGES
    )
    dispatch = Node(
        stage=DISPATCH,
        group=group_of(settings.kafka),
        reads=full(dispatcher.READS),
        follows=full(dispatcher.FOLLOWS),
        writes=full(dispatcher.WRITES),
        state=None,
    )
    return (*stages, dispatch)


def stages_named(names: list[str]) -> tuple[Stage, ...]:
    """The stages among `names`, all when no name is given; raises `ConfigurationInvalid` for a name that is none.

    `dispatch` is known too, although it is no stage: it runs beside them, or alone.
    """
    known = {stage.name: stage for stage in STAGES}
    if wrong := [name for name in names if name not in known and name != DISPATCH]:
        raise ConfigurationInvalid(f"no such stage: {', '.join(wrong)}; there are {', '.join([*known, DISPATCH])}")
    return tuple(known[name] for name in names if name in known) if names else STAGES
