"""The trust report: every route with its signals, from three questions to one state of the store."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeVar

from analytics.asking.buckets import first_id
from analytics.asking.reader import Ask, Asked, Reader, Row
from analytics.freshness import Freshness
from analytics.measures.folds import Fold, Reached, reached
from analytics.trust.judgement import Count, Judgement, judged
from analytics.trust.signals import (
    FAST_FLOOR_MS,
    FAST_FLOOR_SMS_MS,
    FAST_SHARE,
    FUTURE_MS,
    Signal,
    Suspicion,
)
from analytics.trust.span import Span
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
FAST: Mapping[str, Any] = {
    "fast_floor_ms": FAST_FLOOR_MS,
    "fast_floor_sms_ms": FAST_FLOOR_SMS_MS,
    "fast_share": FAST_SHARE,
}
OF_REPORTS = frozenset({Signal.UNKNOWN_CODES, Signal.CALLBACK_LATENCY, Signal.CLOCK_SKEW})
K = TypeVar("K", bound=Hashable)
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

    def counts(self, as_of: datetime | None, *, folded: int, newest: int) -> Asked:
        """The question for all but the answers and what was late; silence is judged as of `as_of`."""
        silent_after = timedelta(seconds=self.silent_after_s)
        span = Span.of(self.from_, self.to, silent_after=silent_after, as_of=as_of)
        asked = {**span.parameters(), **FAST, "accounts": self.accounts}
        if span.is_kept and newest <= folded:
            return "trust_counts_kept", asked
        return "trust_counts", {**asked, **span.bounds(), "future_ms": FUTURE_MS, "folded": folded, "newest": newest}

    def late(self, reached: Reached) -> Asked:
        """The question for what arrived behind another attempt; it is looked for as long as one may be silent."""
        if reached.is_far_behind:
            return "trust_late", self._attempts()
        return "trust_late_kept", {**self._attempts(), **reached.rest}

    def replies(self) -> Asked:
        return "trust_replies", {"from": self.from_, "to": self.to, "accounts": self.accounts}

    def proofs(self, as_of: datetime | None) -> list[Asked]:
        """The question for evidence, when that is wanted."""
        if self.evidence is None:
            return []
        wanted = {**self._attempts(), "evidence": str(self.evidence)}
        if self.evidence in OF_REPORTS:
            return [("trust_reports_evidence", {**wanted, "future_ms": FUTURE_MS})]
        return [("trust_attempts_evidence", {**wanted, **FAST, "as_of": as_of, "silent_after_s": self.silent_after_s})]

    def _attempts(self) -> Mapping[str, Any]:
        return {
            "first": first_id(self.from_),
            "until": first_id(self.to),
            "beyond": first_id(self.to + timedelta(seconds=self.silent_after_s)),
            "accounts": self.accounts,
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
    as_of = reader.horizon.as_of

    def look(ask: Ask) -> tuple[list[Row], list[Row], list[Row]]:
        late = {_route(row): row for row in ask(*question.late(reached(ask, Fold.FOLLOWED)))}
        known = reached(ask, Fold.TRUST)
        counted = ask(*question.counts(as_of, folded=known.folded, newest=known.newest))
        rows = [row | late.get(_route(row), {}) for row in counted]
        proofs = [row for asked in question.proofs(as_of) for row in ask(*asked)]
        return rows, ask(*question.replies()), proofs

    (routes, replies, evidence), fresh = await reader.look(look, is_lookup=False)
    rows = {_route(row): row for row in routes}
    proofs = _by(_route, evidence)
    written = _by(lambda row: _route(row)[:2], replies)
    judgements = _judged({route: _counts(route, row, written[route[:2]]) for route, row in rows.items()}, question)
    return TrustReport(
        [
            _report(
                route,
                row,
                judgements=judgements[route],
                proofs=proofs[route] if _proves(question.evidence, judgements[route]) else [],
            )
            for route, row in rows.items()
        ],
        fresh,
    )


def _route(row: Row) -> Route:
    return Route(row["provider"], row["connection"], row["channel"], row["country"])


def _by(key: Callable[[Row], K], rows: Iterable[Row]) -> dict[K, list[Row]]:
    found: dict[K, list[Row]] = defaultdict(list)
    for row in rows:
        found[key(row)].append(row)
    return found


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


def _may_answer(reply: Row, route: Route) -> bool:
    """What one of both does not say of channel or country may be the same; a route must not be accused for that."""
    places = ((reply["channel"], route.channel), (reply["country"], route.country))
    return all(None in place or place[0] == place[1] for place in places)


def _judged(
    counts: Mapping[Route, Mapping[Signal, Count]], question: TrustQuestion
) -> dict[Route, dict[Signal, Judgement]]:
    """Each signal of each route, beside the routes of the same channel."""
    judgements: dict[Route, dict[Signal, Judgement]] = defaultdict(dict)
    for signal in Signal:
        by_channel: dict[str | None, dict[Route, Count]] = defaultdict(dict)
        for route, signals in counts.items():
            by_channel[route.channel][route] = signals[signal]
        for routes in by_channel.values():
            for route, judgement in judged(routes, at_least=question.at_least).items():
                judgements[route][signal] = judgement
    return judgements


def _report(route: Route, row: Row, *, judgements: Mapping[Signal, Judgement], proofs: Sequence[Row]) -> RouteReport:
    details = {signal: {name: row.get(name) for name in TOLD_OF.get(signal, ())} for signal in judgements}
    return RouteReport(route, row["attempt_count"], judgements, details, proofs)


def _proves(signal: Signal | None, judgements: Mapping[Signal, Judgement]) -> bool:
    """Where somebody has answered, deliveries without an answer prove nothing."""
    return signal is not Signal.ZERO_REPLIES or not judgements[signal].count.hits
