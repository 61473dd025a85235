"""The record of one replay: what was asked for, and what became of it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from analytics.archive.reading import Span
from api.jobs.book import Job


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which callbacks of the archive are played again, and whether that is only rehearsed."""

    begin: datetime
    end: datetime
    provider: str | None = None
    connection: str | None = None
    accounts: tuple[str, ...] | None = None
    """Whose; null for everybody's."""
    origins: tuple[str, ...] | None = None
    """The connections of these accounts, as `provider:connection`; null for all, also those nobody has configured."""
    is_dry_run: bool = False

    @property
    def span(self) -> Span:
        return Span(
            begin=self.begin,
            end=self.end,
            provider=self.provider or "",
            connection=self.connection or "",
            origins=self.origins,
        )


class ReplayJob(Job, frozen=True, kw_only=True):
    """One replay."""

    wanted: Wanted
    archived_until: datetime | None = None
    """When the archive was last written before it was read; null before that."""
    callback_count: int | None = None
    """How many there are; null before they are counted."""
    written_count: int = 0
    effects: Mapping[str, Mapping[str, int]] = {}  # msgspec gives each instance its own
    """Of a rehearsal, by provider and effect."""
    examples: Sequence[Mapping[str, Any]] = ()

    @property
    def accounts(self) -> Sequence[str] | None:
        return self.wanted.accounts
