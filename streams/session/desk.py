"""Where conversations stand, for whoever sends in the same process: asked before each message of a session."""

from collections.abc import Sequence
from datetime import datetime

from contracts.errors import PayloadInvalid
from contracts.sends import SendRequest
from contracts.standings import Standings
from runtime.clock import Clock
from runtime.settings import Settings
from streams.engine.stage import SourceRecord
from streams.engine.unreadable import tell_unreadable
from streams.session.rules import RuleBook
from streams.tailing import Tail


class SessionDesk:
    """Follows what is told of sessions. A `Companion`: `run` goes beside the stages."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._standings = Standings()
        back = {"sessions": RuleBook(settings.connections).longest}
        self._tail = Tail(settings.kafka, back, hear=self.take, clock=clock)

    async def run(self) -> None:
        """Until cancelled."""
        await self._tail.run()

    async def ready(self) -> None:
        """Returns once all sessions are known that were open at the start; before that, do not ask."""
        await self._tail.caught_up()

    def objection(self, account: str, request: SendRequest, at: datetime) -> str | None:
        """Why the rules forbid `request` of a connection of `account` at `at`; null when it may go.

        Messages that are not of a session are never objected to. What was sent a moment ago may not be counted yet:
        the provider's own answer stands behind this one.
        """
        return self._standings.objection(account, request, at)

    def take(self, _word: str, records: Sequence[SourceRecord]) -> None:
        """Records of one partition of `sessions`, in order."""
        for record in records:
            try:
                self._standings.take(record.key or b"", record.value)
            except PayloadInvalid as exc:
                tell_unreadable(record, exc)
