"""The second, local port: health, readiness, metrics and docs. Providers never see it."""

from collections.abc import Callable

from fastapi import FastAPI, Response
from pydantic import BaseModel

from runtime.metrics import exposition


class Health(BaseModel):
    """How the process is."""

    is_ready: bool
    reason: str = ""
    """Why it is not ready."""


def make_admin(reason_unready: Callable[[], str], before_metrics: Callable[[], None]) -> FastAPI:
    """The application; `reason_unready` is empty while callbacks can be taken."""
    admin = FastAPI(title="Tidings ingest", summary="How the callback port is doing.")

    @admin.get("/healthz", summary="Whether the process lives", tags=["health"])
    async def healthz() -> dict[str, str]:
        """An unreachable broker does not make it ill: a restart would not help."""
        return {"status": "alive"}

    @admin.get("/readyz", summary="Whether callbacks can be made durable now", tags=["health"])
    async def readyz(response: Response) -> Health:
        """503 until they can, with the reason."""
        reason = reason_unready()
        response.status_code = 503 if reason else 200
        return Health(is_ready=not reason, reason=reason)

    @admin.get("/metrics", summary="Metrics for Prometheus", tags=["metrics"])
    async def metrics() -> Response:
        """The exposition format."""
        before_metrics()
        page, content_type = exposition()
        return Response(page, headers={"content-type": content_type})

    return admin
