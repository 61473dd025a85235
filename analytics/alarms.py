"""What there is to be alarmed about, as a look at the store finds it. Whether it is told, others decide."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Any

from analytics.asking.buckets import A_DAY, MINUTE, first_id
from analytics.asking.reader import Accounts, Answer, Reader, Row
from analytics.questions import conservation
from contracts.alarms import AlarmKind, Subject
from runtime.settings import TrustSettings

SATURDAY = 6
PROBES = range(-60, 61, 15)
"""Minutes before and after this time of day at which it is looked how silent it was on the days before."""
STANDARD_ERRORS = 4.0
"""A drop is so many: looked at every minute on many routes, less would be passed by chance every week."""
OPEN_LIMIT = 10_000


class Weight(Enum):
    """What a finding is a reason for."""

    BAD = auto()
    BETWEEN = auto()
    """Not bad enough to raise an alarm, not well enough to clear one."""
    WELL = auto()


@dataclass(frozen=True)
class Finding:
    """What was seen of a subject."""

    subject: Subject
    weight: Weight
    detail: str
    value: float | None = None
    usual: float | None = None


@dataclass(frozen=True)
class Look:
    """All findings of the kinds that could be judged; a subject of such a kind that is not found is well."""

    as_of: datetime | None
    kinds: frozenset[AlarmKind] = frozenset()
    findings: Sequence[Finding] = field(default_factory=tuple)


async def alarms(reader: Reader, *, accounts: Accounts, is_open: bool | None, limit: int) -> Answer:
    """The newest alarms first, whether open or not when `is_open` is null."""
    return await reader.ask("alarms", {"accounts": accounts, "is_open": is_open, "limit": limit})


async def look(reader: Reader, trust: TrustSettings) -> Look:
    """What is to be found now. Before it is known up to when all is known, nothing is.

    All is judged as of the horizon and not as of now: what lies on Kafka still must not look as if it had not come.
    """
    as_of = reader.horizon.as_of
    if as_of is None:
        return Look(None)
    findings = [
        await _conservation(reader),
        *await _unknown_codes(reader, as_of, trust),
        *await _quiet(reader, as_of, trust),
        *await _drops(reader, as_of, trust),
    ]
    return Look(as_of, frozenset(AlarmKind), findings)


async def _conservation(reader: Reader) -> Finding:
    total = (await conservation(reader)).rows[0]
    wrong = total["unexplained"] + total["explained_twice"]
    detail = (
        f"{total['unexplained']} items ought to be accounted for and are not, "
        f"{total['explained_twice']} have two fates; GET /v1/conservation names their positions."
    )
    return Finding(Subject(AlarmKind.CONSERVATION), Weight.BAD if wrong else Weight.WELL, detail, wrong, 0)


async def _unknown_codes(reader: Reader, as_of: datetime, trust: TrustSettings) -> list[Finding]:
    since = as_of - timedelta(seconds=trust.unknown_code_window_s)
    rows = (await reader.ask("alarm_unknown_codes", {"from": since, "to": as_of})).rows
    return [
        Finding(_subject(AlarmKind.UNKNOWN_CODE, row), Weight.BAD, _unknown(row), row["report_count"], 0)
        for row in rows
    ]


def _unknown(row: Row) -> str:
    reports = "1 report" if row["report_count"] == 1 else f"{row['report_count']} reports"
    return f"{reports} with codes that no table knows: {', '.join(map(repr, row['codes']))}."


async def _quiet(reader: Reader, as_of: datetime, trust: TrustSettings) -> list[Finding]:
    rows = (await reader.ask("alarm_quiet", {**probes(as_of, trust.quiet_days), "to": as_of})).rows
    found = [judge_silence(row, as_of, trust) for row in rows]
    return [finding for finding in found if finding is not None]


async def _drops(reader: Reader, as_of: datetime, trust: TrustSettings) -> list[Finding]:
    until = as_of - timedelta(seconds=trust.drop_within_s)
    recent = until - timedelta(seconds=trust.drop_window_s)
    parameters = {
        "first": first_id(recent - timedelta(seconds=trust.drop_before_s)),
        "until": first_id(until),
        "beyond": first_id(until),
        "recent": recent,
        "within_s": trust.drop_within_s,
    }
    rows = (await reader.ask("alarm_drop", parameters)).rows
    found = [judge_drop(row, trust) for row in rows]
    return [finding for finding in found if finding is not None]


def probes(as_of: datetime, days: int) -> Mapping[str, Any]:
    """When it is looked how silent connections were: around this time of day, on days like today, between minutes."""
    now = as_of.replace(second=0, microsecond=0)
    before = [now - day * A_DAY for day in range(1, days + 1)]
    alike = [moment for moment in before if _is_weekend(moment) == _is_weekend(now)]
    times = [(moment + minutes * MINUTE, day) for day, moment in enumerate(alike) for minutes in PROBES]
    return {
        "from": now - (days + 1) * A_DAY,
        "probes": [_kept(moment) for moment, _ in times],
        "days": [day for _, day in times],
    }


def judge_silence(row: Row, as_of: datetime, trust: TrustSettings) -> Finding | None:
    """Whether a connection is quiet; null when too little is known of it."""
    if row["day_count"] < trust.quiet_least_days or row["usual_s"] is None:
        return None
    silent_s = (as_of - row["last_at"]).total_seconds()
    limit_s = max(trust.quiet_floor_s, trust.quiet_times * row["usual_s"])
    weight = Weight.BAD if silent_s > limit_s else Weight.WELL if silent_s <= limit_s / 2 else Weight.BETWEEN
    detail = (
        f"The last callback came at {row['last_at'].isoformat(timespec='seconds')}; "
        f"at this hour it is silent for {row['usual_s']:.0f} s as a rule."
    )
    return Finding(_subject(AlarmKind.QUIET_PROVIDER, row), weight, detail, silent_s, row["usual_s"])


def judge_drop(row: Row, trust: TrustSettings) -> Finding | None:
    """Whether far fewer arrive in time than before; null when there are too few of either."""
    if min(row["recent_n"], row["before_n"]) < trust.drop_at_least:
        return None
    now, before = row["recent_hits"] / row["recent_n"], row["before_hits"] / row["before_n"]
    both = (row["recent_hits"] + row["before_hits"]) / (row["recent_n"] + row["before_n"])
    error = math.sqrt(both * (1 - both) * (1 / row["recent_n"] + 1 / row["before_n"]))
    drop = before - now
    is_sure = drop >= STANDARD_ERRORS * error
    weight = Weight.BAD if drop >= trust.drop_share and is_sure else Weight.BETWEEN
    if drop < trust.drop_share / 2:
        weight = Weight.WELL
    detail = (
        f"{now:.1%} of {row['recent_n']} arrived within {trust.drop_within_s:.0f} s, "
        f"before that {before:.1%} of {row['before_n']}."
    )
    return Finding(_subject(AlarmKind.DELIVERY_DROP, row), weight, detail, now, before)


def _subject(kind: AlarmKind, row: Row) -> Subject:
    return Subject(kind, row["account"], row["provider"], row["connection"], row.get("channel"))


def _is_weekend(moment: datetime) -> bool:
    return moment.isoweekday() >= SATURDAY


def _kept(moment: datetime) -> datetime:
    """As the store keeps times: UTC without a zone."""
    return moment.replace(tzinfo=None)
