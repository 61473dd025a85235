"""Is anything missing, what waits, and how fresh is all this."""

from typing import Any

from fastapi import APIRouter

from api.admission.access import Admin, Reader
from api.answers.base import FreshnessAnswer, FreshnessMember
from api.answers.conservation import (
    Balance,
    BookFault,
    BooksAnswer,
    BooksOfPartition,
    ConservationAnswer,
    ProviderBalance,
    SendBalance,
    SnapshotRequested,
    UnexplainedPosition,
)
from api.answers.parked import ParkedAnswer, ParkedReports
from api.parts import Parts, Provided
from api.problems import ACCOUNT_BOUND, problem_responses

router = APIRouter(tags=["trust"], responses=problem_responses(ACCOUNT_BOUND))


@router.get("/conservation", summary="The proof that nothing is lost")
async def get_conservation(parts: Provided, caller: Reader) -> ConservationAnswer:
    """Where every item is that was ever received: received = applied + repeated + outranked + parked + quarantined
    + in flight + unexplained.

    Unexplained items must not exist; when they do, their positions are named. The answer counts the whole
    installation, so a key that is bound to accounts may not ask.
    """
    caller.require_all_accounts()
    sends = (await parts.store.send_balance()).rows[0]
    return ConservationAnswer(sends=SendBalance.model_validate(sends), **await balance_of_items(parts))


async def balance_of_items(parts: Parts) -> dict[str, Any]:
    """All members of the answer but `sends`, for which every send that was ever made is looked at."""
    answer = await parts.store.conservation()
    whole = next(row for row in answer.rows if row["provider"] is None)
    return {
        "is_balanced": not whole["unexplained"] and not whole["explained_twice"],
        "total": Balance.model_validate(whole),
        "providers": [ProviderBalance.model_validate(row) for row in answer.rows if row["provider"] is not None],
        "unexplained_positions": [UnexplainedPosition.model_validate(row) for row in answer.unexplained],
        "freshness": FreshnessMember.of(answer.freshness),
    }


@router.get("/conservation/books", summary="The proof by position")
async def get_books(parts: Provided, caller: Reader) -> BooksAnswer:
    """For every partition that is read: whether each offset has exactly one row, or one reason why it has none.

    It looks at every row, so it takes its time; `/v1/conservation` is for every second, this for every day. A key that
    is bound to accounts may not ask.
    """
    caller.require_all_accounts()
    answer = await parts.store.books()
    partitions = [BooksOfPartition.model_validate(row) for row in answer.rows]
    missing, doubled = sum(one.missing for one in partitions), sum(one.doubled for one in partitions)
    faults = (await parts.store.book_faults()).rows if missing or doubled else []
    return BooksAnswer(
        is_balanced=not missing and not doubled,
        missing=missing,
        doubled=doubled,
        partitions=partitions,
        faults=[BookFault.model_validate(row) for row in faults],
        freshness=FreshnessMember.of(answer.freshness),
    )


@router.post("/snapshots", status_code=202, summary="Make a copy of the store now")
async def take_snapshot(parts: Provided, caller: Admin) -> SnapshotRequested:
    """Lets the writer make a copy of the store to fall back on, as it does by itself every `store.snapshot_every_s`.

    Before something risky, for example. The sink waits while it is made; the log and the metrics tell when it is there.
    """
    caller.require_all_accounts()
    newest = parts.store.request_snapshot()
    return SnapshotRequested(
        newest_made_at=newest.made_at if newest else None, newest_size_bytes=newest.size if newest else None
    )


@router.get("/parked", summary="What waits for its registration")
async def get_parked(parts: Provided, caller: Reader) -> ParkedAnswer:
    """Reports of attempts that nobody has registered yet, by connection, the one with the oldest first.

    When the registration comes they count at once; when it has not come within `streams.parking_days` they count
    under a message id of their own. Reports of connections that only observe never wait.
    """
    answer = await parts.store.parked(caller.accounts)
    connections = [ParkedReports.model_validate(row) for row in answer.rows]
    oldest_at = min((one.oldest_at for one in connections), default=None)
    return ParkedAnswer(
        report_count=sum(one.report_count for one in connections),
        oldest_at=oldest_at,
        oldest_age_s=None if oldest_at is None else (parts.clock.now() - oldest_at).total_seconds(),
        connections=connections,
        freshness=FreshnessMember.of(answer.freshness),
    )


@router.get("/freshness", summary="How fresh every answer is")
async def get_freshness(parts: Provided, caller: Reader) -> FreshnessAnswer:  # noqa: ARG001  # asked for the key's sake
    """Up to when answers are complete now, and where the records wait that are still on their way."""
    freshness = await parts.store.freshness()
    return FreshnessAnswer(freshness=FreshnessMember.of(freshness), lag_by_topic=dict(freshness.lag_by_topic))
