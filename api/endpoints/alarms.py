"""What somebody ought to look at."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from api.admission.access import Reader
from api.answers.alarms import AlarmsAnswer, AlarmShown
from api.answers.base import FreshnessMember
from api.parts import Provided
from api.problems import QUESTION_INVALID, problem_responses

router = APIRouter(tags=["trust"], responses=problem_responses(QUESTION_INVALID))


class AlarmsParameters(BaseModel):
    """The query string of `GET /v1/alarms`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    open: bool | None = Field(None, description="Only those that are open, or only those that have cleared.")
    limit: int = Field(50, ge=1, le=500, description="How many at most.")


@router.get("/alarms", summary="What somebody ought to look at")
async def get_alarms(parts: Provided, caller: Reader, parameters: Annotated[AlarmsParameters, Query()]) -> AlarmsAnswer:
    """Alarms, the newest first: a connection that has gone quiet, a delivery rate that has dropped, codes that nobody
    knows, and items that are not accounted for.

    A key that is bound to accounts sees those of its accounts; what concerns the whole installation is not among them.
    """
    answer = await parts.store.alarms(caller.accounts, is_open=parameters.open, limit=parameters.limit)
    return AlarmsAnswer(
        alarms=[AlarmShown.model_validate(row) for row in answer.rows], freshness=FreshnessMember.of(answer.freshness)
    )
