"""Works out what must be true from what was posted, and from nothing else.

The rules are those of `contracts/status`; the stages are not asked, so that they can be checked against this.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import assert_never

import msgspec

from contracts.errors import PayloadInvalid
from contracts.identity import report_event_id
from contracts.status import (
    NO_EVIDENCE,
    DeliveryStatus,
    Evidence,
    evidence,
    is_conflict,
    join,
    status_of,
    status_of_cascade,
    status_of_parts,
)
from contracts.vocabulary import Scope
from providers._kit.facts import InboundFact, Item, RejectedItem, SignalFact, StatusFact
from providers._kit.script import SimulatedCallback
from tidings.simulation.outcome import AttemptOutcome, Outcome, ProviderOutcome
from tidings.simulation.repertoire import items_of
from tidings.simulation.schedule import Actor, Posting, Registration


@dataclass
class _Attempt:
    """All that was said about one attempt."""

    actor: Actor
    root_id: str
    facts: dict[str, StatusFact] = field(default_factory=dict)
    message_id: str | None = None

    @property
    def is_parked(self) -> bool:
        return self.actor.is_registering and self.message_id is None

    def outcome(self) -> AttemptOutcome:
        legs: dict[str, list[StatusFact]] = defaultdict(list)
        for fact in self.facts.values():
            legs["" if fact.scope is Scope.TRANSACTION else fact.message_id].append(fact)
        whole = _evidence_of(legs.pop("", []))
        others = [_evidence_of(facts) for facts in legs.values()]
        origin = (self.actor.connection.provider, self.actor.connection.name)
        return AttemptOutcome(
            *origin,
            self.root_id,
            self.message_id,
            status=self._at_least_accepted(status_of_cascade(whole, others)),
            is_conflict=self._is_contradicted(whole),
            reports=len(self.facts),
        )

    def _is_contradicted(self, whole: Evidence) -> bool:
        """Two ends of one leg, of one of its parts or of the whole; or the whole failed, and a leg of it arrived."""
        things: dict[tuple[str, str | None], Evidence] = defaultdict(lambda: NO_EVIDENCE)
        for fact in self.facts.values():
            thing = ("" if fact.scope is Scope.TRANSACTION else fact.message_id, fact.part)
            things[thing] = join(things[thing], evidence(fact.status))
        has_arrived = any(status_of(known).is_success for (leg, _), known in things.items() if leg)
        return any(map(is_conflict, things.values())) or (has_arrived and status_of(whole).is_bad_end)

    def _at_least_accepted(self, status: DeliveryStatus) -> DeliveryStatus:
        """A registration says that the provider took it, and nothing of how it ended."""
        is_less = self.message_id is not None and status.rank < DeliveryStatus.ACCEPTED.rank
        return DeliveryStatus.ACCEPTED if is_less else status


@dataclass
class _Account:
    """The running numbers of one provider."""

    callbacks: int = 0
    items: int = 0
    quarantined: int = 0
    doubtful_items: int = 0
    others: set[bytes] = field(default_factory=set)


class Tally:
    """Takes down only how much was posted, for a play without end."""

    def __init__(self) -> None:
        self.callbacks = 0
        """Posts that were answered with 200."""
        self.given_up = 0

    def taken(self, posting: Posting) -> None:  # noqa: ARG002  # the ledger wants it
        """The post was answered with 200."""
        self.callbacks += 1

    def doubted(self, posting: Posting, times: int = 1) -> None:
        """The post left `times` times without an answer that tells whether it was stored."""

    def registered(self, registration: Registration) -> None:
        """The attempt is known from now on."""

    def gave_up(self) -> None:
        """Something was never taken."""
        self.given_up += 1


class Ledger(Tally):
    """Takes down what was posted and how it was answered; `outcome` says what follows from it."""

    def __init__(self) -> None:
        super().__init__()
        self._accounts: dict[str, _Account] = defaultdict(_Account)
        self._attempts: dict[tuple[str, str, str], _Attempt] = {}

    def taken(self, posting: Posting) -> None:
        super().taken(posting)
        account = self._accounts[posting.actor.connection.provider]
        account.callbacks += 1
        account.items += posting.callback.expected_items
        for item in _items(posting):
            self._note(account, posting, item)

    def doubted(self, posting: Posting, times: int = 1) -> None:
        account = self._accounts[posting.actor.connection.provider]
        account.doubtful_items += times * posting.callback.expected_items

    def registered(self, registration: Registration) -> None:
        self.claimed(registration.actor, registration.root_id, registration.message_id)

    def claimed(self, actor: Actor, root_id: str, message_id: str) -> None:
        """The attempt belongs to the message, whoever has said so."""
        self._attempt(actor, root_id).message_id = message_id

    def outcome(self) -> Outcome:
        """What follows from all that was taken down."""
        providers = {slug: self._provider_outcome(slug, account) for slug, account in sorted(self._accounts.items())}
        # An attempt that was registered and never reported on is an attempt all the same.
        attempts = [attempt.outcome() for _, attempt in sorted(self._attempts.items())]
        return Outcome(providers, attempts, self.given_up)

    def _note(self, account: _Account, posting: Posting, item: Item) -> None:
        match item:
            case StatusFact():
                attempt = self._attempt(posting.actor, item.root_id or item.message_id)
                attempt.facts.setdefault(_event_id(posting.actor, item), item)
            case InboundFact() | SignalFact():
                account.others.add(msgspec.json.encode(item))
            case RejectedItem():
                account.quarantined += 1
            case _:
                assert_never(item)

    def _attempt(self, actor: Actor, root_id: str) -> _Attempt:
        key = (actor.connection.provider, actor.connection.name, root_id)
        return self._attempts.setdefault(key, _Attempt(actor, root_id))

    def _provider_outcome(self, slug: str, account: _Account) -> ProviderOutcome:
        attempts = [attempt for (provider, _, _), attempt in self._attempts.items() if provider == slug]
        return ProviderOutcome(
            callbacks=account.callbacks,
            items=account.items,
            distinct=len(account.others) + sum(len(attempt.facts) for attempt in attempts),
            parked=sum(len(attempt.facts) for attempt in attempts if attempt.is_parked),
            quarantined=account.quarantined,
            doubtful_items=account.doubtful_items,
        )


def status_told(actor: Actor, root_id: str, callbacks: Iterable[SimulatedCallback]) -> DeliveryStatus:
    """Where the message stands for who registered the send and has all of these."""
    attempt = _Attempt(actor, root_id, message_id=root_id)
    for callback in callbacks:
        for item in items_of(actor.provider, actor.connection, callback):
            if isinstance(item, StatusFact):
                attempt.facts.setdefault(_event_id(actor, item), item)
    return attempt.outcome().status


def forbids_fallback(actor: Actor, callbacks: Iterable[SimulatedCallback]) -> bool:
    """Whether they tell of a bad end for a reason that no other way cures. Of a cascade its whole end counts."""
    ends = [
        item
        for callback in callbacks
        for item in items_of(actor.provider, actor.connection, callback)
        if isinstance(item, StatusFact) and item.status.is_bad_end
    ]
    of_whole = [end for end in ends if end.scope is Scope.TRANSACTION]
    return any(not end.may_fall_back for end in of_whole or ends)


def _items(posting: Posting) -> list[Item]:
    """The items that the callback must give; one that cannot be read or is empty gives one dead letter."""
    actor, callback = posting.actor, posting.callback
    try:
        items = items_of(actor.provider, actor.connection, callback)
    except PayloadInvalid as exc:
        return [RejectedItem(reason=str(exc), body=callback.body)]
    return items or [RejectedItem(reason="empty", body=callback.body)]


def _event_id(actor: Actor, fact: StatusFact) -> str:
    return report_event_id(
        (actor.connection.provider, actor.connection.name),
        fact.message_id,
        part=fact.part,
        channel=fact.channel,
        said=(fact.status, fact.provider_code),
        occurred_at=fact.occurred_at,
    )


def _evidence_of(facts: list[StatusFact]) -> Evidence:
    """What is known of one thing: of the whole of it, joined with what its parts amount to."""
    parts: dict[str, Evidence] = defaultdict(lambda: NO_EVIDENCE)
    known = NO_EVIDENCE
    for fact in facts:
        if fact.part is None:
            known = join(known, evidence(fact.status))
        else:
            parts[fact.part] = join(parts[fact.part], evidence(fact.status))
    if parts:
        expected = max(fact.parts_count for fact in facts)
        known = join(known, evidence(status_of_parts(parts.values(), expected)))
    return known
