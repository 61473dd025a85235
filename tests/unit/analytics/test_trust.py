"""The trust report: the one who lies is accused, the honest one is not, and every number is what a recount brings."""

from collections import defaultdict
from contextlib import closing
from copy import deepcopy
from datetime import timedelta
from math import ceil, log
from random import Random
from statistics import median, median_low

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.asking.reader import Reader
from analytics.freshness import Horizon, Skyline
from analytics.sink.columns import hasher
from analytics.sink.writer import Writer
from analytics.store.database import Database
from analytics.trust.judgement import Count, judged
from analytics.trust.report import Route, TrustQuestion, trust
from analytics.trust.signals import BOUNDS, Signal, Suspicion
from analytics.upkeep.upkeep import Upkeep
from contracts.status import BAD_ENDS, DeliveryStatus
from contracts.vocabulary import Channel
from providers._kit.script import Step
from runtime.clock import FixedClock
from runtime.settings import StoreSettings
from tests.support.empty_store import new_store
from tests.support.store_line import T0, Line, at
from tidings.simulation.faults import Faults, silence, told

SILENT_AFTER_S = 3600
MESSAGES = 200
HONEST, LIAR, AHEAD = "infobip", "routee", "telesign"
EVIDENCE_LIMIT = 20
"""As the questions say it."""
AHEAD_S = 5
SAYABLE = frozenset({DeliveryStatus.DELIVERED, DeliveryStatus.UNDELIVERED, DeliveryStatus.EXPIRED})
LYING = Faults(lie=0.6, contradict=0.3)
NO_FAULTS = Faults()
FINE, LOOK, ALARMING, TOO_FEW = Suspicion.FINE, Suspicion.WORTH_A_LOOK, Suspicion.ALARMING, Suspicion.TOO_FEW


def question(**members) -> TrustQuestion:
    given = {"from_": T0, "to": at(7200), "silent_after_s": SILENT_AFTER_S, "at_least": 50}
    return TrustQuestion(**given | members)


def life(chance: Random, begins_s: float, *, is_liar: bool) -> list[Step]:
    """What becomes of a message, in truth; and when the liar says that it arrived."""
    is_hasty = is_liar and chance.random() < 0.3
    sent_s = begins_s + (0.01 if is_hasty else chance.uniform(0.5, 1.5))
    ends_s = sent_s + (0.02 if is_hasty else chance.lognormvariate(2, 0.4))
    end = DeliveryStatus.UNDELIVERED if chance.random() < 0.15 else DeliveryStatus.DELIVERED
    return [
        Step(status, at(moment), Channel.SMS)
        for status, moment in ((DeliveryStatus.ACCEPTED, begins_s), (DeliveryStatus.SENT, sent_s), (end, ends_s))
    ]


def play(line: Line, provider: str, *, seed: int) -> None:
    """The messages of one provider, each registered; the liar's with all that makes it one."""
    chance, is_liar = Random(seed), provider == LIAR
    for number in range(MESSAGES):
        of, begins_s = f"{provider}-{number}", number * 5.0
        place = {"provider": provider, "channel": Channel.SMS, "country": "GB"}
        message_id = f"019aa5a1-0000-7000-8000-{seed:04x}{number:08x}"
        line.register(of=of, at_s=begins_s, sent_at=at(begins_s), message_id=message_id, **place)
        steps = life(chance, begins_s, is_liar=is_liar)
        steps, _ = told(steps, LYING if is_liar else NO_FAULTS, SAYABLE, chance)
        if is_liar and chance.random() < 0.3:
            steps = silence(steps, chance)
        tell(line, steps, chance, is_liar=is_liar, of=of, **place)


def tell(line: Line, steps, chance: Random, *, is_liar: bool, **members) -> None:
    ahead_s = AHEAD_S if members["provider"] == AHEAD else 0
    for step in steps:
        delay_s = chance.uniform(0.1, 900 if is_liar and chance.random() < 0.2 else 2)
        code = "unheard-of" if is_liar and chance.random() < 0.1 else None
        line.report(
            "unknown" if code else str(step.status),
            at_s=(step.at - T0).total_seconds() + delay_s,
            occurred_at=step.at + timedelta(seconds=ahead_s),
            price=0.03,
            currency="EUR",
            **({"provider_code": code, "is_known_code": False} if code else {}),
            **members,
        )


def store(database: Database, line: Line, *, is_folded: bool) -> None:
    upkeep = Upkeep(database.cursor(), Skyline())
    with closing(Writer(database.cursor(), hasher(b"a key for tests"), upkeep, seen_days=3)) as writer:
        writer.write(writer.prepare(writer.resume(), line.fetch()))
        if is_folded:
            upkeep.tidy(1)


def reader_of(database: Database) -> Reader:
    """Two hours after the beginning, when all is known."""
    return Reader(database, Skyline(Horizon(as_of=at(7200))), FixedClock(at(7200)), threads=1, limit_s=10)


@pytest.fixture(scope="module")
def played() -> Line:
    """An honest provider, a liar, and one whose clock is wrong, on the same channel to the same country."""
    line = Line()
    for seed, provider in enumerate((HONEST, LIAR, AHEAD)):
        play(line, provider, seed=seed)
    return line


@pytest.fixture(scope="module", params=[False, True], ids=["from the facts", "as it is kept"])
def told_reader(request, played, tmp_path_factory):
    database = Database(new_store(tmp_path_factory.mktemp("trust") / "test.duckdb"), StoreSettings())
    database.open()
    store(database, deepcopy(played), is_folded=request.param)  # a line is read once
    reader = reader_of(database)
    yield reader
    reader.close()
    database.close()


IS_TRUE = {
    Signal.SILENCE: lambda row: not DeliveryStatus(row["status"]).is_final,
    Signal.CONTRADICTIONS: lambda row: row["cause_offset"] >= 0,
    Signal.FAST_RECEIPTS: lambda row: row["latency_ms"] < 400,
    Signal.BILLED_NOT_DELIVERED: lambda row: row["price"] > 0 and not DeliveryStatus(row["status"]).is_success,
    Signal.UNKNOWN_CODES: lambda row: (row["status"], row["provider_code"]) == ("unknown", "unheard-of"),
    Signal.CALLBACK_LATENCY: lambda row: row["delay_ms"] > 2000,
    Signal.CLOCK_SKEW: lambda row: row["delay_ms"] < -2000,
    Signal.ZERO_REPLIES: lambda row: DeliveryStatus(row["status"]).is_success,
}


def middle_of(ms: int) -> int:
    """Of the place in the histogram that is 4 % wide; below a second each has its own."""
    return ms if ms < 1000 else round(2 * 1.04 ** ceil(log(ms) / log(1.04)) / 2.04)


def usual(latencies: list[int]) -> int:
    return middle_of(median_low(latencies))


class Recount:
    """The same numbers from what track said, record by record; no store and no SQL."""

    def __init__(self, line: Line, provider: str) -> None:
        self.attempts = defaultdict(list)
        for update in line.told:
            of = update.report or update.registration
            if of.provider == provider:
                self.attempts[update.attempt_id].append(update)
        self.reports = [update.report for updates in self.attempts.values() for update in updates if update.report]

    def heard(self, update):
        return update.report.received_at if update.report else update.registration.registered_at

    def ended(self, updates):
        return [self.heard(one) for one in updates if one.status.is_final]

    def began(self, updates):
        return min(self.heard(one) for one in updates)

    def silence(self):
        later = timedelta(seconds=SILENT_AFTER_S)
        old = [one for one in self.attempts.values() if self.began(one) + later <= at(7200)]
        return len(old), sum(not any(end <= self.began(one) + later for end in self.ended(one)) for one in old)

    def contradictions(self):
        ended = [one for one in self.attempts.values() if self.ended(one)]
        said = [{update.report.status for update in one if update.report} for one in ended]
        success = {DeliveryStatus.DELIVERED, DeliveryStatus.SEEN}
        return len(ended), sum(len(one & BAD_ENDS) > 1 or bool(one & BAD_ENDS and one & success) for one in said)

    def latencies(self):
        return [one.latency_ms for updates in self.attempts.values() for one in updates if one.latency_ms is not None]

    def fast_receipts(self, medians):
        below = min(1000, 0.05 * max(usual(self.latencies()), median(medians)))
        return len(self.latencies()), sum(one < below for one in self.latencies())

    def billed_not_delivered(self):
        later = timedelta(seconds=SILENT_AFTER_S)
        billed = [
            one
            for one in self.attempts.values()
            if any(update.report and update.report.price for update in one)
            and (self.ended(one) or self.began(one) + later <= at(7200))
        ]
        return len(billed), sum(not any(update.status.is_success for update in one) for one in billed)

    def unknown_codes(self):
        return len(self.reports), sum(not one.is_known_code for one in self.reports)

    def delays_ms(self):
        return sorted(int((one.received_at - one.occurred_at) / timedelta(milliseconds=1)) for one in self.reports)

    def clock_skew(self):
        return len(self.delays_ms()), sum(one < -2000 for one in self.delays_ms())


async def by_provider(reader, **members):
    report = await trust(reader, question(**members))
    return {one.route.provider: one for one in report.routes}


async def test_the_liar_is_accused_and_the_honest_one_is_not(told_reader):
    routes = await by_provider(told_reader)
    said = {
        provider: {signal: one.suspicion for signal, one in route.judgements.items()}
        for provider, route in routes.items()
    }

    assert set(said[HONEST].values()) <= {FINE, TOO_FEW}
    assert routes[HONEST].suspicion is FINE
    assert {signal for signal, suspicion in said[LIAR].items() if suspicion is ALARMING} >= {
        Signal.CONTRADICTIONS,
        Signal.FAST_RECEIPTS,
        Signal.SILENCE,
        Signal.UNKNOWN_CODES,
        Signal.CALLBACK_LATENCY,
    }
    assert {signal for signal, suspicion in said[LIAR].items() if suspicion in {FINE, TOO_FEW}} <= {
        Signal.ZERO_REPLIES,
        Signal.LATE_DELIVERIES,
        Signal.CLOCK_SKEW,
    }
    assert said[AHEAD] == said[HONEST] | {Signal.CLOCK_SKEW: ALARMING}


@pytest.mark.parametrize("provider", [HONEST, LIAR, AHEAD])
async def test_every_number_is_what_a_recount_brings(played, told_reader, provider):
    recount, route = Recount(played, provider), (await by_provider(told_reader))[provider]
    medians = [usual(Recount(played, one).latencies()) for one in (HONEST, LIAR, AHEAD)]
    counted = {signal: (one.count.n, one.count.hits) for signal, one in route.judgements.items()}

    assert route.route == Route(provider, "main", "sms", "GB")
    assert route.attempt_count == len(recount.attempts)
    assert counted[Signal.SILENCE] == recount.silence()
    assert counted[Signal.CONTRADICTIONS] == recount.contradictions()
    assert counted[Signal.FAST_RECEIPTS] == recount.fast_receipts(medians)
    assert counted[Signal.BILLED_NOT_DELIVERED] == recount.billed_not_delivered()
    assert counted[Signal.UNKNOWN_CODES] == recount.unknown_codes()
    assert counted[Signal.CLOCK_SKEW] == recount.clock_skew()
    delays = recount.delays_ms()
    told_p95 = route.details[Signal.CALLBACK_LATENCY]["delay_p95_ms"]
    assert told_p95 == pytest.approx(delays[ceil(len(delays) * 0.95) - 1], rel=0.021, abs=1)
    ahead = route.details[Signal.CLOCK_SKEW]
    assert -delays[0] - abs(delays[0]) * 0.04 - 1 <= ahead["ahead_least_ms"] <= -delays[0]
    assert ahead["ahead_least_ms"] <= (AHEAD_S * 1000 if provider == AHEAD else 0) <= ahead["ahead_most_ms"]


@pytest.mark.parametrize("signal", IS_TRUE)
async def test_evidence_is_of_messages_that_it_is_true_of(played, told_reader, signal):
    provider = AHEAD if signal is Signal.CLOCK_SKEW else LIAR
    route = (await by_provider(told_reader, evidence=signal))[provider]
    hits = route.judgements[signal].count.hits
    known = Recount(played, provider).attempts

    assert len(route.evidence) == (
        EVIDENCE_LIMIT if hits is None or hits > EVIDENCE_LIMIT or signal is Signal.ZERO_REPLIES else hits
    )
    assert {one["attempt_id"].replace("-", "") for one in route.evidence} <= {one.replace("-", "") for one in known}
    assert all(IS_TRUE[signal](one) for one in route.evidence)


async def test_an_arrival_behind_a_fallback_is_counted_for_the_route_that_was_late(writer, reader, line, skyline):
    for number in range(60):
        message_id, begins_s = f"019aa5a1-0000-7000-8000-{number:012x}", number * 10.0
        line.register(of=f"v{number}", at_s=begins_s, message_id=message_id, channel=Channel.VIBER)
        line.report(
            "delivered", of=f"v{number}", at_s=begins_s + (90 if number % 3 == 0 else 30), channel=Channel.VIBER
        )
        line.register(
            of=f"s{number}", at_s=begins_s + 60, message_id=message_id, provider="routee", channel=Channel.SMS
        )
        line.report("delivered", of=f"s{number}", at_s=begins_s + 70, provider="routee", channel=Channel.SMS)
    writer.write(writer.prepare(writer.resume(), line.fetch()))
    routes = await by_provider(reader, evidence=Signal.LATE_DELIVERIES)
    late = {one: route.judgements[Signal.LATE_DELIVERIES] for one, route in routes.items()}

    assert (late["infobip"].count.n, late["infobip"].count.hits) == (60, 20)
    assert late["infobip"].suspicion is ALARMING
    assert (late["routee"].count.n, late["routee"].suspicion) == (0, TOO_FEW)
    assert len(routes["infobip"].evidence) == 20


@pytest.mark.parametrize(
    ("replies", "suspicion"),
    [
        pytest.param([("infobip", "GB")] * 30, ALARMING, id="nobody answers where every second does elsewhere"),
        pytest.param([("infobip", "GB")], TOO_FEW, id="where one in sixty answers elsewhere it may be chance"),
        pytest.param([("infobip", "GB"), ("routee", "GB")], FINE, id="one answer is an answer"),
        pytest.param([*[("infobip", "GB")] * 30, ("routee", None)], FINE, id="an answer from somewhere counts too"),
        pytest.param([], TOO_FEW, id="where nobody answers anywhere nothing is missed"),
    ],
)
async def test_zero_replies_are_suspicious_where_replies_are_usual(writer, reader, line, replies, suspicion):
    for provider in ("infobip", "routee"):
        for number in range(60):
            place = {"provider": provider, "channel": Channel.SMS, "country": "GB", "connection": "observed"}
            line.report("delivered", of=f"{provider}{number}", at_s=number, **place)
    for number, (provider, country) in enumerate(replies):
        place = {"provider": provider, "channel": Channel.SMS, "country": country, "connection": "observed"}
        line.inbound(f"{number:032x}", at_s=100 + number, **place)
    writer.write(writer.prepare(writer.resume(), line.fetch()))
    routes = await by_provider(reader)

    assert routes["routee"].judgements[Signal.ZERO_REPLIES].suspicion is suspicion


async def test_replies_to_others_are_not_counted(writer, reader, line):
    line.inbound("1" * 32, at_s=5, account="other", channel=Channel.SMS)
    writer.write(writer.prepare(writer.resume(), line.fetch()))
    span = {"from": T0, "to": at(60)}

    assert (await reader.ask("trust_replies", {**span, "accounts": ("default",)})).rows == []
    assert len((await reader.ask("trust_replies", {**span, "accounts": ("other",)})).rows) == 1


async def test_only_what_belongs_to_the_accounts_is_seen(told_reader):
    assert await by_provider(told_reader, accounts=("other",)) == {}
    assert set(await by_provider(told_reader, accounts=("default",))) == {HONEST, LIAR, AHEAD}


@pytest.mark.parametrize(
    ("n", "hits", "elsewhere", "suspicion"),
    [
        pytest.param(49, 49, [], TOO_FEW, id="a few accuse nobody"),
        pytest.param(50, 4, [], FINE, id="above the bound by chance is fine"),
        pytest.param(5000, 400, [], LOOK, id="above it for sure is worth a look"),
        pytest.param(5000, 1500, [0, 0, 50], ALARMING, id="far above what is usual is alarming"),
        pytest.param(5000, 1500, [1400, 1600, 0], LOOK, id="what is so everywhere is not alarming"),
        pytest.param(5000, 1500, [], ALARMING, id="without others the bound decides"),
    ],
)
def test_a_share_is_judged_by_the_least_that_it_can_be_and_by_the_others(n, hits, elsewhere, suspicion):
    counts = {number: Count(Signal.SILENCE, 5000, other) for number, other in enumerate(elsewhere)}
    route = judged({"it": Count(Signal.SILENCE, n, hits), **counts}, at_least=50)["it"]

    assert route.suspicion is suspicion


@given(st.lists(st.tuples(st.integers(40, 400), st.floats(0, 1)), min_size=1, max_size=12))
def test_usual_is_the_median_of_the_other_routes(places):
    counts = {number: Count(Signal.SILENCE, n, int(n * share)) for number, (n, share) in enumerate(places)}
    judgements = judged(counts, at_least=50)

    for number in counts:
        others = [one.value for key, one in counts.items() if key != number and one.n >= 50]

        assert judgements[number].usual == (pytest.approx(median(others)) if others else None)


def test_every_signal_has_its_bounds():
    assert set(BOUNDS) == set(Signal)
