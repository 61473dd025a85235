"""What two readings say together: rates of what is counted, and how everything stands at the second."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from streams.topology import STAGES
from tidings.samples import Samples
from tidings.top.reading import Reading

Json = dict[str, Any]

BALANCE = ("received", "applied", "repeated", "outranked", "parked", "quarantined", "in_flight", "unexplained")


@dataclass(frozen=True)
class Span:
    """Two moments of what was counted."""

    before: Samples
    now: Samples
    seconds: float

    def per_s(self, name: str, **labels: str) -> float:
        """How often a second. A process that was started anew counts from 0, and then nothing can be said: 0."""
        if self.seconds <= 0:
            return 0.0
        return round(max(0.0, self.now.total(name, **labels) - self.before.total(name, **labels)) / self.seconds, 2)

    def mean(self, name: str, **labels: str) -> float | None:
        """The mean of what a histogram saw in between, in ms; null when it saw nothing."""
        count = self._grown(f"{name}_count", **labels)
        return round(1000 * self._grown(f"{name}_sum", **labels) / count, 2) if count > 0 else None

    def within(self, name: str, share: float) -> float | None:
        """The limit of the bucket below which that share lies, in ms; null when nothing was seen, or it is beyond."""
        limits = sorted({float(labels["le"]) for labels, _ in self.now.values.get(f"{name}_bucket", ())})
        spelt = {float(labels["le"]): labels["le"] for labels, _ in self.now.values.get(f"{name}_bucket", ())}
        counts = {limit: self._grown(f"{name}_bucket", le=spelt[limit]) for limit in limits}
        total = max(counts.values(), default=0.0)
        found = next((limit for limit in limits if total > 0 and counts[limit] >= share * total), None)
        return None if found in {None, float("inf")} else round(1000 * float(found or 0), 1)

    def _grown(self, name: str, **labels: str) -> float:
        return self.now.total(name, **labels) - self.before.total(name, **labels)


def figures(before: Reading, now: Reading) -> Json:
    """Everything that is shown, as JSON; null is what is not known, which is never the same as 0."""
    span = Span(before.samples, now.samples, now.at_s - before.at_s)
    # Between a reading with a process and one without it there are no rates of it either.
    heard = {door: before.hears(door) and now.hears(door) for door in ("ingest", "streams", "api")}
    return {
        "at": now.at.isoformat(timespec="milliseconds"),
        "interval_s": round(span.seconds, 2),
        "processes": [
            {"name": door.name, "is_ready": door.is_ready, "reason": door.trouble or door.reason} for door in now.doors
        ],
        "callbacks": _callbacks(span) if heard["ingest"] else None,
        "spool": _spool(now.samples) if heard["ingest"] else None,
        "stages": [_stage(stage.name, span, now.lags, is_heard=heard["streams"]) for stage in STAGES],
        "sends": _sends(span, now.lags),
        "store": _store(span, now) if heard["api"] else None,
        "account": _account(now) if heard["api"] else None,
        "alarms": _alarms(now),
        "notes": list(now.notes),
    }


def _callbacks(span: Span) -> Json:
    taken = span.per_s("tidings_callbacks_total", status="200")
    return {
        "taken_per_s": taken,
        "refused_per_s": round(max(0.0, span.per_s("tidings_callbacks_total") - taken), 2),
        "waiting": int(span.now.total("tidings_callbacks_waiting")),
        "p99_within_ms": span.within("tidings_callback_seconds", 0.99),
    }


def _spool(seen: Samples) -> Json:
    return {
        "records": int(seen.total("tidings_spool_records")),
        "bytes": int(seen.most("tidings_spool_bytes")),
        "oldest_s": seen.most("tidings_spool_oldest_seconds"),
    }


def _stage(name: str, span: Span, lags: Mapping[str, int], *, is_heard: bool) -> Json:
    told = {"stage": name, "lag_records": lags.get(name)}
    return told | (_counted(name, span) if is_heard else dict.fromkeys(_counted(name, span)))


def _counted(name: str, span: Span) -> Json:
    return {
        "read_per_s": span.per_s("tidings_stage_records_total", stage=name),
        "written_per_s": span.per_s("tidings_stage_outputs_total", stage=name),
        "batch_ms": span.mean("tidings_stage_batch_seconds", stage=name),
        "keys": int(span.now.total("tidings_stage_keys", stage=name)),
        "waiting": int(span.now.total("tidings_stage_waiting", stage=name)),
        "oldest_wait_s": span.now.most("tidings_stage_oldest_wait_seconds", stage=name),
    }


def _sends(span: Span, lags: Mapping[str, int]) -> Json:
    seen = span.now.values.get("tidings_sends_waiting", ())
    places = sorted({(labels["provider"], labels["connection"]) for labels, _ in seen})
    return {"lag_records": lags.get("dispatch"), "connections": [_connection(span, *place) for place in places]}


def _connection(span: Span, provider: str, connection: str) -> Json:
    whose = {"provider": provider, "connection": connection}
    accepted = span.per_s("tidings_sends_total", outcome="accepted", **whose)
    return {
        **whose,
        "accepted_per_s": accepted,
        "other_per_s": round(max(0.0, span.per_s("tidings_sends_total", **whose) - accepted), 2),
        "waiting": int(span.now.total("tidings_sends_waiting", **whose)),
        "in_doubt": int(span.now.total("tidings_send_doubts", **whose)),
        "is_resting": bool(span.now.most("tidings_connection_ill", **whose)),
    }


def _store(span: Span, now: Reading) -> Json:
    freshness = now.answers.get("freshness", {}).get("freshness", {})
    made_at = now.samples.most("tidings_store_snapshot_timestamp_seconds")
    return {
        "rows_per_s": span.per_s("tidings_sink_rows_total"),
        "lag_records": int(now.samples.total("tidings_sink_lag_records")),
        "commit_ms": span.mean("tidings_sink_commit_seconds"),
        "as_of": freshness.get("as_of"),
        "lag_s": freshness.get("lag_s"),
        "snapshot_age_s": round(now.at.timestamp() - made_at) if made_at else None,
    }


def _account(now: Reading) -> Json:
    answer = now.answers.get("conservation")
    if answer is None:
        unexplained = int(now.samples.most("tidings_unexplained_items"))
        return {**dict.fromkeys(BALANCE), "unexplained": unexplained, "is_balanced": not unexplained}
    return {**{name: answer["total"][name] for name in BALANCE}, "is_balanced": answer["is_balanced"]}


def _alarms(now: Reading) -> list[Json]:
    """With their words when the API tells them, else by their names alone."""
    members = ("kind", "provider", "connection", "channel")
    if (answer := now.answers.get("alarms")) is not None:
        return [{name: one.get(name) for name in (*members, "raised_at", "detail")} for one in answer["alarms"]]
    found = now.samples.labelled("tidings_alarm", 1)
    return [{**{name: one.get(name) or None for name in members}, "raised_at": None, "detail": None} for one in found]
