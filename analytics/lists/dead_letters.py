"""What can be asked about what was put aside: filters, where the last page ended, and one letter by its place."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from analytics.asking.reader import Answer, Reader
from analytics.asking.wanted import wanted_by
from analytics.lists.inbound import Place, further_back
from contracts.filters import Filter

COUNTS_LIMIT = 1000


class Member(StrEnum):
    """By what letters are filtered."""

    KIND = "kind"
    REASON = "reason"
    PROVIDER = "provider"
    CONNECTION = "connection"


@dataclass(frozen=True, kw_only=True)
class DeadLettersQuestion:
    """What was put aside; a null leaves a filter out."""

    origins: tuple[str, ...] | None = None
    """Only of these connections, as `provider:connection`: letters know no account. Null for all."""
    filters: Mapping[Member, Filter] = field(default_factory=dict)
    from_: datetime | None = None
    to: datetime | None = None
    is_retried: bool | None = None
    """Whether its callback was played again since."""
    named: tuple[int, int] | None = None
    """Only the letter at this partition and offset."""
    bytes_count: int = 0
    """So many of the first bytes are wanted, too."""
    before: Place | None = None
    limit: int = 50

    def filtered(self) -> dict[str, Any]:
        """The parameters that all questions about letters have."""
        own = {"origins": self.origins, "from": self.from_, "to": self.to}
        return own | wanted_by(self.filters, Member)

    def parameters(self) -> dict[str, Any]:
        """As `dead_letters.sql` names them."""
        partition, offset = self.named or (None, None)
        own = {
            "is_retried": self.is_retried,
            "named_partition": partition,
            "named_offset": offset,
            "bytes": self.bytes_count,
            "limit": self.limit,
        }
        return self.filtered() | own | further_back(self.before)


async def dead_letters(reader: Reader, question: DeadLettersQuestion) -> Answer:
    """The letters, newest first, each with what came of the newest replay of its callback."""
    return await reader.ask("dead_letters", question.parameters())


async def dead_letter_counts(reader: Reader, question: DeadLettersQuestion) -> Answer:
    """How many there are by connection, kind and reason, and how many of them were not tried again."""
    return await reader.ask("dead_letter_counts", question.filtered() | {"limit": COUNTS_LIMIT})
