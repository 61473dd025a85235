"""Questions to the store: one cursor each, a time limit, and never more at once than the machine has cores."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analytics.freshness import Freshness


@dataclass(frozen=True)
class Answer:
    """What a question brought, and how fresh that is; both from one snapshot."""

    rows: list[dict[str, Any]]
    freshness: Freshness


class Reader:
    """Asks the questions in `analytics/queries`."""

    async def ask(self, question: str, parameters: Mapping[str, Any] | None = None) -> Answer:
        """The answer to `analytics/queries/<question>.sql`; raises `QueryInvalid` when it takes too long."""
        raise NotImplementedError
