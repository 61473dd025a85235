"""The second, local port: health, readiness, metrics and docs. Providers never see it."""

from collections.abc import Callable

from fastapi import FastAPI, Response

from ingest.health import Health
from runtime.metrics import exposition


def make_admin(health: Callable[[], Health], before_metrics: Callable[[], None]) -> FastAPI:
    """The application."""
    admin = FastAPI(title="Tidings ingest", summary="How the callback port is doing.")

    @admin.get("/healthz", summary="Whether the process lives", tags=["health"])
    async def healthz() -> dict[str, str]:
        """An unreachable broker does not make it ill: a restart would not help."""
        return {"status": "alive"}

    @admin.get("/readyz", summary="Whether callbacks can be made durable now", tags=["health"])
    async def readyz(response: Response) -> Health:
        """503 until they can, with the reason. While Kafka is away the spool makes them durable."""
        found = health()
        response.status_code = 200 if found.is_ready else 503
        return found

    @admin.get("/metrics", summary="Metrics for Prometheus", tags=["metrics"])
    async def metrics() -> Response:
        """The exposition format."""
        before_metrics()
        page, content_type = exposition()
        return Response(page, headers={"content-type": content_type})

    return admin
