"""The trust report: every route with its signals, from three questions to one state of the store."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from analytics.back_test.questions import first_id
from analytics.freshness import Freshness
from analytics.reader import Reader, Row, plain
from analytics.trust.judgement import Count, Judgement, judged
from analytics.trust.signals import (
    FAST_FLOOR_MS,
    FAST_FLOOR_SMS_MS,
    FAST_SHARE,
    FUTURE_MS,
    Signal,
    Suspicion,
)
from contracts.errors import QueryInvalid

SHARES = (
    Signal.SILENCE,
    Signal.CONTRADICTIONS,
    Signal.FAST_RECEIPTS,
    Signal.LATE_DELIVERIES,
    Signal.BILLED_NOT_DELIVERED,
    Signal.UNKNOWN_CODES,
    Signal.CLOCK_SKEW,
)
TOLD_OF = {
    Signal.FAST_RECEIPTS: ("latency_ms", "fast_below_ms"),
    Signal.CALLBACK_LATENCY: ("delay_p50_ms", "delay_p95_ms"),
    Signal.CLOCK_SKEW: ("ahead_least_ms", "ahead_most_ms"),
}
"""What else is told of a signal, in ms."""


GRAVITY = (Suspicion.TOO_FEW, Suspicion.FINE, Suspicion.WORTH_A_LOOK, Suspicion.ALARMING)


class Route(NamedTuple):
    """A way that messages take."""

    provider: str
    connection: str
    channel: str | None
    country: str | None


@dataclass(frozen=True, kw_only=True)
class TrustQuestion:
    """Attempts first heard of in [from_, to); `evidence` names the signal of which rows are wanted too."""

    from_: datetime
    to: datetime
    silent_after_s: float
    at_least: int
    accounts: tuple[str, ...] | None = None
    evidence: Signal | None = None

    def __post_init__(self) -> None:
        if self.to <= self.from_:
            raise QueryInvalid(f"to ({self.to.isoformat()}) must be after from ({self.from_.isoformat()})")

    @property
    def attempts(self) -> Mapping[str, Any]:
        """What two of the questions share; what follows an attempt is looked for as long as one may be silent."""
        return {
            "first": first_id(self.from_),
            "until": first_id(self.to),
            "beyond": first_id(self.to + timedelta(seconds=self.silent_after_s)),
            "accounts": self.accounts,
            "evidence": self.evidence and str(self.evidence),
        }

    @property
    def silences(self) -> Mapping[str, Any]:
        """As `trust_attempts.sql` wants them, but for the moment it is asked."""
        return {
            **self.attempts,
            "silent_after_s": self.silent_after_s,
            "fast_floor_ms": FAST_FLOOR_MS,
            "fast_floor_sms_ms": FAST_FLOOR_SMS_MS,
            "fast_share": FAST_SHARE,
        }


@dataclass(frozen=True)
class RouteReport:
    """One route and all signals; `evidence` is of the one that was asked for."""

    route: Route
    attempt_count: int
    judgements: Mapping[Signal, Judgement]
    details: Mapping[Signal, Mapping[str, int | None]]
    evidence: Sequence[Row]

    @property
    def suspicion(self) -> Suspicion:
        """The gravest of the signals."""
        return max((one.suspicion for one in self.judgements.values()), key=GRAVITY.index)


@dataclass(frozen=True)
class TrustReport:
    """All routes, and how fresh that is."""

    routes: list[RouteReport]
    freshness: Freshness

    def by_suspicion(self) -> list[RouteReport]:
        """The most suspicious first, of equal ones those with most attempts."""
        return sorted(self.routes, key=lambda one: (-GRAVITY.index(one.suspicion), -one.attempt_count))


async def trust(reader: Reader, question: TrustQuestion) -> TrustReport:
    """Every route that an attempt of the span took, with each signal beside the other routes of its channel."""
    (attempts, reports, replies), fresh = await reader.ask_together(
        ("trust_attempts", {**question.silences, "as_of": reader.horizon.as_of}),
        ("trust_reports", {**question.attempts, "future_ms": FUTURE_MS}),
        ("trust_replies", {"from": question.from_, "to": question.to, "accounts": question.accounts}),
    )
    rows = _joined(attempts, reports)
    written = _by_connection(replies)
    counts = {route: _counts(route, row, written[route[:2]]) for route, row in rows.items()}
    judgements = _judged(counts, question.at_least)
    return TrustReport([_report(route, row, judgements[route], question) for route, row in rows.items()], fresh)


def _route(row: Row) -> Route:
    return Route(row["provider"], row["connection"], row["channel"], row["country"])


def _joined(attempts: Iterable[Row], reports: Iterable[Row]) -> dict[Route, Row]:
    """Each route with what both questions bring; evidence is in one of them."""
    said = {_route(row): row for row in reports}
    joined = {}
    for row in attempts:
        other = said.get(_route(row), {})
        joined[_route(row)] = {**other, **row, "evidence": row["evidence"] or other.get("evidence") or []}
    return joined


def _counts(route: Route, row: Row, replies: Iterable[Row]) -> dict[Signal, Count]:
    """Of a route that only registrations tell of, nothing is known of reports."""
    counts = {signal: Count(signal, row.get(f"{signal}_n", 0), row.get(f"{signal}_hits", 0)) for signal in SHARES}
    delay_ms = row.get("delay_p95_ms")
    latency_s = None if delay_ms is None else max(0.0, delay_ms / 1000)
    counts[Signal.CALLBACK_LATENCY] = Count(
        Signal.CALLBACK_LATENCY, row.get("callback_latency_n", 0), measured=latency_s
    )
    answered = sum(reply["reply_count"] for reply in replies if _may_answer(reply, route))
    counts[Signal.ZERO_REPLIES] = Count(Signal.ZERO_REPLIES, row["zero_replies_n"], answered)
    return counts


def _by_connection(replies: Iterable[Row]) -> dict[tuple[str, str], list[Row]]:
    found: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for reply in replies:
        found[reply["provider"], reply["connection"]].append(reply)
    return found


def _may_answer(reply: Row, route: Route) -> bool:
    """A reply that does not say its channel or country may be one to this route; it must not be accused for it."""
    return reply["channel"] in {None, route.channel} and reply["country"] in {None, route.country}


def _judged(counts: Mapping[Route, Mapping[Signal, Count]], at_least: int) -> dict[Route, dict[Signal, Judgement]]:
    """Each signal of each route, beside the routes of the same channel."""
    judgements: dict[Route, dict[Signal, Judgement]] = defaultdict(dict)
    for signal in Signal:
        by_channel: dict[str | None, dict[Route, Count]] = defaultdict(dict)
        for route, signals in counts.items():
            by_channel[route.channel][route] = signals[signal]
        for routes in by_channel.values():
            for route, judgement in judged(routes, at_least=at_least).items():
                judgements[route][signal] = judgement
    return judgements


def _report(route: Route, row: Row, judgements: Mapping[Signal, Judgement], question: TrustQuestion) -> RouteReport:
    details = {signal: {name: row.get(name) for name in TOLD_OF.get(signal, ())} for signal in judgements}
    evidence = sorted(map(_proof, row["evidence"]), key=lambda one: (one["told_at"], one["attempt_id"]), reverse=True)
    if question.evidence is Signal.ZERO_REPLIES and judgements[Signal.ZERO_REPLIES].count.hits:
        evidence = []  # somebody has answered, so deliveries without an answer prove nothing
    return RouteReport(route, row["attempt_count"], judgements, details, evidence)


def _proof(told: Mapping[str, Any]) -> Row:
    """A row of evidence, as the reader has rows: what is inside a struct it leaves as it is."""
    last_word = told["last_word"] or {}
    told_of = {name: plain(value) for name, value in told.items() if name != "last_word"}
    return {**told_of, "provider_code": last_word.get("provider_code"), "cause": _cause(last_word)}


def _cause(last_word: Mapping[str, Any]) -> Row | None:
    return {name: last_word[name] for name in ("partition", "offset", "index", "items")} if last_word else None
