"""Judges connections by what the store knows of them, in words that name what is not as usual."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from analytics.lists.connections import BAD_ENDS, ENDS, Connections
from api.admission.access import Caller
from api.answers.connections import ConnectionShown, Ends, ProviderShown, Resting, Word
from api.parts import Parts
from contracts.plans import ConnectionHealth
from runtime.settings import Connection

Row = Mapping[str, Any]
Origin = tuple[str, str]

WORST_FIRST: tuple[Word, ...] = ("degraded", "unknown", "ok")
USUAL_AT_LEAST = 10.0
"""Callbacks an hour. Fewer may as well be none."""
FAR_FEWER = 0.2
"""Of what is usual; with no alarm beside it this is only the first sign."""
MORE_BAD = 0.05
"""More bad ends than on the day before, as a share of all ends,"""
BAD_AT_LEAST = 50
"""when so many ended on both days."""
ALARMS_AT_MOST = DOUBTS_AT_MOST = 1000


@dataclass(frozen=True)
class Known:
    """All that is known of connections, each by (provider, connection)."""

    heard: Connections
    alarms: Sequence[Row]
    doubts: Sequence[Row]
    ill: Mapping[Origin, ConnectionHealth] = field(default_factory=dict)

    def shown(self, connections: Iterable[Connection]) -> list[ProviderShown]:
        """Their providers, in the order of the names."""
        heard = {_origin(row): row for row in self.heard.rows}
        ended = {_origin(row): row for row in self.heard.ended}
        alarms, doubts = Counter(map(_origin, self.alarms)), Counter(map(_origin, self.doubts))
        providers: dict[str, list[ConnectionShown]] = {}
        for one in sorted(connections, key=lambda one: (one.provider, one.name)):
            at = one.provider, one.name
            told = _shown(one, heard.get(at), ended.get(at))
            told |= {
                "open_alarm_count": alarms[at],
                "in_doubt_count": doubts[at],
                "resting": _resting(self.ill.get(at)),
            }
            providers.setdefault(one.provider, []).append(judged(ConnectionShown(**told), self.heard.at))
        return [
            ProviderShown(provider=name, state=worst(one.state for one in several), connections=several)
            for name, several in providers.items()
        ]


async def known_of(
    parts: Parts, caller: Caller, origins: tuple[str, ...] | None, *, ill: Iterable[ConnectionHealth] = ()
) -> Known:
    """What the store knows of these connections of the caller."""
    overdue_s = parts.settings.fallback.outcome_within_s
    return Known(
        await parts.store.connections(origins, caller.accounts),
        (await parts.store.alarms(caller.accounts, is_open=True, limit=ALARMS_AT_MOST)).rows,
        (await parts.store.in_doubt(caller.accounts, limit=DOUBTS_AT_MOST, overdue_s=overdue_s)).rows,
        {(one.provider, one.connection): one for one in ill},
    )


def own_connections(caller: Caller, parts: Parts) -> list[Connection]:
    return [one for one in parts.settings.connections if caller.may_see(one.account)]


def judged(shown: ConnectionShown, at: datetime) -> ConnectionShown:
    """With its state, and the sentences that say why."""
    wrong = list(_wrong(shown))
    is_new = shown.last_callback_at is None and not wrong
    state: Word = "degraded" if wrong else "unknown" if is_new else "ok"
    return shown.model_copy(update={"state": state, "findings": [*wrong, _heard(shown, at)]})


def worst(states: Iterable[Word]) -> Word:
    return min(states, key=WORST_FIRST.index, default="unknown")


def _wrong(shown: ConnectionShown) -> Iterable[str]:
    now, before = shown.last_day, shown.day_before
    if shown.open_alarm_count:
        yield f"{shown.open_alarm_count} alarms are open; GET /v1/alarms?open=true says what each is about."
    if shown.resting is not None:
        yield f"Sends rest until {shown.resting.until:%H:%M:%S} UTC: {shown.resting.reason or 'calls failed in a row'}."
    usual = shown.usual_callbacks
    if usual is not None and usual >= USUAL_AT_LEAST and shown.callbacks_last_hour < FAR_FEWER * usual:
        yield f"{shown.callbacks_last_hour} callbacks came in the last hour, where {usual:.0f} are usual."
    is_known = min(now.ended_count, before.ended_count) >= BAD_AT_LEAST
    if is_known and (now.bad_share or 0) - (before.bad_share or 0) > MORE_BAD:
        yield f"{now.bad_share:.1%} ended badly in the last day, {before.bad_share:.1%} in the day before."
    if shown.in_doubt_count:
        yield f"{shown.in_doubt_count} sends are in doubt; GET /v1/in-doubt says what to do."


def _heard(shown: ConnectionShown, at: datetime) -> str:
    if shown.last_callback_at is None:
        return "No callback came in the last eight days."
    age_s = (at - shown.last_callback_at).total_seconds()
    return f"The last callback came {age_s:.0f} s before {at:%H:%M:%S} UTC, {shown.callbacks_last_hour} in an hour."


def _shown(connection: Connection, heard: Row | None, ended: Row | None) -> dict[str, Any]:
    days = min(heard["day_count"], 7) if heard else 0
    return {
        "provider": connection.provider,
        "connection": connection.name,
        "account": connection.account,
        "is_observed_only": connection.observe_only,
        "state": "unknown",
        "findings": [],
        "last_callback_at": heard["last_callback_at"] if heard else None,
        "callbacks_last_hour": heard["hour_count"] if heard else 0,
        "usual_callbacks": heard["before_count"] / days if heard and days else None,
        "last_day": _ends(ended or {}),
        "day_before": _ends(ended["previous"] if ended else {}),
    }


def _ends(row: Row) -> Ends:
    ended = sum(row.get(measure) or 0 for measure in ENDS)
    bad = sum(row.get(measure) or 0 for measure in BAD_ENDS)
    return Ends(ended_count=ended, bad_count=bad, bad_share=bad / ended if ended else None)


def _resting(told: ConnectionHealth | None) -> Resting | None:
    return None if told is None else Resting(since=told.since, until=told.until, reason=told.reason)


def _origin(row: Row) -> Origin:
    return row["provider"], row["connection"]
