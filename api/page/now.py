"""The first page: what comes in, what changes, how fresh it is, and the proof that nothing is lost."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from analytics.asking.buckets import Bucket
from analytics.asking.words import Measure
from api.admission.access import Caller, signed_in
from api.answers.messages import Change
from api.endpoints.alarms import AlarmsParameters, get_alarms
from api.endpoints.ledger import balance_of_items
from api.endpoints.messages import ChangesParameters, get_changes
from api.endpoints.metrics import get_metrics
from api.page.atlas import HEALTH, NOW
from api.page.charts import Chart, Series, over_time
from api.page.frame import Frame, frame_of
from api.parts import Parts, Provided
from api.questions.measuring import MetricsParameters

Row = dict[str, Any]

router = APIRouter()

CHANGES_SHOWN = 15
ALARMS = AlarmsParameters(open=True, limit=20)
SHOWN, MINUTE = timedelta(hours=1), timedelta(minutes=1)
SUMS_EVERY_S, RATES_EVERY_S = 2.0, 10.0
"""Of all that the page shows these take longest, and say little new: only changes are asked for with every batch."""
LEAST_MINUTES = 10
"""Drawn at least, however young the installation is."""


@router.get("/")
async def show_now(request: Request, parts: Provided) -> Response:
    """Today's numbers, the newest changes, and the proof that nothing is lost."""
    if signed_in(request, parts) is None:
        return RedirectResponse("/sign-in", 303)
    frame = await frame_of(request, parts)
    return await frame.show(NOW, "now.html", lambda: _facts(frame))


async def _facts(frame: Frame) -> dict[str, Any]:
    parts, caller = frame.parts, frame.caller
    changes = await get_changes(parts, caller, ChangesParameters(limit=CHANGES_SHOWN))
    today = await frame.kept("today", lambda: parts.store.today_by_provider(caller.accounts), every_s=SUMS_EVERY_S)
    alarms = await frame.kept("alarms", lambda: get_alarms(parts, caller, ALARMS), every_s=SUMS_EVERY_S)
    ledger = None
    if caller.accounts is None:
        ledger = await frame.kept("ledger", lambda: balance_of_items(parts), every_s=SUMS_EVERY_S)
    is_empty = not (today.rows or changes.changes or (ledger and ledger["total"].received))
    return {
        "today": today,
        "changes": named(changes.changes),
        "alarms": alarms.alarms,
        "ledger": ledger,
        "fresh": changes.freshness,
        "is_empty": is_empty,
        "rates": None if is_empty else await frame.kept("rates", lambda: _rates(frame), every_s=RATES_EVERY_S),
        "now": frame.now,
        "health": HEALTH,
    } | _doors(parts, caller)


async def _rates(frame: Frame) -> Chart:
    """How many attempts were first heard of in each minute, and what came of them. Times are written in its zone."""
    measures = [Measure.SENT, Measure.DELIVERED]
    asked = MetricsParameters.model_validate(
        {"measure": measures, "bucket": Bucket.MINUTE, "from": frame.now - SHOWN, "fill": "zero"}
    )
    answer = await get_metrics(frame.parts, frame.caller, asked)
    # The minute that is not over would look like a fall.
    rows = _begun([row for row in answer.rows if row["bucket_at"] <= frame.now - MINUTE])
    lines = [Series(one.value, one.value, [row.get(one.value) for row in rows]) for one in measures]
    return over_time("Attempts by minute, in the last hour", [row["bucket_at"] for row in rows], lines)


def _begun(rows: Sequence[Row]) -> Sequence[Row]:
    """From the first in which something was sent: a line that is flat but for its end tells nothing."""
    first = next((index for index, row in enumerate(rows) if row["sent"]), 0)
    return rows[max(min(first, len(rows) - LEAST_MINUTES), 0) :]


def _doors(parts: Parts, caller: Caller) -> dict[str, Any]:
    """Where providers are to send their callbacks."""
    ingest = parts.settings.ingest
    return {
        "callbacks_url": ingest.public_base_url or f"http://{ingest.host}:{ingest.port}",
        "connections": [one for one in parts.settings.connections if caller.may_see(one.account)],
    }


def named(changes: Iterable[Change]) -> dict[str, Change]:
    """By names that stay the same while newer ones come: of one attempt several may come in one callback."""
    seen: Counter[str] = Counter()
    found = {}
    for change in reversed(list(changes)):
        name = f"{change.attempt_id}-{change.received_at.timestamp():.3f}"
        seen[name] += 1
        found[f"{name}-{seen[name]}"] = change
    return dict(reversed(found.items()))
