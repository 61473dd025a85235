"""What the rollups must say, counted anew from track's updates without any SQL."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple
from uuid import UUID

from contracts.records import AttemptRegistered, DeliveryReport, StatusChanged
from contracts.status import DeliveryStatus
from contracts.vocabulary import Scope, Verdict


class Cell(NamedTuple):
    """Where an attempt or a channel entry is counted."""

    hour_ms: int
    account: str
    channel: str | None
    country: str | None
    campaign: str | None
    status: str
    reason: str | None
    is_conflict: bool


class Counts(NamedTuple):
    attempts: Counter[Cell]
    entries: Counter[Cell]
    repeated: Counter[Cell]
    latencies: Counter[tuple[Any, ...]]


def recount(told: Iterable[StatusChanged]) -> Counts:
    """The counts of all attempts, each by where track's last word leaves it."""
    by_attempt: dict[str, list[StatusChanged]] = defaultdict(list)
    for update in told:
        by_attempt[update.attempt_id].append(update)
    counts = Counts(Counter(), Counter(), Counter(), Counter())
    for updates in by_attempt.values():
        _count(counts, updates)
    return counts


def bucket_of(latency_ms: int) -> int:
    return math.ceil(math.log(max(latency_ms, 1)) / math.log(1.04))


def _count(counts: Counts, updates: list[StatusChanged]) -> None:
    legs: dict[str, list[StatusChanged]] = defaultdict(list)
    for update in updates:
        if (leg := leg_of(update)) is not None:
            legs[leg].append(update)
    whole = [update for update in updates if leg_of(update) is None]
    is_plain = not legs and not any(u.report and u.report.scope is Scope.TRANSACTION for u in updates)
    cell = _cell(updates, whole, updates[-1].status, is_conflict=any(u.is_conflict for u in updates))
    counts.attempts[cell] += 1
    counts.entries[cell] += is_plain
    counts.repeated[cell] += _repeated(whole)
    for entry in legs.values():
        status = max((u.item_status for u in entry if u.item_status), key=lambda one: one.rank)
        cell_of_leg = _cell(updates, entry, status, is_conflict=any(u.is_new_conflict for u in entry), among=entry)
        counts.entries[cell_of_leg] += 1
        counts.repeated[cell_of_leg] += _repeated(entry)
    for update in updates:
        if update.latency_ms is not None:
            channel = _about(update).channel
            counts.latencies[cell.hour_ms, cell.country, cell.campaign, channel, bucket_of(update.latency_ms)] += 1


def _cell(
    updates: list[StatusChanged],
    of_channel: list[StatusChanged],
    status: DeliveryStatus,
    *,
    is_conflict: bool,
    among: list[StatusChanged] | None = None,
) -> Cell:
    return Cell(
        hour_ms=(UUID(updates[0].attempt_id).int >> 80) // 3_600_000 * 3_600_000,
        account=_greatest(updates, "account") or "",
        channel=_greatest(of_channel, "channel"),
        country=_greatest(updates, "country"),
        campaign=_greatest(updates, "campaign"),
        status=status,
        reason=_reason(among or updates, status),
        is_conflict=is_conflict,
    )


def _reason(updates: list[StatusChanged], status: DeliveryStatus) -> str | None:
    """Of the report that had the standing status, while that is a bad end."""
    claims = [
        (u.report.status.rank, str(u.report.reason))
        for u in updates
        if u.report and u.report.status.is_bad_end and u.report.reason
    ]
    rank, reason = max(claims, default=(-1, ""))
    return reason if status.is_bad_end and rank == status.rank else None


def _greatest(updates: list[StatusChanged], name: str) -> str | None:
    return max((str(value) for u in updates if (value := getattr(_about(u), name)) is not None), default=None)


def _about(update: StatusChanged) -> DeliveryReport | AttemptRegistered:
    about = update.report or update.registration
    assert about is not None
    return about


def leg_of(update: StatusChanged) -> str | None:
    report = update.report
    if report is None or report.part is not None or report.provider_message_id == report.root_id:
        return None
    return report.provider_message_id


def _repeated(updates: list[StatusChanged]) -> int:
    return sum(update.verdict is Verdict.REPEATED for update in updates)
