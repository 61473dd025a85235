"""What Infobip's normaliser costs a report: a hundred in a body, beside decoding the body and copying its members.

The contender decodes with msgspec and copies each report into a dict of our names, its status by the group; it reads no
time, number or price and rejects nothing. Both run in this process, in turns, on the CPU's clock.
"""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from itertools import cycle, islice
from typing import Any

import msgspec

from bench.figures import Figure, figure
from contracts.records import RawCallback
from providers._kit.conformance import samples_of
from providers.infobip import PROVIDER

GROUP = "infobip"
REPORTS = 100
"""How many Infobip puts into a body unless it is told otherwise."""
ROUNDS, WARM_UP, CALLS = 41, 50, 10
STATUSES = {0: "accepted", 1: "queued", 2: "undelivered", 3: "delivered", 4: "expired", 5: "rejected"}


def measure() -> list[Figure]:
    body = mixed_body()
    callback = RawCallback(
        provider=PROVIDER.slug,
        connection="main",
        method="POST",
        received_at=datetime(2026, 11, 21, 10, tzinfo=UTC),
        body=body,
        hint="viber",
        content_type="application/json",
    )
    ours, bare = _in_turns(lambda: PROVIDER.normalise(callback), lambda: _bare(body))
    ratios = [one / other for one, other in zip(ours, bare, strict=True)]
    return [
        figure(GROUP, "CPU per report ÷ bare decode and mapping", ratios, goal="<= 2"),
        figure(GROUP, "ours: CPU per report", ours, unit="µs"),
        figure(GROUP, "bare: CPU per report", bare, unit="µs"),
    ]


def mixed_body() -> bytes:
    """A hundred reports with ids of their own, out of all delivery and seen reports of the samples."""
    accepted = [sample.content for sample in samples_of(PROVIDER.slug) if _is_good(sample.content)]
    reports = [report for content in accepted for report in content["body"]["results"]]
    numbered = enumerate(islice(cycle(reports), REPORTS))
    return msgspec.json.encode(
        {"results": [{**report, "messageId": f"{report['messageId']}-{number}"} for number, report in numbered]}
    )


def _is_good(content: Mapping[str, Any]) -> bool:
    facts = content["expect"]["facts"]
    is_json = isinstance(content["body"], dict) and "results" in content["body"]
    is_whole = is_json and len(facts) == len(content["body"]["results"])
    return content["kind"] in ("delivery", "seen") and bool(facts) and is_whole


def _bare(body: bytes) -> list[dict[str, Any]]:
    return [_mapped(report) for report in msgspec.json.decode(body)["results"]]


def _mapped(report: dict[str, Any]) -> dict[str, Any]:
    status, error, price = report.get("status") or {}, report.get("error") or {}, report.get("price") or {}
    return {
        "message_id": report["messageId"],
        "status": STATUSES.get(status.get("groupId", -1), "unknown"),
        "provider_code": status.get("id"),
        "description": status.get("description"),
        "error_code": error.get("id"),
        "is_permanent": error.get("permanent"),
        "channel": report.get("channel", "viber"),
        "occurred_at": report.get("doneAt") or report.get("seenAt"),
        "sent_at": report.get("sentAt"),
        "recipient": report.get("to") or report.get("destination"),
        "sender": report.get("sender"),
        "operator": report.get("mccMnc"),
        "external_id": report.get("callbackData"),
        "campaign": report.get("campaignReferenceId"),
        "price": price.get("pricePerMessage"),
        "currency": price.get("currency"),
    }


def _in_turns(*contenders: Callable[[], object]) -> list[list[float]]:
    """Microseconds of CPU for each report, by contender and round."""
    for contender in contenders:
        _calls(contender, WARM_UP)
    return [
        list(runs)
        for runs in zip(*([_calls(contender, CALLS) for contender in contenders] for _ in range(ROUNDS)), strict=True)
    ]


def _calls(contender: Callable[[], object], count: int) -> float:
    start = time.process_time()
    for _ in range(count):
        contender()
    return (time.process_time() - start) / count / REPORTS * 1e6
