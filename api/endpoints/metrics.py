"""Numbers over time."""

from typing import Annotated

from fastapi import APIRouter, Query

from analytics.measures.series import ROWS_LIMIT
from api.admission.access import Reader
from api.answers.base import FreshnessMember
from api.parts import Provided
from api.problems import QUESTION_INVALID, STORE_BEHIND, problem_responses
from api.questions.measuring import ChangedBucket, MetricsAnswer, MetricsParameters
from contracts.errors import QueryInvalid

router = APIRouter(tags=["metrics"], responses=problem_responses(QUESTION_INVALID, STORE_BEHIND))


@router.get("/metrics", summary="Count, by time and by whatever you like")
async def get_metrics(
    parts: Provided, caller: Reader, parameters: Annotated[MetricsParameters, Query()]
) -> MetricsAnswer:
    """Measures over a span of time, by bucket and by dimensions, of the attempts that the filters leave.

    An attempt belongs to the hour in which it was first heard of, so a report that comes late changes the numbers of
    an earlier bucket.
    """
    money = parameters.money(caller, parts)
    question = parameters.question(caller, parts.clock.now(), money)
    await parameters.wait(parts)
    answer = await parts.store.metrics(question)
    parameters.check(answer.freshness)
    if len(answer.rows) > ROWS_LIMIT:
        raise QueryInvalid(f"the answer has {len(answer.rows)} rows, more than {ROWS_LIMIT}; group or span less")
    return MetricsAnswer(
        from_=question.from_,
        to=question.to,
        bucket=question.bucket,
        time_zone=question.time_zone,
        measures=list(question.measures),
        group_by=list(question.group_by),
        rates_as_of=money and money.exchange.as_of,
        revision=answer.freshness.revision,
        changed=None if answer.changed is None else [ChangedBucket.model_validate(row) for row in answer.changed],
        rows=answer.rows,
        freshness=FreshnessMember.of(answer.freshness),
    )
