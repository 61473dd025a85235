"""What is kept of what was told, made up to date behind the batches: in portions, when there is time for it.

Not with each batch, because it takes time and nothing waits for it: what is not folded yet, questions count from the
facts.
"""

import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from analytics.measures.folds import TOO_MANY, Fold, rule_of
from analytics.statements import run
from analytics.store.database import Connection, transaction
from analytics.trust.signals import FUTURE_MS
from analytics.trust.span import STEP
from analytics.upkeep.job import AT_ONCE, SMALL, Enough, Stored
from runtime.settings import StoreSettings

ENOUGH = Enough(idle=2_000, small=20_000, busy=TOO_MANY)
"""Facts that are not folded."""
PAUSE_S = 30.0
"""After that also fewer, behind small batches: each question has to count what is not folded."""
REPLY_WINDOW_S = StoreSettings().reply_window_s


class Rule(NamedTuple):
    """How one fold goes on: the statements of a portion, what they take, and the rule that its rows follow."""

    fold: Fold
    statements: tuple[str, ...]
    parameters: dict[str, Any]
    rule: str = ""


class Folding:
    """Writes with the writer's connection, in transactions of its own."""

    def __init__(
        self,
        connection: Connection,
        rule: Rule,
        *,
        at_once: int,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._connection = connection
        self._rule = rule
        self._at_once = at_once
        self._monotonic = monotonic
        self._folded_at = monotonic()
        self._behind = ENOUGH.small  # nobody knows how far it is

    def note(self, stored: Stored) -> None:
        self._behind += stored.foldable

    def is_due(self, *, waiting: int) -> bool:
        has_rested = waiting <= SMALL and self._monotonic() >= self._folded_at + PAUSE_S
        return self._behind >= (1 if has_rested else ENOUGH.at(waiting))

    def run(self, batch_id: int) -> bool:
        self._folded_at = self._monotonic()
        self._behind = ENOUGH.small
        found = self._fold(batch_id)
        if found < self._at_once:
            self._behind = 0
        return found > 0

    def _fold(self, batch_id: int) -> int:
        """How many facts were folded; `at_once` when there may be more."""
        _, statements, parameters, rule = self._rule
        place = {"fold": str(self._rule.fold), "rule": rule}
        with transaction(self._connection):
            ((folded, found, until),) = run(self._connection, "find_unfolded", place | {"rows": self._at_once})
            newest = until if found == self._at_once else max(batch_id, folded)
            if newest > folded:
                portion = place | parameters | {"folded": folded, "newest": newest, "batch_id": batch_id}
                for name in (*statements, "clear_folded", "insert_folded"):
                    run(self._connection, name, portion)
        return int(found)


def foldings(
    connection: Connection,
    *,
    at_once: int = AT_ONCE,
    reply_window_s: float = REPLY_WINDOW_S,
    monotonic: Callable[[], float] = time.monotonic,
) -> tuple[Folding, ...]:
    """All folds there are, each on its own way."""
    return tuple(Folding(connection, rule, at_once=at_once, monotonic=monotonic) for rule in _rules(reply_window_s))


def _rules(reply_window_s: float) -> Iterator[Rule]:
    step_us = int(STEP.total_seconds() * 1_000_000)
    counting = ("collect_trust", "insert_route_facts", "insert_trust_delta")
    yield Rule(Fold.TRUST, counting, {"step_us": step_us, "future_ms": FUTURE_MS})
    yield Rule(Fold.FOLLOWED, _renewing("followed"), {"accounts": None})
    yield Rule(Fold.ANSWERED, _renewing("answered"), {"window_s": reply_window_s}, rule_of(reply_window_s))
    yield Rule(Fold.LATER_STEPS, (*_renewing("later_step"), "clear_later_root", "insert_later_root"), {})


def _renewing(table: str) -> tuple[str, ...]:
    """Rows are few and stand for themselves, so those that may have changed are made anew."""
    return f"collect_{table}", f"clear_{table}", f"insert_{table}"
