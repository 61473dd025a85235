"""What is done to the installation, and when. The same seed and length give the same plan."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from random import Random

INGEST, STREAMS, API, BROKER = "ingest", "streams", "api", "broker"
MOST_WORKERS = 3
JOINING_S = (1.5, 5.0)
"""About how long a stage worker needs until it has joined: it leaves in the midst of it, or just behind."""


class Deed(StrEnum):
    """A way to break something."""

    KILL = "kill"
    """SIGKILL: no word to anybody."""
    TERM = "term"
    """SIGTERM: an orderly end."""
    DAMAGE = "damage"
    """SIGKILL, and the store's file is overwritten where it says what it is: a bad disk."""
    PAUSE = "pause"
    """SIGSTOP, and SIGCONT behind it: a machine that slept, or swapped."""
    SCALE = "scale"
    """Stage workers join or leave, one by one."""
    ROLL = "roll"
    """Every stage worker is replaced, one behind the other."""
    STORM = "storm"
    """Stage workers join and leave in quick succession."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is done to the installation."""

    at_s: float
    """Since the traffic began."""
    deed: Deed
    victim: str
    lasts_s: float = 0.0
    """Of a pause; of a storm, until those who joined leave again."""
    workers: int = 1
    """Stage workers that are left after it, where it changes them."""
    choice: int = 0
    """Which of several workers."""

    @property
    def kind(self) -> str:
        """What it has in common with others."""
        return f"{self.deed} {self.victim}"

    def __str__(self) -> str:
        match self.deed:
            case Deed.PAUSE:
                return f"{self.kind} for {self.lasts_s:.1f} s"
            case Deed.SCALE | Deed.STORM:
                return f"{self.kind} to {self.workers}"
            case _:
                return self.kind


@dataclass(frozen=True, slots=True)
class Pace:
    """How wild it is."""

    gap_s: float
    """From one fault to the next, on average."""
    session_s: float
    """After this long a paused stage worker has lost its partitions."""
    longest_pause_s: float


SHORT_S = 120.0
"""A run below this length is gentle with the time of those who wait for it."""
SHORT_PACE = Pace(gap_s=3.0, session_s=6.0, longest_pause_s=8.0)
LONG_PACE = Pace(gap_s=4.2, session_s=10.0, longest_pause_s=60.0)

# As often as they stand here, faults come; the order is dealt anew for each pack, so that none is left out for long.
PACK: tuple[tuple[Deed, str, int], ...] = (
    (Deed.KILL, INGEST, 6),
    (Deed.KILL, STREAMS, 10),
    (Deed.KILL, API, 6),
    (Deed.KILL, BROKER, 3),
    (Deed.TERM, INGEST, 1),
    (Deed.TERM, STREAMS, 1),
    (Deed.TERM, API, 1),
    (Deed.TERM, BROKER, 1),
    (Deed.DAMAGE, API, 1),
    (Deed.PAUSE, INGEST, 1),
    (Deed.PAUSE, STREAMS, 3),
    (Deed.PAUSE, API, 1),
    (Deed.PAUSE, BROKER, 1),
    (Deed.SCALE, STREAMS, 3),
    (Deed.ROLL, STREAMS, 1),
    (Deed.STORM, STREAMS, 1),
)

SHORT_PACK: tuple[tuple[Deed, str, int], ...] = (
    (Deed.KILL, INGEST, 1),
    (Deed.KILL, STREAMS, 3),
    (Deed.KILL, API, 1),
    (Deed.KILL, BROKER, 1),
    (Deed.TERM, STREAMS, 1),
    (Deed.PAUSE, STREAMS, 1),
    (Deed.PAUSE, BROKER, 1),
    (Deed.SCALE, STREAMS, 1),
)
"""One of each that matters, for a run of a minute."""


def pace_of(length_s: float) -> Pace:
    return SHORT_PACE if length_s < SHORT_S else LONG_PACE


def plan(seed: int, length_s: float) -> list[Fault]:
    """The faults of a run that lasts `length_s`. It begins with a storm, while no stage has committed anything."""
    pace = pace_of(length_s)
    chance = Random(f"{seed}:chaos")
    faults = [_fault(chance, 0.5, Deed.STORM, STREAMS, pace)]
    cards = _cards(chance, SHORT_PACK if length_s < SHORT_S else PACK)
    at_s = 3.0
    while (at_s := at_s + pace.gap_s * chance.uniform(0.4, 1.6)) < length_s:
        deed, victim = next(cards)
        faults.append(_fault(chance, at_s, deed, victim, pace))
    return faults


def _cards(chance: Random, pack: tuple[tuple[Deed, str, int], ...]) -> Iterator[tuple[Deed, str]]:
    while True:
        cards = [(deed, victim) for deed, victim, times in pack for _ in range(times)]
        chance.shuffle(cards)
        yield from cards


def _fault(chance: Random, at_s: float, deed: Deed, victim: str, pace: Pace) -> Fault:
    return Fault(
        at_s,
        deed,
        victim,
        lasts_s=_lasts_s(chance, deed, victim, pace),
        workers=chance.randint(1, MOST_WORKERS),
        choice=chance.randrange(MOST_WORKERS),
    )


def _lasts_s(chance: Random, deed: Deed, victim: str, pace: Pace) -> float:
    """Every second pause of a stage worker outlasts its session: it wakes as a zombie."""
    if deed is Deed.STORM:
        return chance.uniform(*JOINING_S)
    if deed is not Deed.PAUSE:
        return 0.0
    if victim == STREAMS and chance.random() < 0.5:
        return pace.session_s * chance.uniform(1.1, 1.5)
    return min(chance.lognormvariate(1.0, 1.2) + 1.0, pace.longest_pause_s)
