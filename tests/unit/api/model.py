"""What there ought to be after some requests, since when the store knows it, and whose it is: a small model.

It is kept so simple that it can be read as the promise.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, multiple, rule

from contracts.alarms import Alarm
from tests.unit.api.world import ACCOUNTS, EXPORTS, World


@dataclass
class Key:
    """One key, and until when each of its texts works."""

    id: str
    accounts: tuple[str, ...] | None
    text: str
    expires_at: datetime | None
    older: dict[str, datetime] = field(default_factory=dict)
    is_revoked: bool = False

    def sees(self, account: str | None) -> bool:
        """What is of no account is of the whole installation."""
        return self.accounts is None or account in self.accounts

    def works(self, text: str, now: datetime) -> bool:
        """Whether it opens anything at that moment."""
        if self.is_revoked or (self.expires_at is not None and self.expires_at <= now):
            return False
        return text == self.text or (text in self.older and self.older[text] > now)


@dataclass
class Thing:
    """Something that was written, and whether the store has it."""

    account: str
    at: datetime
    is_stored: bool = False


@dataclass
class Message(Thing):
    """A plan, the first one that was written under its id; `said` is what it was asked with."""

    said: tuple[str | None, ...] = ()
    cancelled: list[bool] = field(default_factory=list)
    """Each cancellation that was written, and whether the store has it."""


@dataclass
class Attempt(Thing):
    """One that was registered, with what its provider has reported."""

    reported: list[bool] = field(default_factory=list)
    """Whether the store has it, of each report."""

    @property
    def status(self) -> str:
        return "delivered" if any(self.reported) else "accepted"


@dataclass
class Wish(Thing):
    is_stop: bool = True


@dataclass
class AlarmOf(Thing):
    """One that was raised; of the whole installation when it has no account."""

    word: Alarm | None = None
    cleared: list[bool] = field(default_factory=list)


@dataclass
class Export:
    """One that was ordered: by whom, what for, and of which state of the store."""

    key: Key
    asked: tuple[Any, ...]
    """What it is and how it is written."""
    batches: int
    """How much of what exports are made from the store had."""
    rows: int
    idempotency_key: str | None
    requested_at: datetime
    state: str = "open"
    expires_at: datetime | None = None

    def is_seen_by(self, key: Key) -> bool:
        return key.accounts is None or (self.key.accounts is not None and set(self.key.accounts) <= set(key.accounts))


class Ground(RuleBasedStateMachine):
    """Two accounts, keys for one or both, time that passes, and a store that catches up."""

    keys = Bundle("keys")

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.model_messages: dict[str, Message] = {}
        self.model_attempts: dict[str, Attempt] = {}
        self.model_wishes: dict[tuple[str, str | None, str], list[Wish]] = {}
        self.model_alarms: dict[str, AlarmOf] = {}
        self.model_exports: dict[str, Export] = {}
        self.batches = 0
        self.is_held = False

    def teardown(self) -> None:
        self.world.close()

    def ask(self, operation: str, key: Key, status: int = 200, *, text: str | None = None, **request: Any) -> Any:
        """The answer, which has this status, unless the key does not work any more; then it is null."""
        shown = text or key.text
        answer = self.world.ask(operation, shown, **request)
        if not key.works(shown, self.world.clock.now()):
            assert answer.status_code == 401, answer.text
            return None
        assert answer.status_code == status, answer.text
        is_json = answer.content and answer.headers["content-type"] == "application/json"
        return answer.json() if is_json else answer

    # Keys

    @initialize(target=keys)
    def there_are_keys(self):
        return multiple(*(self._key(accounts, None) for accounts in ((ACCOUNTS[0],), (ACCOUNTS[1],), None)))

    @rule(target=keys, accounts=st.sampled_from([(ACCOUNTS[0],), ACCOUNTS, (), None]), hours=st.sampled_from([None, 1]))
    def a_key_is_made(self, accounts, hours):
        return self._key(accounts, None if hours is None else self.world.clock.now() + timedelta(hours=hours))

    def _key(self, accounts, expires_at):
        key_id, text = self.world.new_key(accounts, expires_at)
        return Key(key_id, accounts, text, expires_at)

    @rule(key=keys, overlap_s=st.sampled_from([0, 3, 3600]))
    def a_key_is_rotated(self, key, overlap_s):
        """The text before works for a while, and no text before that."""
        now = self.world.clock.now()
        if key.is_revoked or (key.expires_at is not None and key.expires_at <= now):
            return
        overlap = timedelta(seconds=overlap_s)
        _, text = self.world.ring.rotate(key.id, self.world.clock, overlap=overlap)
        key.older, key.text = dict.fromkeys(key.older, now) | {key.text: now + overlap}, text

    @rule(key=keys)
    def every_text_of_a_key_is_tried(self, key):
        for text in (key.text, *key.older):
            self.ask("get_freshness", key, text=text)

    @rule(key=keys, is_sure=st.integers(0, 4))
    def a_key_is_revoked(self, key, is_sure):
        """Seldom, or nothing else would be seen."""
        if is_sure == 4 and not key.is_revoked:
            self.world.ring.revoke(key.id)
            key.is_revoked = True

    @rule(seconds=st.sampled_from([60, 4000, EXPORTS.keep_s + 1]))
    def time_passes(self, seconds):
        self.world.clock.advance(seconds)

    # The store

    @rule()
    def the_store_catches_up(self):
        self._catch_up()

    def _catch_up(self) -> None:
        self.batches += self.world.catch_up()
        for one in self._things():
            one.is_stored = True
        for flags in self._flags():
            flags[:] = [True] * len(flags)

    def _things(self) -> Iterator[Thing]:
        yield from self.model_messages.values()
        yield from self.model_attempts.values()
        yield from self.model_alarms.values()
        for wishes in self.model_wishes.values():
            yield from wishes

    def _flags(self) -> Iterator[list[bool]]:
        yield from (one.cancelled for one in self.model_messages.values())
        yield from (one.reported for one in self.model_attempts.values())
        yield from (one.cleared for one in self.model_alarms.values())
