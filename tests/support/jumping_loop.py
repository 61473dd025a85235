"""An event loop on which waiting takes no time: when nobody has anything to do, its clock jumps to what comes next."""

import asyncio
import selectors
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

T = TypeVar("T")
T0 = datetime(2026, 11, 22, 10, tzinfo=UTC)


class _NeverWaits(selectors.SelectSelector):
    def __init__(self) -> None:
        super().__init__()
        self.elapsed_s = 0.0

    def select(self, timeout: float | None = None) -> Any:
        if timeout is None:
            raise AssertionError("everybody waits for something that never comes")
        self.elapsed_s += max(timeout, 0.0)
        return super().select(0)


class JumpingLoop(asyncio.SelectorEventLoop):
    """Also a `Clock`, which begins at `T0`."""

    def __init__(self) -> None:
        self._jumping = _NeverWaits()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.elapsed_s

    def monotonic(self) -> float:
        return self.time()

    def now(self) -> datetime:
        return T0 + timedelta(seconds=self.time())

    def now_ms(self) -> int:
        return int(self.now().timestamp() * 1000)


def run_jumping(main: Coroutine[Any, Any, T]) -> T:
    """Run on a loop of its own."""
    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        return runner.run(main)
