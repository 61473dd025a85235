"""All stages as data. What is drawn, printed and tested is this; what runs is made from it."""

from dataclasses import dataclass

from contracts.errors import ConfigurationInvalid
from contracts.topics import load_topics
from runtime.settings import Settings
from streams.consent.stage import CONSENT
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
    writes: tuple[str, ...]
    state: str | None


def topology_of(settings: Settings) -> tuple[Node, ...]:
    """Every stage with the names it has in this installation."""
    prefix = settings.kafka.topic_prefix

    def full(words: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(load_topics()[word].full_name(prefix) for word in words)

    return tuple(
        Node(
            stage=stage.name,
            group=f"{prefix}{stage.name}",
            reads=full(stage.reads),
            writes=full((*stage.writes, *((stage.due,) if stage.due else ()))),
            state=full((stage.state,))[0] if stage.state else None,
        )
        for stage in STAGES
    )


def stages_named(names: list[str]) -> tuple[Stage, ...]:
    """The stages called `names`, all when none is given; raises `ConfigurationInvalid` for a name that is none."""
    known = {stage.name: stage for stage in STAGES}
    if wrong := [name for name in names if name not in known]:
        raise ConfigurationInvalid(f"no such stage: {', '.join(wrong)}; there are {', '.join(known)}")
    return tuple(known[name] for name in names) or STAGES
