"""What the first page shows, asked once a second however many people watch."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from analytics.reader import Accounts
from api.answers.base import FreshnessMember
from api.answers.conservation import Balance, UnexplainedPosition
from api.answers.messages import Change
from api.store import Store
from contracts.errors import QueryInvalid, StoreUnavailable
from runtime.clock import Clock

CHANGES_SHOWN = 15
FRESH_FOR_S = 0.9
SHARE = 5
"""Watching costs the store at most one part of its time in this many."""


@dataclass(frozen=True)
class Overview:
    """The facts of the first page; `error` says why there are none."""

    providers: list[dict[str, Any]] = field(default_factory=list)
    changes: dict[str, Change] = field(default_factory=dict)
    """By a name that stays the same while newer ones come, newest first."""
    freshness: FreshnessMember | None = None
    lag_by_topic: Mapping[str, int] = field(default_factory=dict)
    balance: Balance | None = None
    """Null for those who may not see all accounts."""
    unexplained: list[UnexplainedPosition] = field(default_factory=list)
    error: str = ""

    @property
    def is_empty(self) -> bool:
        """Nothing has ever come in."""
        has_received = self.balance is not None and self.balance.received > 0
        return not (self.error or self.providers or self.changes or has_received)


def _named(changes: Iterable[Change]) -> dict[str, Change]:
    """Several changes of one attempt may come in one callback; from the oldest on they are counted."""
    seen: Counter[str] = Counter()
    named = {}
    for change in reversed(list(changes)):
        name = f"{change.attempt_id}-{change.received_at.timestamp():.3f}"
        seen[name] += 1
        named[f"{name}-{seen[name]}"] = change
    return dict(reversed(named.items()))


@dataclass
class _Slot:
    """The last overview for one set of accounts; whoever comes while it is being made waits for it."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    due_at: float = 0.0
    overview: Overview = field(default_factory=Overview)


class OverviewDesk:
    """Hands out overviews that are about a second old; older when the store takes long to answer."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._slots: dict[tuple[str, ...] | None, _Slot] = {}

    async def overview(self, accounts: tuple[str, ...] | None) -> Overview:
        """What these accounts may see; never raises for want of a store."""
        slot = self._slots.setdefault(accounts, _Slot())
        async with slot.lock:
            began = self._clock.monotonic()
            if began >= slot.due_at:
                slot.overview = await self._ask(accounts)
                took_s = self._clock.monotonic() - began
                slot.due_at = began + max(FRESH_FOR_S, took_s * SHARE)
        return slot.overview

    async def _ask(self, accounts: Accounts) -> Overview:
        try:
            today = await self._store.today_by_provider(accounts)
            changes = await self._store.newest_changes(accounts, CHANGES_SHOWN)
            freshness = await self._store.freshness()
            balance, unexplained = await self._balance() if accounts is None else (None, [])
        except (StoreUnavailable, QueryInvalid) as exc:
            return Overview(error=str(exc))
        return Overview(
            providers=today.rows,
            changes=_named(Change.model_validate(row) for row in changes.rows),
            freshness=FreshnessMember.of(freshness),
            lag_by_topic=freshness.lag_by_topic,
            balance=balance,
            unexplained=unexplained,
        )

    async def _balance(self) -> tuple[Balance, list[UnexplainedPosition]]:
        answer = await self._store.conservation()
        whole = next(row for row in answer.rows if row["provider"] is None)
        return Balance.model_validate(whole), [UnexplainedPosition.model_validate(row) for row in answer.unexplained]
