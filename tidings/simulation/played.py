"""One connection as a stand-in plays it: a desk that writes lives, and the callbacks that come of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import blake2b
from random import Random

from contracts.errors import ConfigurationInvalid
from providers._kit.desk import Order
from providers._kit.memory_desk import MemoryDesk
from providers._kit.script import Reply, Step
from runtime.clock import Clock
from tidings.simulation.author import write_life
from tidings.simulation.fates import Fates, Mark
from tidings.simulation.faults import Due, Faults, sent, told
from tidings.simulation.ledger import forbids_fallback, status_told
from tidings.simulation.schedule import Actor
from tidings.simulation.truth import Account, Message

ANSWERS_AFTER = timedelta(seconds=5), timedelta(minutes=20)
MOST_LIVES = 50
"""So often a life is drawn until there is one that the provider can tell."""
WORDS = ("Yes", "No, thank you", "When do you open?", "STOP", "Thanks 👍", "Call me back")


@dataclass(frozen=True, kw_only=True)
class Staging:
    """How a stand-in plays. Equal stagings tell the same lives of the same orders in the same order."""

    seed: int
    speed: float = 1.0
    """Seconds of the messages' lives in one of ours: waits are shorter, and no clock is wrong."""
    replies: float = 0.0
    """The share of delivered messages that is answered."""
    faults: Faults = field(default_factory=Faults)
    fates: Fates | None = None
    """Of sends that carry a mark; their lives go at the machine's own speed."""


class PlayedDesk(MemoryDesk):
    """A desk whose lives are written by chance, on the machine's clock."""

    def __init__(self, actor: Actor, staging: Staging, clock: Clock) -> None:
        name = f"{staging.seed}:{actor.connection.provider}/{actor.connection.name}"
        super().__init__(self._live, seed=int.from_bytes(blake2b(name.encode(), digest_size=4).digest()))
        self._name = name
        self._actor = actor
        self._staging = staging
        self._clock = clock
        self.account = Account()
        self.mark: Mark | None = None
        """In the call that is being served."""
        self.begun: list[tuple[Message, list[Due]]] = []
        """Messages that were taken since somebody last looked, with what is to be sent of them."""

    def now(self) -> datetime:
        return self._clock.now()

    def take(self, order: Order) -> None:
        super().take(order)
        message, script = self.account.messages[-1], self.script(order)
        callbacks = self._actor.provider.simulate(script, self._actor.settings)
        message.told_status = status_told(self._actor, order.root_id, callbacks)
        message.forbids_fallback = forbids_fallback(self._actor, callbacks)
        due = [Due(callback.at, callback) for callback in callbacks]
        coming, erred = sent(due, self._staging.faults, self._fate("send"), speed=self._staging.speed)
        message.faults += erred
        coming += self._reply(message)
        message.callbacks = sum(not due.is_forged for due in coming)
        message.forged = len(coming) - message.callbacks
        self.begun.append((message, coming))

    def _fate(self, what: str) -> Random:
        """Chance for the message that was taken last."""
        return Random(f"{self._name}:{len(self.account.messages)}:{what}")  # noqa: S311  # a play, not a secret

    def _live(self, order: Order, taken_at: datetime) -> Sequence[Step]:
        connection, fates = self._actor.connection, self._staging.fates
        if fates is not None and self.mark is not None:
            life = fates.life(self.mark, taken_at, order.channels[0], self._actor.repertoire.sayable)
            self.account.messages.append(Message(connection.provider, connection.name, order, life, mark=self.mark))
            return life
        steps = self._true_life(order, taken_at)
        sayable = self._actor.repertoire.sayable
        tale, erred = told(steps, self._staging.faults, sayable, self._fate("tell"))
        if not self._has_words(order, tale, taken_at):
            tale, erred = steps, []
        true = self._hurried(steps, taken_at)
        self.account.messages.append(Message(connection.provider, connection.name, order, true, faults=erred))
        return self._hurried(tale, taken_at)

    def _true_life(self, order: Order, taken_at: datetime) -> tuple[Step, ...]:
        """One that the provider has words for over these channels."""
        sayable = self._actor.repertoire.sayable
        for attempt in range(MOST_LIVES):
            name = f"{self._name}:{len(self.account.messages)}:{attempt}"
            steps = write_life(name, taken_at, order.channels, sayable)
            if self._has_words(order, steps, taken_at):
                return steps
        raise ConfigurationInvalid(f"{self._actor.provider.title} has no words for any life over {order.channels}")

    def _has_words(self, order: Order, steps: tuple[Step, ...], taken_at: datetime) -> bool:
        try:
            self._actor.provider.simulate(self._script(order, steps, taken_at), self._actor.settings)
        except ConfigurationInvalid:
            return False
        return True

    def _hurried(self, steps: Sequence[Step], taken_at: datetime) -> tuple[Step, ...]:
        return tuple(replace(step, at=taken_at + (step.at - taken_at) / self._staging.speed) for step in steps)

    def _reply(self, message: Message) -> list[Due]:
        fate, answer = self._fate("reply"), self._actor.provider.answer
        arrived = next((step for step in message.steps if step.status.is_success), None)
        if answer is None or arrived is None or fate.random() >= self._staging.replies:
            return []
        shortest, longest = ANSWERS_AFTER
        at = arrived.at + (shortest + (longest - shortest) * fate.random()) / self._staging.speed
        try:
            callback = answer(self._replied(message.order, arrived, at, fate.choice(WORDS)), self._actor.settings)
        except ConfigurationInvalid:  # nobody can write back over this channel
            return []
        message.is_answered = True
        return [Due(at, callback)]

    def _replied(self, order: Order, arrived: Step, at: datetime, text: str) -> Reply:
        script = self.script(order)
        return Reply(
            number=script.number,
            seed=script.seed,
            author=order.recipient,
            addressee=order.sender,
            text=text,
            at=at,
            channel=arrived.channel,
            root_id=order.root_id,
            extras=order.extras,
        )
