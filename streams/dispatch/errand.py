"""One commanded send in the hands of this process."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from contracts.plans import SendCommanded
from streams.dispatch.ledger import Ledger, Standing

Place = tuple[str, str]
"""Provider and connection."""


@dataclass(eq=False, slots=True)
class Tenure:
    """For how long a partition is ours."""

    is_closing: bool = False
    """Nothing more is begun; what is in hand is finished."""
    is_over: bool = False
    """Nothing more is heard."""


@dataclass(eq=False, slots=True)
class Errand:
    """What there is to do, and what the log says of it. `stamp_ms` is Kafka's time of the command."""

    command: SendCommanded
    stamp_ms: int
    ledger: Ledger
    tenure: Tenure
    let_go: Callable[[str], None]
    """Told the id of a send that stays in doubt: nobody waits for it here any more."""
    is_unwanted: bool = False
    news: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when something was read of it, or nothing more will be."""

    @property
    def send_id(self) -> str:
        return self.command.send_id

    @property
    def place(self) -> Place:
        return self.command.provider, self.command.connection

    @property
    def standing(self) -> Standing:
        return self.ledger.standing(self.send_id)

    async def until_claimed(self) -> Standing:
        """Returns when the first claim was read; still to do when none will be."""
        while (standing := self.standing) is Standing.TO_DO and not self.tenure.is_over:
            self.news.clear()
            await self.news.wait()
        return standing

    async def until_done(self, limit_s: float) -> bool:
        """Whether it is settled within that time, or nothing more is heard."""
        try:
            async with asyncio.timeout(limit_s):
                while self.standing is not Standing.DONE and not self.tenure.is_over:
                    self.news.clear()
                    await self.news.wait()
        except TimeoutError:
            return False
        return True
