"""Providers side by side: how much arrives, how soon, for how much, and whom one can believe."""

from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from analytics.buckets import Bucket
from analytics.words import Dimension, Measure
from api.answers.trust import TrustAnswer
from api.endpoints.metrics import get_metrics
from api.endpoints.reports import get_cost_report, get_providers_report
from api.endpoints.trust import get_trust
from api.measuring import MetricsParameters
from api.page.atlas import CARGO, PROVIDERS
from api.page.charts import Chart, Series, looks, over_time
from api.page.frame import Frame, Framed
from api.page.view import duration, percent
from api.reporting import GroupedParameters, ReportParameters
from api.trusting import TrustParameters

router = APIRouter()

EVIDENCE = "evidence"
"""The signal of which the messages behind it are shown."""
UNKNOWN_TO_TRUST = (*CARGO, "account")
ROUTES_SHOWN = 50
DAYS_BY_THE_HOUR = 3


@router.get("/providers")
async def show_providers(frame: Framed) -> Response:
    """Side by side over the same countries, channels and hours."""
    return await frame.show(PROVIDERS, "providers.html", lambda: _facts(frame))


async def _facts(frame: Frame) -> dict[str, Any]:
    parts, caller = frame.parts, frame.caller
    compared = await get_providers_report(parts, caller, frame.asked(ReportParameters, without=[EVIDENCE]))
    cost_asked = frame.asked(GroupedParameters, without=[EVIDENCE], group_by=[Dimension.PROVIDER])
    return {
        "compared": compared,
        "costs": await get_cost_report(parts, caller, cost_asked),
        "charts": await _charts(frame),
        "trust": await _trust(frame),
        "routes_shown": ROUTES_SHOWN,
    }


async def _trust(frame: Frame) -> TrustAnswer | None:
    """Null where the filters are such as routes do not have."""
    if set(UNKNOWN_TO_TRUST) & set(frame.members):
        return None
    return await get_trust(frame.parts, frame.caller, frame.asked(TrustParameters))


async def _charts(frame: Frame) -> list[Chart]:
    """Of the providers that carried most, one line each."""
    asked = frame.asked(
        MetricsParameters,
        without=[EVIDENCE],
        measure=[Measure.SENT, Measure.DELIVERY_RATE, Measure.LATENCY_P95],
        group_by=[Dimension.PROVIDER],
        bucket=_bucket(frame),
        time_zone=frame.zone.key,
        fill="zero",
    )
    rows = (await get_metrics(frame.parts, frame.caller, asked)).rows
    moments = sorted({row["bucket_at"] for row in rows})
    return [
        over_time("Delivery rate", moments, _lines(rows, "delivery_rate"), percent),
        over_time("95 % within", moments, _lines(rows, "latency_p95"), duration),
    ]


def _lines(rows: list[dict[str, Any]], measure: str) -> list[Series]:
    carried: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        carried.setdefault(str(row["provider"]), []).append(row)
    most = sorted(carried, key=lambda name: -sum(row["sent"] or 0 for row in carried[name]))
    chosen = sorted(most[: len(looks(len(most)))])
    return [
        Series(name, look, [row[measure] for row in carried[name]])
        for name, look in zip(chosen, looks(len(chosen)), strict=True)
    ]


def _bucket(frame: Frame) -> Bucket:
    """Such that a line has some dozens of places."""
    if frame.period == "1h":
        return Bucket.FIVE_MINUTES
    if frame.period == "6h":
        return Bucket.QUARTER_HOUR
    span = frame.span()
    begin, end = span["from"], span["to"] or frame.now
    is_short = begin is not None and (end - begin).days <= DAYS_BY_THE_HOUR
    return Bucket.HOUR if is_short else Bucket.DAY
