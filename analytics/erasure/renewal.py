"""The store in a new file. DuckDB leaves what was changed or removed in the old one until other rows need the place."""

from contextlib import closing
from pathlib import Path

from analytics.erasure.rows import columns_of
from analytics.store.database import Database, beside, log_of
from analytics.store.inventory import inspect, take_inventory
from analytics.store.recovery import DAMAGED
from analytics.store.snapshots import Snapshots
from contracts.errors import StoreDamaged
from runtime.clock import Clock
from runtime.durable import put_in_place
from runtime.settings import Settings

RENEWED = ".renewed"


def renew(settings: Settings, clock: Clock) -> int:
    """Put a store of the same rows in the place of the store, its snapshots, and what was moved aside of it.

    How many copies were removed. The store must be closed, and nobody else may have it. There must be room for a second
    one. Raises `StoreUnavailable` and `StoreDamaged`, and leaves the store as it was.
    """
    path = settings.data_dir / settings.store.path
    fresh = beside(path, RENEWED)
    for leftover in (fresh, log_of(fresh)):
        leftover.unlink(missing_ok=True)
    _fill(path, fresh, settings)
    log_of(path).unlink(missing_ok=True)  # of a store that was closed it has nothing
    put_in_place(fresh, path)
    return _copy_anew(settings, clock)


def _fill(path: Path, fresh: Path, settings: Settings) -> None:
    made = Database(fresh, settings.store)
    made.open()
    made.close()
    old = Database(path, settings.store)
    old.open()
    try:
        with closing(old.cursor()) as cursor:
            wanted = take_inventory(cursor)
            tables = sorted({column.table for column in columns_of(cursor)})
            cursor.execute("ATTACH '{}' AS renewed".format(str(fresh).replace("'", "''")))
            for name in tables:
                cursor.execute(f'DELETE FROM renewed."{name}"').fetchall()  # noqa: S608  # names of our own tables
                cursor.execute(f'INSERT INTO renewed."{name}" BY NAME FROM "{name}"').fetchall()  # the same
            cursor.execute("CHECKPOINT renewed")
            cursor.execute("DETACH renewed")
    finally:
        old.close()
    if inspect(fresh) != wanted:
        raise StoreDamaged(f"{fresh} does not hold what the store holds; the store is as it was, begin again")


def _copy_anew(settings: Settings, clock: Clock) -> int:
    """One snapshot of the store as it is now, and none from before."""
    snapshots = Snapshots(settings, clock)
    spare = [one.path for one in snapshots.newest_first()]
    store = settings.data_dir / settings.store.path
    spare += [*store.parent.glob(f"{store.name}*{DAMAGED}*"), *snapshots.directory.glob(f"*{DAMAGED}*")]
    for path in spare:
        path.unlink()
    database = Database(store, settings.store)
    database.open()
    try:
        with closing(database.cursor()) as cursor:
            ((batch_id,),) = cursor.execute("SELECT coalesce(max(batch_id), 0) FROM offsets").fetchall()
            snapshots.take(database, cursor, batch_id)
    finally:
        database.close()
    return len(spare)
