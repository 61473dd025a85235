"""How the span of a question is taken apart: whole hours, as they are kept, and the rest, counted from the facts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from analytics.asking.buckets import A_DAY, HOUR, first_id, floored
from analytics.measures.rollups import whole_days

STEP = timedelta(minutes=1)
"""Ends are kept by how many of these they took."""
A_MS = timedelta(milliseconds=1)
"""So far ids tell times apart."""


@dataclass(frozen=True)
class Span:
    """Attempts first heard of in [from_, to): those of [begin, end) as they are kept."""

    from_: datetime
    begin: datetime
    end: datetime
    to: datetime
    silent_after: timedelta
    old_before: datetime | None
    """Those that were first heard of by then are old enough to be silent."""

    @classmethod
    def of(cls, from_: datetime, to: datetime, *, silent_after: timedelta, as_of: datetime | None) -> "Span":
        """All are counted from the facts when silence is no whole number of the steps by which ends are kept."""
        begin, end = floored(from_ - timedelta(microseconds=1), HOUR) + HOUR, floored(to, HOUR)
        if end < begin or silent_after % STEP:
            begin = end = from_
        return cls(from_, begin, end, to, silent_after, None if as_of is None else as_of - silent_after)

    @property
    def is_kept(self) -> bool:
        """Whether it is whole hours."""
        return (self.from_, self.to) == (self.begin, self.end)

    def parameters(self) -> Mapping[str, Any]:
        """As `trust_counts_kept` has them."""
        old_to = self.old_before and floored(self.old_before, HOUR)
        return {
            "from": self.begin,
            "to": self.end,
            "old_to": old_to,
            **self._days(old_to),
            **self._growing_old(old_to),
            "steps": self.silent_after // self._step,
            "step_us": self._step // timedelta(microseconds=1),
        }

    def _days(self, old_to: datetime | None) -> Mapping[str, datetime]:
        """Which whole days are taken as they are kept; that in which attempts become old, by the hour."""
        days = whole_days(self.begin, self.end)
        day = old_to and floored(old_to, A_DAY)
        if day is None or day == old_to or not days or not days["days_from"] <= day < days["days_to"]:
            return days
        return {**days, "day_apart": day}

    def _growing_old(self, hour: datetime | None) -> Mapping[str, str]:
        """In the hour that is kept and in which attempts become old, those are looked for that are."""
        if hour is None or self.old_before is None or not self.begin <= hour < self.end:
            return {}
        return {"old_first": first_id(hour), "old_until": first_id(self.old_before + A_MS)}

    def bounds(self) -> Mapping[str, Any]:
        """What `trust_counts` needs beside them."""
        moments = {"first": self.from_, "whole_first": self.begin, "whole_until": self.end, "until": self.to}
        return {"old_before": self.old_before, **{name: first_id(moment) for name, moment in moments.items()}}

    @property
    def _step(self) -> timedelta:
        return self.silent_after if self.silent_after % STEP else STEP
