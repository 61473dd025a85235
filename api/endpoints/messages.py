"""What happened to a message, and what happened just now."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from api.admission.access import Reader
from api.admission.auditing import Deed, audit
from api.answers.base import FreshnessMember
from api.answers.messages import Change, Changes, Listed, MessagesAnswer, MessageTimeline
from api.parts import Provided
from api.problems import AUDIT_UNAVAILABLE, NOT_FOUND, QUESTION_INVALID, STORE_BEHIND, problem_responses
from api.questions.cursors import cursor_of
from api.questions.listing import MessagesParameters
from api.questions.patience import Patience
from api.timelines import tell

router = APIRouter(tags=["messages"], responses=problem_responses(NOT_FOUND, AUDIT_UNAVAILABLE))


class StoryParameters(Patience):
    """The query string of `GET /v1/messages/{id}`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    evidence: bool = Field(
        default=False, description="Add the raw callbacks behind the reports, from Kafka or from the archive."
    )


class ChangesParameters(BaseModel):
    """The query string of `GET /v1/changes`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    limit: int = Field(20, ge=1, le=200, description="How many at most.")


@router.get(
    "/messages",
    responses=problem_responses(QUESTION_INVALID, STORE_BEHIND),
    summary="Messages by filters, by recipient or by id",
)
async def get_messages(
    parts: Provided, caller: Reader, parameters: Annotated[MessagesParameters, Query()]
) -> MessagesAnswer:
    """Attempts to send messages, newest first, each where it stands now.

    A message that took several ways has a row for each of its attempts, with the same `message_id`; filters are about
    attempts, as in the metrics. A message that is only planned yet is found by its own id.
    """
    question = parameters.question(caller, parts)
    await parameters.wait(parts)
    page = await parts.store.messages(question)
    parameters.check(page.freshness)
    return MessagesAnswer(
        messages=[Listed.model_validate(row) for row in page.rows],
        next_cursor=cursor_of(page.next_before),
        freshness=FreshnessMember.of(page.freshness),
    )


@router.get("/messages/{id}", responses=problem_responses(STORE_BEHIND), summary="What happened to a message")
async def get_message(
    parts: Provided,
    caller: Reader,
    id: Annotated[  # noqa: A002  # the name is the public one, in the path
        UUID,
        Path(description="The id of a message or of an attempt.", examples=["019aa5a1-0000-7000-8000-000000000001"]),
    ],
    parameters: Annotated[StoryParameters, Query()],
) -> MessageTimeline:
    """Every report and registration of a message, oldest first, each with what it did and the callback it came in.

    The message may be named by its own id or by that of one of its attempts.
    """
    await parameters.wait(parts)
    if parameters.evidence:
        await audit(parts, caller, Deed.EVIDENCE_SHOWN, message=str(id))
    return await tell(parts, caller.accounts, str(id), with_evidence=parameters.evidence)


@router.get("/changes", summary="The newest status changes")
async def get_changes(parts: Provided, caller: Reader, parameters: Annotated[ChangesParameters, Query()]) -> Changes:
    """The newest reports that moved the status of an attempt, newest first. Recipients are not shown."""
    answer = await parts.store.newest_changes(caller.accounts, parameters.limit)
    return Changes(
        changes=[Change.model_validate(row) for row in answer.rows], freshness=FreshnessMember.of(answer.freshness)
    )
