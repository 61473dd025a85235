"""What was sent, and of what nobody knows whether it was."""

from typing import Annotated

from fastapi import APIRouter, Body, Depends, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from analytics.lists.sends import SendsQuestion
from api.admission.access import Caller, Reader, Sender
from api.answers.base import FreshnessMember
from api.answers.sends import DoubleDeliveries, DoubtResolved, DoubtsAnswer, SendCount, SendsAnswer
from api.endpoints.attempts import require_json
from api.parts import Parts, Provided
from api.problems import (
    BODY_TOO_LARGE,
    KAFKA_SILENT,
    MALFORMED,
    NOT_FOUND,
    NOT_IN_DOUBT,
    NOT_JSON,
    QUESTION_INVALID,
    problem_responses,
)
from api.questions.spans import require_sensible
from api.submissions.doubts import Resolution, doubt_of, outcome_of, registration_of, require_open
from api.timelines import not_yet_known
from api.times import Moment

router = APIRouter(tags=["sends"])


class SendsParameters(BaseModel):
    """The query string of `GET /v1/sends`."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    from_: Moment | None = Field(None, alias="from", description="Commanded at or after this moment.")
    to: Moment | None = Field(None, description="Commanded before this moment.")

    def question(self, caller: Caller, parts: Parts) -> SendsQuestion:
        require_sensible(self.from_, self.to, parts.clock.now())
        return SendsQuestion(accounts=caller.accounts, from_=self.from_, to=self.to)


class DoubtsParameters(BaseModel):
    """The query string of `GET /v1/in-doubt`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    limit: int = Field(100, ge=1, le=1000, description="How many at most.")


@router.get("/sends", responses=problem_responses(QUESTION_INVALID), summary="What came of the sends, counted")
async def get_sends(parts: Provided, caller: Reader, parameters: Annotated[SendsParameters, Query()]) -> SendsAnswer:
    """How many sends were commanded, by step, channel, provider and connection, and what came of them.

    With them the messages that were delivered twice, because an earlier step arrived after a later one was sent.
    """
    answer = await parts.store.sends(parameters.question(caller, parts))
    return SendsAnswer(
        sends=[SendCount.model_validate(row) for row in answer.rows],
        double_deliveries=[DoubleDeliveries.model_validate(row) for row in answer.doubles],
        freshness=FreshnessMember.of(answer.freshness),
    )


@router.get("/in-doubt", responses=problem_responses(), summary="What waits for a person")
async def get_in_doubt(
    parts: Provided, caller: Reader, parameters: Annotated[DoubtsParameters, Query()]
) -> DoubtsAnswer:
    """Sends of which nobody knows whether their provider took them, the longest open first.

    A doubt ends by itself when the provider reports about the send; else somebody looks, and resolves it.
    """
    overdue_s = parts.settings.fallback.outcome_within_s
    answer = await parts.store.in_doubt(caller.accounts, limit=parameters.limit, overdue_s=overdue_s)
    return DoubtsAnswer(
        open_count=next((row["open_count"] for row in answer.rows), 0),
        in_doubt=[doubt_of(row) for row in answer.rows],
        freshness=FreshnessMember.of(answer.freshness),
    )


@router.post(
    "/in-doubt/{send_id}/resolve",
    status_code=202,
    dependencies=[Depends(require_json)],
    responses=problem_responses(MALFORMED, BODY_TOO_LARGE, NOT_JSON, NOT_FOUND, NOT_IN_DOUBT, KAFKA_SILENT),
    summary="Say what became of a doubtful send",
)
async def resolve_doubt(
    parts: Provided,
    caller: Sender,
    send_id: Annotated[str, Path(pattern=r"^[A-Za-z0-9-]{1,100}$", description="As `GET /v1/in-doubt` names it.")],
    body: Annotated[Resolution, Body()],
) -> DoubtResolved:
    """Ends a doubt in the name of a person, whose key and reason are kept. Answered when Kafka has it.

    As `accepted` the message waits for its reports as if the provider had answered; as `not_sent` it goes on to the
    next step. A report that comes later counts more than either.
    """
    row = next(iter((await parts.store.send_named(send_id, caller.accounts)).rows), None)
    if row is None:
        raise await not_yet_known(parts, f"a send {send_id}")
    now = parts.clock.now()
    require_open(row, now)
    outcome = outcome_of(row, body, caller, now=now)
    if (attempt := registration_of(row, body, now=now)) is not None:
        await parts.registrar.write([attempt])
    await parts.registrar.write_outcome(outcome)
    return DoubtResolved(send_id=send_id, message_id=outcome.message_id, outcome=outcome.outcome)
