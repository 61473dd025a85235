"""For what watches the process: is it well, is it ready, what does it count."""

from fastapi import APIRouter, Response

from api.answers.base import HealthAnswer
from api.parts import Provided
from runtime.metrics import exposition

router = APIRouter(tags=["health"])


@router.get("/healthz", summary="Whether the process is well", responses={503: {"model": HealthAnswer}})
async def get_health(parts: Provided, response: Response) -> HealthAnswer:
    """200 while the store makes progress; 503 when this process should be ended and started again."""
    health = parts.store.health()
    response.status_code = 200 if health.is_alive else 503
    return HealthAnswer(is_ok=health.is_alive, reason=health.reason)


@router.get("/readyz", summary="Whether answers can be trusted now", responses={503: {"model": HealthAnswer}})
async def get_readiness(parts: Provided, response: Response) -> HealthAnswer:
    """200 when the store answers and Kafka takes registrations; 503 while one of them is away."""
    health = parts.store.health()
    is_ready = health.is_ready and parts.registrar.is_ready
    response.status_code = 200 if is_ready else 503
    reason = health.reason if is_ready or not health.is_ready else "Kafka has not been reached to write registrations"
    return HealthAnswer(is_ok=is_ready, reason=reason)


@router.get("/metrics", summary="Metrics for Prometheus", response_class=Response)
async def get_process_metrics() -> Response:
    """The text format that Prometheus reads."""
    page, content_type = exposition()
    return Response(page, media_type=content_type)
