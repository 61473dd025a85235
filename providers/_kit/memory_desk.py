"""A desk in memory: what a simulated provider has taken, and what has become of it until now."""

from collections.abc import Callable, Sequence
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


class MemoryDesk:
    """A `Desk` that keeps all in memory; `let_pass` moves its clock."""

    def __init__(self, write: Writer = DELIVERED, *, start: datetime = START, seed: int = SEED) -> None:
        self._write = write
        self._now = start
        self._seed = seed
        self._drawn: set[int] = set()
        self._orders: dict[str, Order] = {}
        self._names: dict[str, str] = {}
        self._lives: dict[str, tuple[Step, ...]] = {}
        self._taken_at: dict[str, datetime] = {}
        self._handed_out: dict[str, int] = {}

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
        if order.root_id in self._orders:
            raise ConfigurationInvalid(f"the simulated API gave the id {order.root_id} twice; draw it from the desk")
        self._orders[order.root_id] = order
        self._taken_at[order.root_id] = self.now()
        self._lives[order.root_id] = tuple(self._write(order, self.now()))
        if order.name:
            self._names.setdefault(order.name, order.root_id)

    def order(self, root_id: str) -> Order | None:
        return self._orders.get(root_id)

    def named(self, name: str) -> Order | None:
        return self._orders.get(self._names.get(name, ""))

    def orders(self) -> Sequence[Order]:
        return tuple(self._orders.values())

    def steps(self, order: Order) -> Sequence[Step]:
        return [step for step in self._lives[order.root_id] if step.at <= self.now()]

    def hand_out(self, order: Order) -> Sequence[Step]:
        told = self._handed_out.get(order.root_id, 0)
        fresh = self.steps(order)[told:]
        self._handed_out[order.root_id] = told + len(fresh)
        return fresh

    def script(self, order: Order) -> Script:
        """The whole life of `order`, also what is yet to come, as its provider's simulator plays it."""
        return Script(
            number=list(self._orders).index(order.root_id),
            seed=self._seed,
            recipient=order.recipient,
            sender=order.sender,
            sent_at=self._taken_at[order.root_id],
            steps=self._lives[order.root_id],
            root_id=order.root_id,
            external_id=order.external_id,
            extras=order.extras,
        )
