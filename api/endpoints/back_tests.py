"""What a plan would have done with messages of the past, and how long to wait."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from analytics.back_test.replay import PlaceAdvice
from api.admission.access import Reader
from api.answers.back_tests import BackTestAnswer, WaitAdvised, WaitsAnswer
from api.answers.base import FreshnessMember
from api.endpoints.attempts import require_json
from api.parts import Provided
from api.problems import BODY_TOO_LARGE, MALFORMED, NOT_JSON, QUESTION_INVALID, problem_responses
from api.questions.back_testing import BackTestAsked, WaitsParameters

router = APIRouter(tags=["back-tests"], responses=problem_responses(QUESTION_INVALID))


@router.post(
    "/back-tests",
    dependencies=[Depends(require_json)],
    summary="Replay a plan with messages of the past",
    responses=problem_responses(QUESTION_INVALID, MALFORMED, BODY_TOO_LARGE, NOT_JSON),
)
async def get_back_test(parts: Provided, caller: Reader, asked: BackTestAsked) -> BackTestAnswer:
    """What a plan would have sent, cost and won with the messages that began on the channel of its first step, against
    what really happened. Nothing is sent and nothing is stored.

    When a fallback would have left is exact, message by message. What would have become of it is an estimate by the
    rates that are told as `basis`.
    """
    policy = asked.policy_in(parts.policies(), caller, parts.settings.connections)
    question = asked.question(caller, parts.clock.now(), policy)
    found = await parts.store.back_test(question, parts.settings.prices)
    economics = found.economics
    return BackTestAnswer.model_validate(
        {
            "from_": question.from_,
            "to": question.to,
            "clock": question.clock,
            "policy": policy,
            "plan": question.steps,
            "whole": found.whole,
            "steps": economics.steps,
            "double_deliveries": economics.double_deliveries,
            "really_cost": economics.really_cost,
            "really_unpriced": economics.really_unpriced,
            "places": found.rows,
            "basis": economics.basis,
            "freshness": FreshnessMember.of(found.freshness),
        }
    )


@router.get("/advice/waits", summary="How long to wait before a fallback")
async def get_advised_waits(
    parts: Provided, caller: Reader, parameters: Annotated[WaitsParameters, Query()]
) -> WaitsAnswer:
    """For each provider, channel and country the wait at which another second of waiting costs more than it spares.

    From how long messages really took to arrive, with the number of observations and the range that they leave open.

    The first 500 places, by observations.
    """
    question = parameters.question(caller, parts.clock.now())
    found = await parts.store.advise_waits(question, parts.settings.prices)
    return WaitsAnswer(
        from_=question.from_,
        to=question.to,
        clock=question.clock,
        fallback=parameters.fallback,
        value_of_minute=question.value_of_minute,
        waits=[_advised(place) for place in found.places],
        freshness=FreshnessMember.of(found.freshness),
    )


def _advised(place: PlaceAdvice) -> WaitAdvised:
    where = {"provider": place.provider, "channel": place.channel, "country": place.country, "price": place.price}
    return WaitAdvised.model_validate(asdict(place.advice) | where)
