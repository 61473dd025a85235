"""What is kept of what was told, made up to date behind the batches: in portions, when there is time for it.

Not with each batch, because it takes time and nothing waits for it: what is not folded yet, questions count from the
facts.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from analytics.database import Connection, transaction
from analytics.folds import TOO_MANY, Fold, rule_of
from analytics.statements import run
from analytics.trust.signals import FUTURE_MS
from analytics.trust.span import STEP
from runtime.settings import StoreSettings

AT_ONCE = 100_000
"""Reports of one portion, or one batch that has more."""
WORTH_IT = 20_000
"""So many are folded while batches are small, and `TOO_MANY` whatever waits."""
PAUSE_S = 30.0
"""After that also fewer, while batches are small: each question has to count what is not folded."""
SMALL = 5_000
"""Records of a batch behind which no other waits."""
REPLY_WINDOW_S = StoreSettings().reply_window_s


class Step(NamedTuple):
    """How one fold goes on: the statements of a portion, by what rule, and what else they take."""

    fold: Fold
    statements: tuple[str, ...]
    parameters: dict[str, Any]
    rule: str = ""


class Folding:
    """Writes with the writer's connection, in transactions of its own."""

    def __init__(
        self,
        connection: Connection,
        *,
        at_once: int = AT_ONCE,
        reply_window_s: float = REPLY_WINDOW_S,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._connection = connection
        self._at_once = at_once
        self._monotonic = monotonic
        self._folded_at = monotonic()
        self._behind = WORTH_IT
        self._steps = tuple(_steps(reply_window_s))
        self._left: deque[Step] = deque()

    def note(self, rows: int) -> None:
        """So many reports, registrations and replies were stored."""
        self._behind += rows

    def take_turn(self, batch_id: int, *, waiting: int) -> bool:
        """Go on with one fold of which there is something to fold, when it is time for that with so many records at the
        door; whether there was. When it is time for one, it is for each.
        """
        if not self._left and self._is_time(waiting):
            self._begin()
        while self._left:
            if self._go_on(batch_id):
                return True
        return False

    def fold(self, batch_id: int) -> None:
        """Fold the next portion of the batches up to `batch_id`; of each fold all of it or nothing."""
        self._begin()
        while self._left:
            self._go_on(batch_id)

    def _is_time(self, waiting: int) -> bool:
        is_small, has_rested = waiting <= SMALL, self._monotonic() >= self._folded_at + PAUSE_S
        return self._behind >= ((1 if has_rested else WORTH_IT) if is_small else TOO_MANY)

    def _begin(self) -> None:
        self._left = deque(self._steps)
        self._behind = 0
        self._folded_at = self._monotonic()

    def _go_on(self, batch_id: int) -> int:
        found = self._at_once
        try:
            found = self._fold(self._left.popleft(), batch_id)
        finally:
            if found == self._at_once:
                self._behind = max(self._behind, WORTH_IT)
        return found

    def _fold(self, step: Step, batch_id: int) -> int:
        """How many reports were folded; `at_once` when there may be more."""
        place = {"fold": str(step.fold), "rule": step.rule}
        with transaction(self._connection):
            ((folded, found, until),) = run(self._connection, "find_unfolded", place | {"rows": self._at_once})
            newest = until if found == self._at_once else max(batch_id, folded)
            if newest > folded:
                portion = place | step.parameters | {"folded": folded, "newest": newest, "batch_id": batch_id}
                for name in (*step.statements, "clear_folded", "insert_folded"):
                    run(self._connection, name, portion)
        return int(found)


def _steps(reply_window_s: float) -> Iterator[Step]:
    step_us = int(STEP.total_seconds() * 1_000_000)
    yield Step(Fold.TRUST, ("insert_trust_delta",), {"step_us": step_us, "future_ms": FUTURE_MS})
    yield Step(Fold.FOLLOWED, _renewing("followed"), {"accounts": None})
    yield Step(Fold.ANSWERED, _renewing("answered"), {"window_s": reply_window_s}, rule_of(reply_window_s))


def _renewing(table: str) -> tuple[str, ...]:
    """Rows are few and stand for themselves, so those that may have changed are made anew."""
    return f"collect_{table}", f"clear_{table}", f"insert_{table}"
