"""Which routes can be believed."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.admission.access import Reader
from api.answers.base import FreshnessMember
from api.answers.trust import TrustAnswer, TrustedRoute
from api.parts import Provided
from api.problems import QUESTION_INVALID, STORE_BEHIND, problem_responses
from api.questions.trusting import ROUTES_LIMIT, TrustParameters

router = APIRouter(tags=["trust"], responses=problem_responses(QUESTION_INVALID, STORE_BEHIND))


@router.get("/reports/trust", summary="Which routes can be believed")
async def get_trust(parts: Provided, caller: Reader, parameters: Annotated[TrustParameters, Query()]) -> TrustAnswer:
    """For each route what a provider whom one can believe does not do often: how often it was so, how often it is so on
    the other routes of the channel, and a verdict that a few messages cannot bring about.

    With `evidence` the messages that a signal rests on, at most 20 of each route. The first 1000 routes, the most
    suspicious first.
    """
    wanted = parameters.wanted()
    question = parameters.question(caller, parts.clock.now(), parts.settings.trust)
    await parameters.wait(parts)
    report = await parts.store.trust(question)
    parameters.check(report.freshness)
    routes = [route for route in report.by_suspicion() if wanted(route)]
    return TrustAnswer(
        from_=question.from_,
        to=question.to,
        silent_after_s=question.silent_after_s,
        evidence=question.evidence,
        routes=[TrustedRoute.of(route) for route in routes[:ROUTES_LIMIT]],
        freshness=FreshnessMember.of(report.freshness),
    )
