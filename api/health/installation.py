"""Judges the parts of the installation by what can honestly be known of them from here."""

import os
from collections.abc import Iterable
from datetime import datetime, timedelta

from analytics.freshness import Freshness
from analytics.service import Health
from api.answers.connections import Word
from api.answers.installation import (
    Judged,
    PartitionShown,
    ProcessShown,
    SpoolShown,
    StageShown,
    StoreShown,
)
from api.health.progress import StageProgress
from api.health.surroundings import ProcessNoted, SpoolSeen, is_running

STILL_S = 30.0
"""A stage with lag that has committed nothing for so long does not get on."""
OLD_S = 60.0
"""Answers that are older than this are worth a look."""
YOUNG_S = 300.0
"""A process that was started again and is younger than this may be about to die again."""


def stage_of(told: StageProgress) -> StageShown:
    state, says = _stage(told)
    partitions = [PartitionShown.model_validate(one, from_attributes=True) for one in told.partitions]
    return StageShown(
        state=state,
        says=says,
        stage=told.stage,
        member_count=told.member_count,
        lag_records=told.lag,
        partitions=partitions,
    )


def _stage(told: StageProgress) -> tuple[Word, str]:
    if not told.member_count and not told.partitions:
        return "unknown", "It has never read anything; it may not be needed here, or was never started."
    if not told.member_count:
        return "degraded", f"No process of it runs, and {told.lag} records wait; start it, or look into its log."
    if told.lag and told.still_s >= STILL_S:
        return "degraded", (
            f"{told.lag} records wait, and it has committed nothing for {told.still_s:.0f} s; look into its log."
        )
    return "ok", f"{told.lag} records wait and it gets on." if told.lag else "It has read all there is."


def silent_stages(why: str) -> list[StageShown]:
    """When Kafka does not answer, one line stands for all of them."""
    says = f"{why}. Callbacks go to the spool meanwhile; see that the broker runs and can be reached."
    return [StageShown(state="degraded", says=says, stage="all", member_count=0, lag_records=0, partitions=[])]


def store_of(health: Health, fresh: Freshness) -> StoreShown:
    is_old = fresh.lag_s is not None and fresh.lag_s > OLD_S
    says = f"Answers are {fresh.lag_s:.0f} s old; {health.reason}." if is_old else f"{health.reason}."
    state: Word = "degraded" if is_old or not health.is_ready else "ok"
    return StoreShown(state=state, says=says[:1].upper() + says[1:], lag_records=fresh.lag_records, lag_s=fresh.lag_s)


def spool_of(seen: SpoolSeen, now: datetime) -> SpoolShown:
    members = {name: getattr(seen, name) for name in SpoolShown.model_fields if hasattr(seen, name)}
    state, says = _spool(seen, now)
    return SpoolShown(state=state, says=says, **members)


def _spool(seen: SpoolSeen, now: datetime) -> tuple[Word, str]:
    if not seen.is_here:
        return "unknown", "There is no spool beside this process; ask the callback processes for their metrics."
    if seen.damaged_count:
        return "degraded", f"{seen.damaged_count} files could not be read and were put aside; keep them, and look."
    if seen.oldest_at is None:
        return "ok", "Nothing waits in it."
    age_s = (now - seen.oldest_at).total_seconds()
    return "degraded", (
        f"{seen.waiting_bytes} bytes of callbacks wait for Kafka, the oldest since {age_s:.0f} s; nothing is lost, "
        "but somebody should see why Kafka does not take them."
    )


def processes_of(
    noted: dict[str, ProcessNoted], now: datetime, *, own: ProcessNoted, version: str | None
) -> list[ProcessShown]:
    """Those of the supervisor, and this one, which it may know as well."""
    known = {name: one for name, one in noted.items() if one.pid != own.pid}
    others = [_process(name, one, now, version=None) for name, one in known.items()]
    mine = next((one for one in noted.values() if one.pid == own.pid), own)
    return [_process("api", mine, now, version=version), *others]


def _process(name: str, noted: ProcessNoted, now: datetime, *, version: str | None) -> ProcessShown:
    age_s = (now - noted.started_at).total_seconds() if noted.started_at else None
    state: Word = "ok"
    says = "It runs." if age_s is None else f"It has run for {timedelta(seconds=round(age_s))}."
    if not is_running(noted.pid):
        state, says = "degraded", "It does not run any more, and nobody has started it again; see its log."
    elif noted.restarts and age_s is not None and age_s < YOUNG_S:
        state, says = "degraded", f"It was started again {age_s:.0f} s ago, {noted.restarts} times so far; see its log."
    return ProcessShown(
        state=state,
        says=says,
        name=name,
        pid=noted.pid,
        started_at=noted.started_at,
        age_s=age_s,
        restart_count=noted.restarts,
        version=version,
    )


def whole(parts: Iterable[tuple[str, Judged]]) -> tuple[Word, str]:
    """The state of all of them together, and which are the cause."""
    wrong = [name for name, one in parts if one.state == "degraded"]
    return ("degraded", f"Look at {', '.join(wrong)}.") if wrong else ("ok", "Everything gets on.")


def own_process(started_at: datetime) -> ProcessNoted:
    return ProcessNoted(os.getpid(), started_at)
