"""Questions to the store: one cursor each, a time limit, and never more at once than the machine can work on."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache, partial
from typing import Any, TypeVar
from uuid import UUID

import duckdb

from analytics.asking.buckets import moment_of
from analytics.asking.reached import Reached
from analytics.asking.wanted import is_plain
from analytics.freshness import Freshness, Horizon, Skyline, require_kept
from analytics.queries import VARIANTS_KEPT, load_query, load_query_for
from analytics.store.database import Connection, Database
from analytics.store.diagnosis import advice
from contracts.errors import QueryInvalid, StoreUnavailable
from runtime.clock import Clock

Row = dict[str, Any]
Accounts = Sequence[str] | None
"""Whose data is seen; null for everybody's."""
Asked = tuple[str, Mapping[str, Any]]
"""The name of a question and its parameters."""

Ask = Callable[[str, Mapping[str, Any]], list[Row]]
"""Asks one question more of the same snapshot."""
T = TypeVar("T")

LOOKUPS_AT_ONCE = 2


@dataclass(frozen=True)
class Answer:
    """What a question brought, and how fresh that is; both from one snapshot."""

    rows: list[Row]
    freshness: Freshness


class Reader:
    """Asks the questions in `analytics/queries`."""

    def __init__(self, database: Database, skyline: Skyline, clock: Clock, *, threads: int, limit_s: float) -> None:
        self._database = database
        self._skyline = skyline
        self._limit_s = limit_s
        self._reached = Reached()
        self._parsed = lru_cache(VARIANTS_KEPT)(database.parsed)
        self.clock = clock
        self._scans = ThreadPoolExecutor(threads, thread_name_prefix="store-scan")
        self._lookups = ThreadPoolExecutor(LOOKUPS_AT_ONCE, thread_name_prefix="store-look-up")

    async def ask(self, question: str, parameters: Mapping[str, Any] | None = None) -> Answer:
        """The answer to `analytics/queries/<question>.sql`.

        Raises `QueryInvalid` when it takes too long, `StoreUnavailable` when the store has failed.
        """
        (rows,), freshness = await self.ask_together((question, parameters or {}))
        return Answer(rows, freshness)

    async def ask_together(self, *asked: Asked) -> tuple[list[list[Row]], Freshness]:
        """The answers to several questions from one snapshot."""
        lane = self._lookups if all(load_query(name).is_lookup for name, _ in asked) else self._scans

        def look(ask: Ask) -> list[list[Row]]:
            return [ask(name, parameters) for name, parameters in asked]

        return await self._run(lane, look)

    async def look(self, look: Callable[[Ask], T], *, is_lookup: bool = True) -> tuple[T, Freshness]:
        """What `look` finds out by questions of which each may rest on the answers before it; from one snapshot."""
        lane = self._lookups if is_lookup else self._scans
        return await self._run(lane, look)

    async def freshness(self) -> Freshness:
        """How fresh an answer would be now."""
        _, fresh = await self.look(lambda _ask: None)
        return fresh

    def close(self) -> None:
        """Take no more questions; those that run may end."""
        self._scans.shutdown(wait=False, cancel_futures=True)
        self._lookups.shutdown(wait=False, cancel_futures=True)

    async def _run(self, lane: ThreadPoolExecutor, look: Callable[[Ask], T]) -> tuple[T, Freshness]:
        return await asyncio.get_running_loop().run_in_executor(lane, self._look, look, self._skyline.latest)

    def _look(self, look: Callable[[Ask], T], horizon: Horizon) -> tuple[T, Freshness]:
        # Known before the snapshot begins, so that the snapshot holds all of it; likewise the horizon.
        known = self._reached
        try:
            with self._database.snapshot(self._limit_s) as cursor:
                reached = known.and_then(self._rows(cursor, "reached", {"since": known.revision}))
                found = look(partial(self._kept_rows, cursor, reached))
        except duckdb.InterruptException as exc:
            raise QueryInvalid(
                f"the question took longer than {self._limit_s:g} s; ask for a shorter span or fewer groups"
            ) from exc
        except duckdb.Error as exc:
            self._database.judge(exc)
            raise StoreUnavailable(f"the store could not answer: {advice(exc)}") from exc
        self._reached = reached
        return found, self._freshness(reached, horizon)

    def _freshness(self, reached: Reached, horizon: Horizon) -> Freshness:
        return Freshness(
            as_of=horizon.as_of,
            watermarks=reached.watermarks,
            lag_records=sum(horizon.lag_by_topic.values()),
            lag_s=None if horizon.as_of is None else (self.clock.now() - horizon.as_of).total_seconds(),
            revision=reached.revision,
            lag_by_topic=horizon.lag_by_topic,
            forgotten_before=reached.forgotten_before,
        )

    def _kept_rows(self, cursor: Connection, reached: Reached, name: str, parameters: Mapping[str, Any]) -> list[Row]:
        """The answer, unless it would be made of facts that are gone."""
        query, before = load_query(name), reached.forgotten_before
        if before is not None and query.facts_from is not None:
            require_kept(moment_of(parameters[query.facts_from]), before)
        # As a number of its own it lets DuckDB leave out unread what is below it.
        known = {"sealed": reached.sealed} if "sealed" in query.parameters else {}
        return self._rows(cursor, name, {**parameters, **known})

    def _rows(self, cursor: Connection, name: str, parameters: Mapping[str, Any]) -> list[Row]:
        query = load_query(name)
        if unknown := parameters.keys() - query.parameters:
            raise QueryInvalid(f"{query.name} has no parameter {', '.join(sorted(unknown))}")
        absent = frozenset(one for one in query.parameters if parameters.get(one) is None)
        plain = frozenset(one for one, value in parameters.items() if is_plain(value))
        query = load_query_for(name, absent, frozenset(parameters.get("group_by") or ()), plain)
        bound = {name: kept(parameters.get(name)) for name in query.parameters}
        # fetchall, always: an open result owns the cursor.
        found = cursor.execute(self._parsed(query.sql), bound or None)
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, map(_plain, values), strict=True)) for values in found.fetchall()]

    @property
    def horizon(self) -> Horizon:
        """Up to where everything ought to be explained now."""
        return self._skyline.latest


def kept(value: object) -> object:
    """As the store keeps it: times are UTC without a zone, several values a list."""
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC).replace(tzinfo=None)
    return list(value) if isinstance(value, tuple) else value


def _plain(value: object) -> object:
    """Times get the zone they are in, ids are text."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC)
    return str(value) if isinstance(value, UUID) else value
