"""Holds everything the installation says against what the simulator knows: each attempt, each count, each item."""

import asyncio
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from uuid import UUID

import duckdb

from analytics.queries import load_query
from tests.chaos.diary import Diary
from tidings.api_client import ApiClient, Json
from tidings.demo.identities import Attempt
from tidings.demo.reconciliation import differences_of
from tidings.simulation.outcome import AttemptOutcome, Outcome

SETTLE_LIMIT_S, STILL_S = 300.0, 45.0
"""How long all may take to come through, and how long it may stand still meanwhile."""
POLL_S = 0.5
ROLLUPS = "/v1/metrics?measure=sent,conflicts&group_by=provider,status&bucket=hour&from="

Place = tuple[str, str, datetime]
"""Provider, status, hour."""

STANDINGS = """
WITH evidence AS (
    SELECT
        provider, connection, root_id, attempt_id, message_id, attempt_status, previous_status, is_conflict,
        true AS is_report, verdict, event_id
    FROM report
    UNION ALL
    SELECT
        provider, connection, root_id, attempt_id, message_id, attempt_status, previous_status, is_conflict,
        false, NULL, NULL
    FROM registration
)

SELECT
    provider,
    connection,
    root_id,
    count(DISTINCT attempt_id),
    count(DISTINCT message_id),
    max(message_id) FILTER (NOT is_report)::VARCHAR,
    standing(sum(move(attempt_status, previous_status))),
    coalesce(bool_or(is_conflict), false),
    NOT bool_and(is_report),
    count(DISTINCT event_id),
    count(*) FILTER (verdict IN ('applied', 'outranked', 'parked'))
FROM evidence
GROUP BY provider, connection, root_id
"""

DOUBLES = """
SELECT cause_partition, cause_offset, count(*)
FROM item GROUP BY cause_partition, cause_offset, cause_index HAVING count(*) > 1
"""
"""Items of callbacks that are explained more than once."""


async def settle(api: ApiClient, outcome: Outcome, diary: Diary) -> None:
    """Wait until the account is as it must be, or nothing moves any more; the comparison says what is wrong then."""
    deadline, moved_at, before, lag = monotonic() + SETTLE_LIMIT_S, monotonic(), None, 0
    while monotonic() < min(deadline, moved_at + STILL_S):
        told = await api.get("/v1/conservation")
        lag = told["freshness"]["lag_records"]
        if not (lag or differences_of(told, outcome)):
            diary.note("all is through", mark="well")
            return
        if before != (now := (told["total"], lag)):
            before, moved_at = now, monotonic()
        await asyncio.sleep(POLL_S)
    diary.note(f"waited long enough: {lag} records are on their way still", mark="fault")


async def differences_of_rollups(
    api: ApiClient, outcome: Outcome, ids: Mapping[Attempt, set[str]], *, since: datetime
) -> list[str]:
    """How the counts by provider, status and hour depart from the outcome.

    An attempt belongs to the hour in which we first heard of it. That is in its id, and it must be one of the run's.
    """
    wanted: Counter[Place] = Counter()
    conflicts: Counter[Place] = Counter()
    first, last = _hour(since), _hour(datetime.now(UTC))
    found: list[str] = []
    for attempt in outcome.attempts:
        for attempt_id in ids.get((attempt.provider, attempt.connection, attempt.root_id), set()):
            hour = _hour(_born_at(attempt_id))
            if not first <= hour <= last:
                found.append(f"attempt {attempt_id} was first heard of at {hour}, which is not within the run")
            place = (attempt.provider, attempt.status.value, hour)
            wanted[place] += 1
            conflicts[place] += attempt.is_conflict
    told = await api.get(f"{ROLLUPS}{since - timedelta(days=2):%Y-%m-%dT%H:%M:%SZ}")
    return found + _unequal(told["rows"], wanted, conflicts)


def _unequal(rows: Iterable[Json], wanted: Counter[Place], conflicts: Counter[Place]) -> list[str]:
    told = {_place_of(row): (row["sent"], row["conflicts"]) for row in rows if row["sent"]}
    return [
        f"rollup of {place[0]}, {place[1]}, {place[2]:%Y-%m-%d %H}h is {told.get(place, (0, 0))} and must be "
        f"{(wanted[place], conflicts[place])} attempts and conflicts"
        for place in sorted(wanted.keys() | told.keys())
        if told.get(place, (0, 0)) != (wanted[place], conflicts[place])
    ]


def _place_of(row: Json) -> Place:
    return row["provider"], row["status"], _hour(datetime.fromisoformat(row["bucket_at"]))


def differences_of_store(
    file: Path, attempts: Iterable[AttemptOutcome], observed: Collection[tuple[str, str]]
) -> list[str]:
    """How the rows of the store depart from the outcome, attempt by attempt, when nobody has it open any more.

    On `observed` connections, by provider and name, nobody registers anything.
    """
    with duckdb.connect(str(file), read_only=True) as store:
        rows = store.execute(STANDINGS).fetchall()
        doubles = store.execute(DOUBLES).fetchall()
        books = store.execute(load_query("books").sql).fetchall()
    told = {row[:3]: row[3:] for row in rows}
    wanted = {(one.provider, one.connection, one.root_id): _row_of(one, observed) for one in attempts}
    wrong = [
        f"the store has for {' '.join(place)} {told.get(place)} and must have {wanted.get(place)}: attempt ids, "
        "message ids, registered as, status, conflict, registered, distinct reports, new reports"
        for place in sorted(wanted.keys() | told.keys())
        if told.get(place) != wanted.get(place)
    ]
    wrong += [f"item of callback {partition}/{offset} stands in {count} rows" for partition, offset, count in doubles]
    return wrong + [
        f"of {topic}/{partition} {missing} offsets have no row and {doubled} have more than one"
        for topic, partition, _first, _next, missing, doubled in books
        if missing or doubled
    ]


def _row_of(one: AttemptOutcome, observed: Collection[tuple[str, str]]) -> tuple[object, ...]:
    is_registered = one.message_id is not None
    # Until somebody registers it, an attempt of a connection that is not only observed belongs to no message.
    message_count = int(is_registered or (one.provider, one.connection) in observed)
    return (1, message_count, one.message_id, one.status.value, one.is_conflict, is_registered, *[one.reports] * 2)


def _born_at(attempt_id: str) -> datetime:
    """The time in an id of version 7: its first 48 bits, in ms."""
    return datetime.fromtimestamp((UUID(attempt_id).int >> 80) / 1000, UTC)


def _hour(moment: datetime) -> datetime:
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return moment.replace(minute=0, second=0, microsecond=0)
