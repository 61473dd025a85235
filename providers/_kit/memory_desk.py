"""A desk in memory: what a simulated provider has taken, and what has become of it until now."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from itertools import count

from contracts.errors import ConfigurationInvalid
from contracts.status import DeliveryStatus
from providers._kit.desk import Order
from providers._kit.script import Script, Step

START = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
SEED = 7

Writer = Callable[[Order, datetime], Sequence[Step]]
"""Writes the life of an order that was taken at a moment; steps may lie in the future."""


def life(*path: DeliveryStatus, every_s: float = 2.0) -> Writer:
    """The same life for all: one step of `path` after another, on the first channel of the order."""

    def write(order: Order, taken_at: datetime) -> Sequence[Step]:
        times = (taken_at + timedelta(seconds=every_s * place) for place in count())
        return [Step(status, at, order.channels[0]) for status, at in zip(path, times, strict=False)]

    return write


DELIVERED = life(DeliveryStatus.ACCEPTED, DeliveryStatus.SENT, DeliveryStatus.DELIVERED)


@dataclass(slots=True)
class _Taken:
    """One order, what becomes of it, and how many of its steps were handed out."""

    order: Order
    script: Script
    handed_out: int = 0


class MemoryDesk:
    """A `Desk` that keeps all in memory; `let_pass` moves its clock."""

    def __init__(self, write: Writer = DELIVERED, *, start: datetime = START, seed: int = SEED) -> None:
        self._write = write
        self._now = start
        self._seed = seed
        self._drawn: set[int] = set()
        self._taken: dict[str, _Taken] = {}
        self._names: dict[str, Order] = {}

    def let_pass(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)

    def now(self) -> datetime:
        return self._now

    def draw_id(self, bits: int = 128) -> int:
        for attempt in count(len(self._drawn)):
            name = f"{self._seed}:{bits}:{attempt}".encode()
            drawn = int.from_bytes(blake2b(name, digest_size=32).digest()) % (1 << bits)
            if drawn and drawn not in self._drawn:
                break
        self._drawn.add(drawn)
        return drawn

    def take(self, order: Order) -> None:
        if order.root_id in self._taken:
            raise ConfigurationInvalid(f"the simulated API gave the id {order.root_id} twice; draw it from the desk")
        self._taken[order.root_id] = _Taken(order, self._written(order))
        if order.name:
            self._names.setdefault(order.name, order)

    def order(self, root_id: str) -> Order | None:
        taken = self._taken.get(root_id)
        return taken.order if taken else None

    def named(self, name: str) -> Order | None:
        return self._names.get(name)

    def orders(self) -> Sequence[Order]:
        return [taken.order for taken in self._taken.values()]

    def steps(self, order: Order) -> Sequence[Step]:
        return [step for step in self.script(order).steps if step.at <= self.now()]

    def hand_out(self, order: Order) -> Sequence[Step]:
        taken = self._taken[order.root_id]
        fresh = self.steps(order)[taken.handed_out :]
        taken.handed_out += len(fresh)
        return fresh

    def script(self, order: Order) -> Script:
        """The whole life of `order`, also what is yet to come, as its provider's simulator plays it."""
        return self._taken[order.root_id].script

    def _written(self, order: Order) -> Script:
        now = self.now()
        return self._script(order, self._write(order, now), now)

    def _script(self, order: Order, steps: Sequence[Step], taken_at: datetime) -> Script:
        return Script(
            number=len(self._taken),
            seed=self._seed,
            recipient=order.recipient,
            sender=order.sender,
            sent_at=taken_at,
            steps=tuple(steps),
            root_id=order.root_id,
            external_id=order.external_id,
            extras=order.extras,
        )
