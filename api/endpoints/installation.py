"""How the whole installation is."""

import asyncio
from importlib.metadata import PackageNotFoundError, version

from fastapi import APIRouter

from api.admission.access import Reader
from api.answers.base import FreshnessMember
from api.answers.installation import InstallationAnswer, StageShown
from api.health.installation import own_process, processes_of, silent_stages, spool_of, stage_of, store_of, whole
from api.health.surroundings import processes_in, spool_in
from api.parts import Parts, Provided
from api.problems import ACCOUNT_BOUND, problem_responses
from contracts.errors import BrokerUnavailable

router = APIRouter(tags=["health"], responses=problem_responses(ACCOUNT_BOUND))


@router.get("/health", summary="How the whole installation is")
async def get_installation(parts: Provided, caller: Reader) -> InstallationAnswer:
    """Every stage with its lag by partition, the store, the spool and the processes, each with a word and a sentence.

    Stages are seen by their consumer groups, wherever they run. The spool and the processes are those of the machine
    of this process; what is elsewhere has its own `/readyz` and `/metrics`. It is told of the whole installation, so a
    key that is bound to accounts may not ask.
    """
    caller.require_all_accounts()
    now, settings, fresh = parts.clock.now(), parts.settings, await parts.store.freshness()
    seen = await asyncio.to_thread(spool_in, settings.data_dir / settings.ingest.spool_dir)
    noted = await asyncio.to_thread(processes_in, settings.data_dir)
    stages, spool, store = await _stages(parts), spool_of(seen, now), store_of(parts.store.health(), fresh)
    processes = processes_of(noted, now, own=own_process(parts.started_at), version=_version())
    named = [*((one.stage, one) for one in stages), ("the store", store), ("the spool", spool)]
    state, says = whole([*named, *((f"the process {one.name}", one) for one in processes)])
    return InstallationAnswer(
        state=state,
        says=says,
        seen_at=now,
        stages=stages,
        store=store,
        spool=spool,
        processes=processes,
        freshness=FreshnessMember.of(fresh),
    )


def _version() -> str | None:
    try:
        return version("tidings")
    except PackageNotFoundError:  # it runs from its sources
        return None


async def _stages(parts: Parts) -> list[StageShown]:
    try:
        return [stage_of(one) for one in await parts.progress.stages()]
    except BrokerUnavailable as exc:
        return silent_stages(str(exc))
