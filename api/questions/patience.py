"""Answers that must not be older than the caller says: waited for a while, else refused with how far the store is."""

import asyncio

from pydantic import BaseModel, Field

from analytics.freshness import Freshness
from api.parts import Parts
from api.problems import STORE_BEHIND, Refused
from api.times import Moment

LONGEST_WAIT_S = 30.0
LOOK_EVERY_S = 0.2


class Patience(BaseModel):
    """What every question to the store may have in its query string."""

    min_as_of: Moment | None = Field(
        None,
        description="Answer only when every callback received before this moment is in the answer; else 425 with the "
        "lag.",
    )
    wait_s: float = Field(0.0, ge=0, le=LONGEST_WAIT_S, description="Wait so many seconds for `min_as_of` before that.")

    async def wait(self, parts: Parts) -> None:
        """Until the store is as far as was asked for; raises the problem that it is not, when that takes too long."""
        if self.min_as_of is None:
            return
        for _ in range(int(self.wait_s / LOOK_EVERY_S)):
            parts.store.hurry()
            if self._is_met_by(await parts.store.freshness()):
                return
            await asyncio.sleep(LOOK_EVERY_S)
        self.check(await parts.store.freshness())

    def check(self, fresh: Freshness) -> None:
        """Raises the problem when `fresh` is older than what was asked for."""
        if not self._is_met_by(fresh):
            as_of = fresh.as_of.isoformat() if fresh.as_of else None
            raise Refused(
                STORE_BEHIND,
                f"The store is complete as of {as_of or 'no moment yet'}, {fresh.lag_records} records behind. Ask "
                "again after the seconds that Retry-After names, or with a longer wait_s.",
                headers={"Retry-After": "1"},
                members={"as_of": as_of, "lag_s": fresh.lag_s, "lag_records": fresh.lag_records},
            )

    def _is_met_by(self, fresh: Freshness) -> bool:
        return self.min_as_of is None or (fresh.as_of is not None and fresh.as_of >= self.min_as_of)
