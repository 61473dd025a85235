"""Callbacks of the archive, normalised once more with the adapters of today."""

from typing import Annotated

from fastapi import APIRouter, Body, Depends, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.admission.access import Caller, Replayer
from api.admission.auditing import Deed, audit
from api.answers.replays import Replay, ReplaysAnswer
from api.endpoints.attempts import require_json
from api.idempotency import idempotency_key
from api.jobs.book import Asker
from api.parts import Parts, Provided
from api.problems import (
    AUDIT_UNAVAILABLE,
    BODY_TOO_LARGE,
    CONNECTION_UNKNOWN,
    MALFORMED,
    NOT_FOUND,
    NOT_JSON,
    REPLAYS_FULL,
    Refused,
    problem_responses,
)
from api.questions.replaying import ReplayAsked
from api.replays.jobs import ReplayJob

router = APIRouter(tags=["replays"], responses=problem_responses())
ABSENT = "There is no such replay, or its time is over; order it again."

Id = Annotated[str, Path(max_length=64, description="`id` of the answer to the order.")]
Key = Annotated[str | None, idempotency_key("the same replay", example="mended-codes-2026-11-21")]


class ReplaysParameters(BaseModel):
    """The query string of `GET /v1/replays`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    limit: int = Field(50, ge=1, le=200, description="How many at most.")


@router.post(
    "/replays",
    status_code=202,
    dependencies=[Depends(require_json)],
    responses=problem_responses(
        MALFORMED, BODY_TOO_LARGE, NOT_JSON, CONNECTION_UNKNOWN, REPLAYS_FULL, AUDIT_UNAVAILABLE
    ),
    summary="Order a replay, or its rehearsal",
)
async def add_replay(
    parts: Provided, caller: Replayer, body: Annotated[ReplayAsked, Body()], response: Response, key: Key = None
) -> Replay:
    """Takes the order and answers at once; replays are carried out one after the other, and slowly.

    Callbacks of the archive are written to Kafka once more and take the way of all callbacks, with the adapters of the
    running stages. A fact that is known counts as repeated, so nothing counts twice, however often it is replayed. With
    `dry_run` nothing is written: the stages say what they would make of each callback, and that is compared with the
    store. The same order while the first is not done is the same replay, and so is one under the same
    `Idempotency-Key`. A key that is bound to accounts replays what came by their connections.
    """
    wanted = body.wanted(caller, parts.settings.connections, parts.clock.now())
    if not wanted.is_dry_run:
        told = {"begin": wanted.begin.isoformat(), "end": wanted.end.isoformat()}
        only = {"provider": wanted.provider, "connection": wanted.connection}
        await audit(parts, caller, Deed.REPLAY_ASKED, **told, **only)
    job, is_repeat = parts.replays.request(wanted, Asker(caller.key_id, caller.name), key)
    response.headers["Location"] = f"/v1/replays/{job.id}"
    return Replay.of(job, is_repeat=is_repeat)


@router.get("/replays", summary="The replays that there are")
async def get_replays(
    parts: Provided, caller: Replayer, parameters: Annotated[ReplaysParameters, Query()]
) -> ReplaysAnswer:
    """The newest first, with how far each is. Of other accounts nothing is told."""
    seen = [job for job in parts.replays.all() if job.may_be_seen_by(caller.accounts)]
    return ReplaysAnswer(replays=[Replay.of(job) for job in seen[: parameters.limit]])


@router.get("/replays/{id}", responses=problem_responses(NOT_FOUND), summary="How far a replay is")
async def get_replay(parts: Provided, caller: Replayer, id: Id) -> Replay:  # noqa: A002  # the name in the path
    """How much is done of it; of a rehearsal, what would change so far."""
    return Replay.of(_found(parts, caller, id))


@router.delete(
    "/replays/{id}", status_code=204, responses=problem_responses(NOT_FOUND), summary="Cancel or forget a replay"
)
async def remove_replay(parts: Provided, caller: Replayer, id: Id) -> None:  # noqa: A002  # the name in the path
    """One that is not done is ended, and listed for a while; what it has written by then is written. Another one is
    forgotten.
    """
    parts.replays.remove(_found(parts, caller, id))


def _found(parts: Parts, caller: Caller, job_id: str) -> ReplayJob:
    """The replay of that id; raises that there is none, also when it is of other accounts."""
    job = parts.replays.find(job_id)
    if job is None or not job.may_be_seen_by(caller.accounts):
        raise Refused(NOT_FOUND, ABSENT)
    return job
