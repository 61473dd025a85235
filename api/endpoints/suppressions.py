"""Who must not be written to."""

from typing import Annotated

from fastapi import APIRouter, Body, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from analytics.questions import SuppressionsQuestion
from api.admission.access import Caller, Reader, Sender
from api.answers.base import FreshnessMember
from api.answers.suppressions import Suppression, SuppressionsAnswer, WishTaken
from api.endpoints.attempts import require_json
from api.parts import Parts, Provided
from api.people import Person
from api.problems import BODY_TOO_LARGE, KAFKA_SILENT, MALFORMED, NOT_JSON, problem_responses
from api.questions.cursors import LONGEST_CURSOR, cursor_after, place_in
from api.submissions.wishes import WishByHand, as_wish
from api.texts import Text
from contracts.vocabulary import WishKind

router = APIRouter(tags=["people"], responses=problem_responses())
WRITING = problem_responses(MALFORMED, BODY_TOO_LARGE, NOT_JSON, KAFKA_SILENT)


class SuppressionsParameters(BaseModel):
    """The query string of `GET /v1/suppressions`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sender: Text | None = Field(None, description="Only about this sender of ours, in any case.")
    recipient: Person | None = Field(
        None, description="Only of this person: a number with its plus, written %2B, or the id a bot has."
    )
    lifted: bool = Field(default=False, description="Also those who came back.")
    cursor: str | None = Field(None, max_length=LONGEST_CURSOR, description="`next_cursor` of the page before.")
    limit: int = Field(50, ge=1, le=200, description="How many at most.")

    def question(self, caller: Caller, parts: Parts) -> SuppressionsQuestion:
        return SuppressionsQuestion(
            accounts=caller.accounts,
            sender=self.sender,
            recipient=None if self.recipient is None else parts.store.pseudonym(self.recipient),
            with_lifted=self.lifted,
            before=place_in(self.cursor),
            limit=self.limit,
        )


@router.get("/suppressions", summary="Who must not be written to")
async def get_suppressions(
    parts: Provided, caller: Reader, parameters: Annotated[SuppressionsParameters, Query()]
) -> SuppressionsAnswer:
    """The people who want no messages of a sender, or of any, since when, and how we know; the newest first.

    The newest wish of a person stands, whatever order wishes were heard in. One about all senders and one about a
    single sender are two; for that sender the newer one counts.
    """
    answer = await parts.store.suppressions(parameters.question(caller, parts))
    return SuppressionsAnswer(
        suppressions=[Suppression.of(row) for row in answer.rows],
        next_cursor=cursor_after(answer.rows, "since", limit=parameters.limit),
        freshness=FreshnessMember.of(answer.freshness),
    )


@router.post(
    "/suppressions",
    status_code=202,
    dependencies=[Depends(require_json)],
    responses=WRITING,
    summary="Let a person get no more messages",
)
async def add_suppression(parts: Provided, caller: Sender, body: Annotated[WishByHand, Body()]) -> WishTaken:
    """Says for a person that they want no more messages of a sender, or of any. Answered when Kafka has it.

    A newer wish of the person undoes it. After a 503 it is not known whether it was stored; send the same again.
    """
    return await _taken(parts, caller, body, WishKind.STOP)


@router.delete(
    "/suppressions",
    status_code=202,
    dependencies=[Depends(require_json)],
    responses=WRITING,
    summary="Let a person get messages again",
)
async def remove_suppression(parts: Provided, caller: Sender, body: Annotated[WishByHand, Body()]) -> WishTaken:
    """Says for a person that they want messages again: be sure that they do. What was said before stays on record.

    The person stands in a body, because addresses end up in logs. Answered when Kafka has it.
    """
    return await _taken(parts, caller, body, WishKind.START)


async def _taken(parts: Parts, caller: Caller, body: WishByHand, kind: WishKind) -> WishTaken:
    wish = as_wish(body, kind, caller, connections=parts.settings.connections, now=parts.clock.now())
    await parts.registrar.write_wish(wish)
    return WishTaken.model_validate(wish, from_attributes=True)
