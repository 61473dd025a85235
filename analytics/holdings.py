"""What a store keeps of the past, and what it has let go of."""

from dataclasses import dataclass
from datetime import UTC, datetime

import duckdb

from analytics.archive.known import readable_store
from analytics.queries import load_query
from analytics.store.inventory import take_inventory
from analytics.upkeep.forgetting import oldest_fact
from contracts.errors import StoreUnavailable
from runtime.settings import Settings

END_OF_TIME = datetime(9000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Holdings:
    """Of one state of the store, which `told` names for people."""

    told: str
    rows: dict[str, int]
    """By table."""
    oldest_at: datetime | None
    """Of the facts that are kept; null when there are none."""
    forgotten_before: datetime | None
    """Facts of before were dropped; null when none were."""
    forgotten_rows: int


def holdings(settings: Settings) -> Holdings:
    """What the store has, or its newest snapshot while another process has it open; raises `StoreUnavailable`."""
    with readable_store(settings) as (connection, told):
        try:
            oldest_at = oldest_fact(connection, before=END_OF_TIME)
            before_at, gone = next(iter(connection.execute(load_query("forgotten").sql).fetchall()), (None, 0))
            return Holdings(told, dict(take_inventory(connection).rows), oldest_at, _utc(before_at), gone)
        except duckdb.Error as exc:
            raise StoreUnavailable(
                f"{told} cannot tell: {exc}. One that an older Tidings made is brought up to date when the api opens it"
            ) from exc


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.replace(tzinfo=UTC)
