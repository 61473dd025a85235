"""Is everything well: the process, the stages and what waits before them, the proofs, the alarms."""

from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from api.endpoints.alarms import AlarmsParameters, get_alarms
from api.endpoints.health import get_readiness
from api.endpoints.installation import get_installation
from api.endpoints.ledger import get_conservation, get_freshness, get_parked
from api.page.atlas import HEALTH
from api.page.frame import Frame, Framed

router = APIRouter()

ALARMS_SHOWN = 50
LEDGER_EVERY_S = 2.0
"""For the sum of what is missing more is read than for all the rest."""


@router.get("/health")
async def show_health(frame: Framed) -> Response:
    """What waits where, and what somebody ought to look at."""
    return await frame.show(HEALTH, "health.html", lambda: _facts(frame))


async def _facts(frame: Frame) -> dict[str, Any]:
    parts, caller = frame.parts, frame.caller
    ledger = None
    if caller.accounts is None:
        ledger = await frame.kept("conservation", lambda: get_conservation(parts, caller), every_s=LEDGER_EVERY_S)
    return {
        "ready": await get_readiness(parts, Response()),
        "fresh": await get_freshness(parts, caller),
        "whole": await get_installation(parts, caller) if caller.accounts is None else None,
        "parked": await get_parked(parts, caller),
        "ledger": ledger,
        "alarms": (await get_alarms(parts, caller, AlarmsParameters(limit=ALARMS_SHOWN))).alarms,
    }
