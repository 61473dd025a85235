"""What was put aside, and trying it again."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Path, Query, Response

from api.admission.access import Reader, Replayer
from api.admission.auditing import Deed, audit
from api.admission.keys import Scope
from api.answers.base import FreshnessMember
from api.answers.dead_letters import (
    DeadLetterCount,
    DeadLetterCountsAnswer,
    DeadLettersAnswer,
    DeadLetterShown,
    RetryAnswer,
)
from api.endpoints.attempts import require_json
from api.parts import Provided
from api.problems import (
    AUDIT_UNAVAILABLE,
    BODY_TOO_LARGE,
    KAFKA_SILENT,
    MALFORMED,
    NOT_FOUND,
    NOT_JSON,
    QUESTION_INVALID,
    STREAMS_SILENT,
    problem_responses,
)
from api.questions.cursors import cursor_after
from api.questions.dead_letters import (
    LETTER_ID,
    MOST_REHEARSED,
    How,
    LettersFilter,
    LettersParameters,
    Retry,
    account_of,
    named,
)
from api.retrying import rehearse, retry
from api.timelines import not_yet_known

router = APIRouter(tags=["dead letters"])
UNAVAILABLE = (KAFKA_SILENT, STREAMS_SILENT, AUDIT_UNAVAILABLE)
REHEARSED: dict[int | str, dict[str, Any]] = {
    200: {"model": RetryAnswer, "description": "With `dry_run`: what would come of it."}
}


@router.get(
    "/dead-letters", responses=problem_responses(QUESTION_INVALID, AUDIT_UNAVAILABLE), summary="What was put aside"
)
async def get_dead_letters(
    parts: Provided, caller: Reader, parameters: Annotated[LettersParameters, Query()]
) -> DeadLettersAnswer:
    """Items and whole callbacks that could not be understood, newest first, each with the reason and, when its
    callback was played again since, what that came to.

    A letter stays in the record also when a retry was understood. A key that is bound to accounts is told of the
    letters of its connections.
    """
    if parameters.bytes:
        caller.require([Scope.REPLAY])
    question = parameters.question(caller, parts)
    if parameters.bytes:
        await audit(parts, caller, Deed.EVIDENCE_SHOWN, dead_letters=parameters.limit, bytes=parameters.bytes)
    answer = await parts.store.dead_letters(question)
    connections = parts.settings.connections
    return DeadLettersAnswer(
        dead_letters=[
            DeadLetterShown.of(row, account=account_of(row, connections), with_bytes=bool(parameters.bytes))
            for row in answer.rows
        ],
        next_cursor=cursor_after(answer.rows, "received_at", limit=parameters.limit),
        freshness=FreshnessMember.of(answer.freshness),
    )


@router.get(
    "/dead-letters/counts", responses=problem_responses(QUESTION_INVALID), summary="Why things were put aside, counted"
)
async def get_dead_letter_counts(
    parts: Provided, caller: Reader, parameters: Annotated[LettersFilter, Query()]
) -> DeadLetterCountsAnswer:
    """How many letters there are by connection, kind and reason, and of how many the callback was not played again."""
    answer = await parts.store.dead_letter_counts(parameters.chosen(caller, parts, place="query"))
    return DeadLetterCountsAnswer(
        counts=[DeadLetterCount.model_validate(row) for row in answer.rows],
        freshness=FreshnessMember.of(answer.freshness),
    )


@router.post(
    "/dead-letters/retry",
    status_code=202,
    dependencies=[Depends(require_json)],
    responses=REHEARSED | problem_responses(QUESTION_INVALID, MALFORMED, BODY_TOO_LARGE, NOT_JSON, *UNAVAILABLE),
    summary="Try letters again, by filter",
)
async def retry_dead_letters(
    parts: Provided, caller: Replayer, body: Annotated[Retry, Body()], how: Annotated[How, Query()], response: Response
) -> RetryAnswer:
    """Writes the callbacks of letters once more, the newest first, for those that were not tried again yet.

    Do it when the reason is mended: a connection was added, an adapter or a table of codes corrected. Answered when
    Kafka has them; what came of each is told by `GET /v1/dead-letters` as soon as the store has read it. A fact that
    is known counts as repeated, so nothing counts twice. With `dry_run` nothing is written.
    """
    question = body.question(caller, parts)
    rows = (await parts.store.dead_letters(question)).rows
    if how.dry_run:
        response.status_code = 200
        return await rehearse(parts, rows[:MOST_REHEARSED], may_be_more=len(rows) >= min(body.limit, MOST_REHEARSED))
    await audit(parts, caller, Deed.REPLAY_ASKED, dead_letters=len(rows))
    return await retry(parts, rows, may_be_more=len(rows) == body.limit)


@router.post(
    "/dead-letters/{id}/retry",
    status_code=202,
    responses=REHEARSED | problem_responses(NOT_FOUND, *UNAVAILABLE),
    summary="Try one letter again",
)
async def retry_dead_letter(
    parts: Provided,
    caller: Replayer,
    how: Annotated[How, Query()],
    response: Response,
    letter_id: Annotated[str, Path(alias="id", pattern=LETTER_ID, description="As `GET /v1/dead-letters` names it.")],
) -> RetryAnswer:
    """Writes the callback of a letter once more, also one that was tried again before; else as by filter."""
    rows = (await parts.store.dead_letters(named(letter_id, caller, parts))).rows
    if not rows:
        raise await not_yet_known(parts, f"a dead letter {letter_id}")
    if how.dry_run:
        response.status_code = 200
        return await rehearse(parts, rows, may_be_more=False)
    await audit(parts, caller, Deed.REPLAY_ASKED, dead_letter=letter_id)
    return await retry(parts, rows, may_be_more=False)
