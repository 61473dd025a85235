"""Providers side by side: how much arrives, how soon, for how much, and whom one can believe."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from analytics.asking.buckets import Bucket, start_of
from analytics.asking.words import Dimension, Measure
from analytics.reports.question import LEAST_SAMPLES
from api.answers.trust import TrustAnswer
from api.endpoints.metrics import get_metrics
from api.endpoints.reports import get_cost_report, get_providers_report
from api.endpoints.trust import get_trust
from api.page.atlas import CARGO, PROVIDERS
from api.page.charts import AMOUNTS, SHARES, TIMES, Chart, Series, looks, over_time
from api.page.frame import Frame, Framed
from api.questions.measuring import MetricsParameters
from api.questions.reporting import CostParameters, ReportParameters
from api.questions.trusting import TrustParameters

Row = dict[str, Any]

router = APIRouter()

EVIDENCE = "evidence"
"""The signal of which the messages behind it are shown."""
UNKNOWN_TO_TRUST = (*CARGO, "account")
ROUTES_SHOWN = 50
SLOW_EVERY_S = 10.0
"""Of all that the page shows charts and trust take longest, and change least."""
BUCKETS = (
    (timedelta(minutes=30), Bucket.MINUTE),
    (timedelta(hours=2), Bucket.FIVE_MINUTES),
    (timedelta(hours=6), Bucket.QUARTER_HOUR),
    (timedelta(days=3), Bucket.HOUR),
)
"""The longest span that is drawn in each, so that a line has some dozens of places; longer ones are drawn in days."""
LEAST_DRAWN = timedelta(minutes=10)
"""However young the installation is."""


@router.get("/providers")
async def show_providers(frame: Framed) -> Response:
    """Side by side over the same countries, channels and hours."""
    return await frame.show(PROVIDERS, "providers.html", lambda: _facts(frame))


async def _facts(frame: Frame) -> dict[str, Any]:
    parts, caller = frame.parts, frame.caller
    compared = await get_providers_report(parts, caller, frame.asked(ReportParameters, without=[EVIDENCE]))
    cost_asked = frame.asked(CostParameters, without=[EVIDENCE], group_by=[Dimension.PROVIDER])
    return {
        "compared": compared,
        "costs": await get_cost_report(parts, caller, cost_asked),
        "charts": await frame.kept("charts", lambda: _charts(frame), every_s=SLOW_EVERY_S),
        "trust": await frame.kept("trust", lambda: _trust(frame), every_s=SLOW_EVERY_S),
        "routes_shown": ROUTES_SHOWN,
        "least_samples": LEAST_SAMPLES,
    }


async def _trust(frame: Frame) -> TrustAnswer | None:
    """Null where the filters are such as routes do not have."""
    if set(UNKNOWN_TO_TRUST) & set(frame.members):
        return None
    return await get_trust(frame.parts, frame.caller, frame.asked(TrustParameters))


async def _charts(frame: Frame) -> list[Chart]:
    """Of the providers that carried most, one line each, from when something was sent first."""
    begin, end = frame.span()["from"], frame.span()["to"] or frame.now
    bucket = _bucket(begin, end)
    rows = await _rows(frame, bucket)
    first = min((row["bucket_at"] for row in rows if row["sent"]), default=None)
    if first is not None and begin is not None:
        drawn_from = max(begin, min(first, end - LEAST_DRAWN))
        if (finer := _bucket(drawn_from, end)) != bucket:
            bucket, rows = finer, await _rows(frame, finer, **{"from": drawn_from})
    # The place that is not over would look like a fall: much of what was sent in it has not arrived yet.
    unended = start_of(bucket, min(end, frame.now), frame.zone)
    rows = [row for row in rows if row["bucket_at"] < unended] or rows
    moments = sorted({row["bucket_at"] for row in rows})
    return [
        over_time("Delivery rate, delivered of sent", moments, _lines(rows, "delivery_rate"), SHARES),
        over_time("Time within which 95 % were delivered", moments, _lines(rows, "latency_p95"), TIMES),
        *_costs(rows, moments),
    ]


def _costs(rows: Sequence[Row], moments: Sequence[datetime]) -> Iterator[Chart]:
    """In the currency in which most was paid; none where nobody told a price. The table has all currencies."""
    told = Counter(currency for row in rows for currency in row["cost_per_delivered"])
    for currency, _ in told.most_common(1):
        drawn = [row | {currency: _point(row["cost_per_delivered"].get(currency))} for row in rows]
        yield over_time(f"Cost per delivered, {currency}", moments, _lines(drawn, currency), AMOUNTS)


def _point(amount: Decimal | None) -> float | None:
    """Money as a height; what is written of it is rounded anyway."""
    return None if amount is None else float(amount)


async def _rows(frame: Frame, bucket: Bucket, **span: datetime) -> list[Row]:
    asked = frame.asked(
        MetricsParameters,
        without=[EVIDENCE],
        measure=[Measure.SENT, Measure.DELIVERY_RATE, Measure.LATENCY_P95, Measure.COST_PER_DELIVERED],
        group_by=[Dimension.PROVIDER],
        bucket=bucket,
        time_zone=frame.zone.key,
        fill="zero",
        **span,
    )
    return list((await get_metrics(frame.parts, frame.caller, asked)).rows)


def _lines(rows: Sequence[Row], measure: str) -> list[Series]:
    carried: dict[str, list[Row]] = {}
    for row in rows:
        carried.setdefault(str(row["provider"]), []).append(row)
    most = sorted(carried, key=lambda name: -sum(row["sent"] or 0 for row in carried[name]))
    chosen = sorted(most[: len(looks(len(most)))])
    return [
        Series(name, look, [row[measure] for row in carried[name]])
        for name, look in zip(chosen, looks(len(chosen)), strict=True)
    ]


def _bucket(begin: datetime | None, end: datetime) -> Bucket:
    fitting = (bucket for longest, bucket in BUCKETS if begin is not None and end - begin <= longest)
    return next(fitting, Bucket.DAY)
