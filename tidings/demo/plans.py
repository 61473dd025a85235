"""Messages with plans in a demo: registered at the API, sent to providers that are played here, held to their books."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic

from runtime.clock import SystemClock
from tidings.api_client import ApiClient, ApiUnhelpful, Json
from tidings.demo.setup import sent_to, stand_in_port
from tidings.installation import Installation
from tidings.simulation.fates import Fates, Mark
from tidings.simulation.ledger import Ledger, Tally
from tidings.simulation.planned import Campaign, Planner
from tidings.simulation.played import Staging
from tidings.simulation.post import Doors
from tidings.simulation.schedule import cast_of
from tidings.simulation.sends import Books
from tidings.simulation.server import StandIn

PLANNED_SHARE = 0.1
"""So many messages have plans for each that somebody else has sent."""
WAITS_S, LATE_S = (8, 60), 12.0
"""How long Viber and the SMS have, and when a Viber message arrives that is late."""
SPEED = 60.0
"""A provider that was not answered calls again after a sixtieth of its time."""
AT_ONCE = 1000
"""As many doubts as the API tells at once."""
POLL_S, ATTENTION_S = 0.5, 10.0
NOTE = "Looked up in the books of the simulated provider"


@dataclass
class Traffic:
    """Messages of a campaign, those who register them, and the providers that they are sent to."""

    stand_in: StandIn
    planner: Planner
    resolved: set[str] = field(default_factory=set)
    """The sends of which a person, played here, has said what came of them."""

    @classmethod
    def of(
        cls, installation: Installation, doors: Doors, ledger: Tally, fates: Fates, waits_s: tuple[int, int]
    ) -> "Traffic":
        """Over the connections of the installation that are for it."""
        connections, clock = sent_to(installation.settings.connections), SystemClock()
        stand_in = StandIn(
            cast_of(connections),
            Staging(seed=fates.seed, speed=SPEED, fates=fates),
            callbacks_url=installation.callbacks_url,
            port=stand_in_port(connections),
            ledger=ledger,
        )
        return cls(stand_in, Planner(Campaign(connections=connections, fates=fates, waits_s=waits_s), doors, clock))

    @property
    def books(self) -> Books:
        return Books.of(self.stand_in.messages)

    @property
    def fates(self) -> Fates:
        return self.planner.campaign.fates

    def due(self) -> list[int]:
        """Messages of which a step has still to leave."""
        books = self.books
        return [
            number
            for number in self.planner.numbers.values()
            if not books.wanted(number, self.fates) <= books.steps(number)
        ]

    async def settle(self, api: ApiClient, limit_s: float, tell: Callable[[str], object]) -> bool:
        """Whether in time all steps have left that have to, no doubt is open and no callback is on its way."""
        deadline = monotonic() + limit_s
        while monotonic() < deadline:
            due, doubts = self.due(), await self.resolve(api)
            if not (due or doubts):
                await self.stand_in.quiet()
                return True
            tell(f"{len(due)} sends are awaited, {doubts} are in doubt")
            await asyncio.sleep(POLL_S)
        return False

    async def live(self, api: ApiClient, rate_per_s: float) -> None:
        """Register messages without end, and see to their doubts as an attentive person would."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.planner.register(rate_per_s, is_over=lambda _number: False))
            while True:
                await asyncio.sleep(ATTENTION_S)
                with suppress(ApiUnhelpful):  # it is away for long; the doubts are there when it is back
                    await self.resolve(api)

    async def resolve(self, api: ApiClient) -> int:
        """Say of each open doubt what a person finds in the provider's books; how many there were."""
        told = await api.get(f"/v1/in-doubt?limit={AT_ONCE}")
        for doubt in told["in_doubt"]:
            if doubt["send_id"] not in self.resolved and await self._resolve(api, doubt):
                self.resolved.add(doubt["send_id"])
        return int(told["open_count"])

    async def _resolve(self, api: ApiClient, doubt: Json) -> bool:
        """Whether the API takes it; it does not when the doubt has ended meanwhile."""
        number = self.planner.numbers.get(doubt["message_id"])
        taken = self.books.taken.get(Mark(-1 if number is None else number, doubt["step"]))
        found = {"outcome": "accepted", "root_id": taken[0].order.root_id} if taken else {"outcome": "not_sent"}
        try:
            await api.post(f"/v1/in-doubt/{doubt['send_id']}/resolve", {**found, "note": NOTE})
        except ApiUnhelpful:
            return False
        return True

    def claim(self, ledger: Ledger) -> None:
        """Every send belongs to its message: that is what the registrations must have said."""
        actors = {
            (one.connection.provider, one.connection.name): one for one in cast_of(self.planner.campaign.connections)
        }
        ids = {number: message_id for message_id, number in self.planner.numbers.items()}
        for message in self.stand_in.messages:
            if message.mark is not None and message.mark.number in ids:
                ledger.claimed(
                    actors[message.provider, message.connection], message.order.root_id, ids[message.mark.number]
                )
