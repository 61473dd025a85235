"""How the providers are."""

from typing import Annotated

from fastapi import APIRouter, Path

from api.admission.access import Reader
from api.answers.alarms import AlarmShown
from api.answers.base import FreshnessMember
from api.answers.connections import ProviderHealthAnswer, ProvidersAnswer
from api.health.connections import known_of, own_connections
from api.parts import Parts, Provided
from api.problems import NOT_FOUND, QUESTION_INVALID, Refused, problem_responses
from api.questions.dead_letters import origins_of
from contracts.errors import BrokerUnavailable
from contracts.plans import ConnectionHealth
from runtime.settings.sections import SLUG

router = APIRouter(tags=["providers"])


@router.get("/providers", responses=problem_responses(QUESTION_INVALID), summary="The providers, and how they are")
async def get_providers(parts: Provided, caller: Reader) -> ProvidersAnswer:
    """Every provider of which the key may see connections: whether each calls back as it usually does, how attempts
    ended in the last day and in the one before, and what somebody has to look at.
    """
    connections = own_connections(caller, parts)
    known = await known_of(parts, caller, origins_of(caller, connections))
    return ProvidersAnswer(
        as_of=known.heard.at,
        providers=known.shown(connections),
        freshness=FreshnessMember.of(known.heard.freshness),
    )


@router.get(
    "/providers/{provider}/health",
    responses=problem_responses(QUESTION_INVALID, NOT_FOUND),
    summary="How one provider is",
)
async def get_provider_health(
    parts: Provided,
    caller: Reader,
    provider: Annotated[str, Path(pattern=SLUG, description="As the settings and callback addresses name it.")],
) -> ProviderHealthAnswer:
    """Likewise for one, with its open alarms, and whether sends over its connections rest just now."""
    connections = [one for one in own_connections(caller, parts) if one.provider == provider]
    if not connections:
        raise Refused(NOT_FOUND, f"The key sees no connection of a provider {provider}; GET /v1/providers has all.")
    origins = tuple(f"{one.provider}:{one.name}" for one in connections)
    ill = await _resting(parts)
    known = await known_of(parts, caller, origins, ill=ill or ())
    (shown,) = known.shown(connections)
    return ProviderHealthAnswer(
        **dict(shown),
        as_of=known.heard.at,
        is_resting_known=ill is not None,
        alarms=[AlarmShown.model_validate(row) for row in known.alarms if row["provider"] == provider],
        freshness=FreshnessMember.of(known.heard.freshness),
    )


async def _resting(parts: Parts) -> list[ConnectionHealth] | None:
    """The connections over which sends rest; null while Kafka does not say."""
    try:
        return await parts.progress.ill_connections()
    except BrokerUnavailable:
        return None
