"""Which messages of the past a plan would have sent again, when, and what was gained; asked of a store."""

import random
from collections import Counter

import pytest

from analytics.back_test import replay
from analytics.back_test.questions import BackTestQuestion, ReplayedStep, TimeBy, WaitsQuestion, Way
from analytics.back_test.waits import WaitVerdict
from analytics.sink.writer import Writer
from contracts.errors import QueryInvalid
from contracts.plans import SucceedOn
from contracts.vocabulary import Channel
from tests.support.store_line import MESSAGE, T0, Line, at

HOUR_S = 3600
VIBER = ReplayedStep(channel="viber", wait_s=30)
SMS = ReplayedStep(channel="sms")
SPAN = {"from_": T0, "to": at(HOUR_S)}


def store(writer: Writer, line: Line) -> None:
    writer.write(writer.prepare(writer.resume(), line.fetch()))


def viber(line: Line, of: str, *told: tuple[float, str], **members: object) -> None:
    """A Viber message of which so much was told, each thing so many seconds after it left."""
    given = {"channel": Channel.VIBER, "connection": "observed", "country": "GB", "sent_at": T0}
    for at_s, said in told:
        line.report(said, of=of, at_s=at_s, **given | members)


@pytest.fixture
def late(reader):
    """A reader that asks when all that is told of has been told."""
    reader.clock.advance(2 * HOUR_S)
    return reader


async def replayed(reader, *steps: ReplayedStep, **members: object) -> replay.BackTest:
    question = BackTestQuestion(**{**SPAN, "steps": steps or (VIBER, SMS), **members})
    return await replay.back_test(reader, question, ())


COUNTS = ("succeeded", "ended_badly", "waited_out", "no_other_way", "silent", "undecided")


@pytest.mark.parametrize(
    ("told", "members", "fate"),
    [
        pytest.param([(0, "sent"), (30, "delivered")], {}, "succeeded", id="told in time needs no fallback"),
        pytest.param([(0, "sent"), (31, "delivered")], {}, "waited_out", id="told a second too late is sent again"),
        pytest.param([(0, "sent")], {}, "waited_out", id="silence is waited out"),
        pytest.param([(0, "sent"), (5, "expired")], {"may_fall_back": True}, "ended_badly", id="a bad end is followed"),
        pytest.param([(0, "sent"), (5, "rejected")], {}, "no_other_way", id="unless no other way cures it"),
        pytest.param(
            [(5, "expired"), (9, "delivered")],
            {"may_fall_back": True},
            "ended_badly",
            id="later news change nothing",
        ),
        pytest.param(
            [(5, "delivered"), (9, "expired")], {"may_fall_back": True}, "succeeded", id="nor does an end after success"
        ),
        pytest.param(
            [(0, "sent"), (31, "expired")],
            {"may_fall_back": True},
            "waited_out",
            id="an end after that is late",
        ),
    ],
)
async def test_what_a_plan_would_have_done(writer, late, line, told, members, fate):
    viber(line, "a", *told, **members)
    store(writer, line)
    whole = (await replayed(late)).whole

    assert {name: whole[name] for name in COUNTS} == dict.fromkeys(COUNTS, 0) | {fate: 1}


async def test_a_wait_that_is_not_over_yet_decides_nothing(writer, reader, line):
    viber(line, "a", (0, "sent"))
    store(writer, line)
    whole = (await replayed(reader, ReplayedStep(channel="viber", wait_s=61), SMS)).whole

    assert (whole["undecided"], whole["waited_out"]) == (1, 0)


async def test_a_step_that_has_to_be_seen_waits_for_that(writer, late, line):
    viber(line, "a", (0, "sent"), (5, "delivered"))
    viber(line, "b", (0, "sent"), (5, "delivered"), (9, "seen"))
    store(writer, line)
    whole = (await replayed(late, ReplayedStep(channel="viber", wait_s=30, succeed_on=SucceedOn.SEEN), SMS)).whole

    assert (whole["succeeded"], whole["waited_out"], whole["needless"]) == (1, 1, 1)


async def test_ours_is_silent_where_the_provider_goes_through_channels(writer, late, line):
    line.report("expired", of="a", leg="a:v", channel=Channel.VIBER, connection="observed", may_fall_back=True)
    line.report("delivered", of="a", leg="a:s", channel=Channel.SMS, connection="observed", at_s=2)
    store(writer, line)

    assert (await replayed(late, ReplayedStep(channel="sms", wait_s=30), SMS)).whole["silent"] == 1


async def test_a_fallback_is_needless_when_the_message_arrives_all_the_same(writer, late, line):
    viber(line, "late", (0, "sent"), (50, "delivered"))
    viber(line, "never", (0, "sent"))
    store(writer, line)
    whole = (await replayed(late)).whole

    assert (whole["waited_out"], whole["needless"], whole["needed"]) == (2, 1, 1)


async def test_ends_of_before_that_was_kept_are_taken_for_curable_and_counted(writer, late, line, database):
    viber(line, "a", (0, "sent"), (5, "expired"))
    store(writer, line)
    database.cursor().execute("UPDATE report SET may_fall_back = NULL")
    whole = (await replayed(late)).whole

    assert (whole["ended_badly"], whole["of_unknown_kind"]) == (1, 1)


class TestWhatReallyHappened:
    """Of each message only the first attempt is replayed; the rest is what was done."""

    def tell(self, line: Line, *, viber_arrives_at_s: float | None) -> None:
        line.register(of="v", channel=Channel.VIBER, sent_at=T0, message_id=MESSAGE.format(1), country="GB")
        line.register(
            of="s", channel=Channel.SMS, sent_at=at(120), message_id=MESSAGE.format(1), at_s=120, country="GB"
        )
        line.report("delivered", of="s", at_s=125, channel=Channel.SMS, sent_at=at(120), country="GB")
        if viber_arrives_at_s is not None:
            line.report("delivered", of="v", at_s=viber_arrives_at_s, channel=Channel.VIBER, sent_at=T0, country="GB")

    async def test_what_only_the_fallback_brought_was_won_by_it(self, writer, late, line):
        self.tell(line, viber_arrives_at_s=None)
        store(writer, line)
        whole = (await replayed(late)).whole

        assert (whole["messages"], whole["really_sent"], whole["really_won"], whole["really_double"]) == (1, 1, 1, 0)

    async def test_what_arrived_both_ways_was_delivered_twice(self, writer, late, line):
        self.tell(line, viber_arrives_at_s=300)
        store(writer, line)
        whole = (await replayed(late)).whole

        assert (whole["really_sent"], whole["really_won"], whole["really_double"]) == (1, 0, 1)

    async def test_a_shorter_wait_gains_the_time_between(self, writer, late, line):
        self.tell(line, viber_arrives_at_s=None)
        store(writer, line)
        whole = (await replayed(late)).whole

        # Really at 120 + 5 s; replayed at 30 s, and the 5 s that SMS took.
        assert (whole["gained_count"], whole["gained_p50_ms"]) == (1, 90_000)

    async def test_a_fallback_after_the_span_is_seen(self, writer, late, line):
        self.tell(line, viber_arrives_at_s=None)
        store(writer, line)

        assert (await replayed(late, to=at(60))).whole["really_sent"] == 1

    async def test_the_fallback_itself_is_no_message_to_be_replayed(self, writer, late, line):
        self.tell(line, viber_arrives_at_s=None)
        store(writer, line)

        assert (await replayed(late, ReplayedStep(channel="sms", wait_s=1), VIBER)).whole["messages"] == 0


class TestWhichMessages:
    @pytest.mark.parametrize(
        ("members", "count"),
        [
            pytest.param({}, 2, id="all of the channel"),
            pytest.param({"countries": ("GB",)}, 1, id="to a country"),
            pytest.param({"campaigns": ("spring",)}, 1, id="of a campaign"),
            pytest.param({"provider": "infobip"}, 2, id="of a provider"),
            pytest.param({"provider": "routee"}, 0, id="of another"),
            pytest.param({"to": at(10)}, 1, id="begun in the span"),
            pytest.param({"accounts": ("default",)}, 2, id="of the account"),
            pytest.param({"accounts": ("other",)}, 0, id="of no other account"),
            pytest.param({"steps": (ReplayedStep(channel="viber", wait_s=5, connection="main"), SMS)}, 0, id="over it"),
        ],
    )
    async def test_are_replayed(self, writer, late, line, members, count):
        viber(line, "a", (0, "sent"))
        viber(line, "b", (20, "sent"), country="US", campaign="spring")
        store(writer, line)
        found = await replayed(late, **members)

        assert found.whole["messages"] == count
        assert sum(row["messages"] for row in found.rows) == count

    async def test_nothing_of_another_account_is_in_rates_and_prices(self, writer, late, line):
        viber(line, "a", (0, "sent"))
        line.report(
            "delivered",
            of="s",
            channel=Channel.SMS,
            connection="observed",
            account="other",
            price="0.05",
            currency="EUR",
        )
        store(writer, line)
        seen, unseen = [
            (await replayed(late, accounts=accounts)).economics.basis[0] for accounts in (None, ("default",))
        ]

        assert (seen.rate is not None, seen.price is not None) == (True, True)
        assert (unseen.rate, unseen.price) == (None, None)

    async def test_a_provider_that_is_not_the_first_steps_is_refused(self, late):
        with pytest.raises(QueryInvalid, match="nothing of routee"):
            await replayed(late, ReplayedStep(channel="viber", provider="infobip"), SMS, provider="routee")

    async def test_more_than_can_be_looked_at_is_refused(self, writer, late, line):
        viber(line, "a", (0, "sent"))
        store(writer, line)
        question = BackTestQuestion(**SPAN, steps=(VIBER, SMS))

        with pytest.raises(QueryInvalid, match="shorter"):
            await replay.back_test(late, question, (), most_attempts=0)

    def test_a_span_must_begin_before_it_ends(self):
        with pytest.raises(QueryInvalid, match="must be after"):
            BackTestQuestion(from_=T0, to=T0, steps=(VIBER, SMS))


async def test_reports_that_came_in_bulk_can_be_judged_by_when_things_happened(writer, late, line):
    viber(line, "a", (0, "sent"))
    viber(line, "a", (500, "delivered"), occurred_at=at(4))
    store(writer, line)
    received, occurred = [(await replayed(late, clock=clock)).whole for clock in TimeBy]

    assert (received["waited_out"], occurred["succeeded"]) == (1, 1)


class TestWaits:
    async def test_each_place_has_its_own(self, writer, late, line):
        for number in range(60):
            viber(line, f"quick-{number}", (0, "sent"), (2 + number / 100, "delivered"))
            viber(line, f"slow-{number}", (0, "sent"), (40 + number / 100, "delivered"), country="US")
        for number in range(40):
            viber(line, f"lost-{number}", (0, "sent"))
            viber(line, f"gone-{number}", (0, "sent"), country="US")
        store(writer, line)
        question = WaitsQuestion(**SPAN, channels=("viber",), fallback=Way(channel="sms"), least_observations=50)
        found = {place.country: place.advice for place in (await replay.advise_waits(late, question, ())).places}

        assert {country: advice.verdict for country, advice in found.items()} == {
            "GB": WaitVerdict.ADVISED,
            "US": WaitVerdict.ADVISED,
        }
        assert found["GB"].wait_s == pytest.approx(2.6, rel=0.05)
        assert found["US"].wait_s == pytest.approx(40.6, rel=0.05)
        assert (found["GB"].observations, found["GB"].still_open) == (100, 40)

    async def test_what_ends_calls_for_a_fallback_or_spares_it_and_what_is_open_does_neither(self, writer, late, line):
        viber(line, "a", (0, "sent"), (2, "delivered"))
        viber(line, "b", (0, "sent"), (2, "expired"), may_fall_back=True)
        viber(line, "c", (0, "sent"), (2, "rejected"))
        viber(line, "d", (0, "sent"))
        store(writer, line)
        question = WaitsQuestion(**SPAN, channels=("viber",), fallback=Way(channel="sms"))
        rows = (await replay.advise_waits(late, question, ())).rows
        sums = {name: sum(row[name] for row in rows) for name in ("spared", "called", "still_open")}

        assert sums == {"spared": 2, "called": 1, "still_open": 1}

    async def test_a_value_in_money_needs_a_price(self, writer, late, line):
        viber(line, "a", (0, "sent"), (2, "delivered"))
        store(writer, line)
        question = WaitsQuestion(**SPAN, channels=("viber",), fallback=Way(channel="sms"), value_of_minute=1)
        (place,) = (await replay.advise_waits(late, question, ())).places

        assert place.advice.verdict is WaitVerdict.PRICE_UNKNOWN

    async def test_nothing_of_another_account_is_in_it(self, writer, late, line):
        viber(line, "a", (0, "sent"), (2, "delivered"))
        store(writer, line)
        question = WaitsQuestion(**SPAN, channels=("viber",), fallback=Way(channel="sms"), accounts=("other",))

        assert (await replay.advise_waits(late, question, ())).places == []


class TestAgainstAPlainModel:
    """What SQL counts is what a few lines of Python find, over lives that nobody thought of."""

    WAIT_S = 30

    def fate(self, told: list[tuple[int, str, bool]]) -> str:
        good = min((at_s for at_s, said, _ in told if said in {"delivered", "seen"}), default=None)
        bad = min(((at_s, not may) for at_s, said, may in told if said in {"expired", "failed"}), default=None)
        if bad is not None and bad[0] <= self.WAIT_S and (good is None or bad[0] < good):
            return "no_other_way" if bad[1] else "ended_badly"
        return "succeeded" if good is not None and good <= self.WAIT_S else "waited_out"

    def lives(self) -> list[list[tuple[int, str, bool]]]:
        """Each thing told at a second of its own, so that the order is certain."""
        draw = random.Random(3)
        words = ("sent", "expired", "failed", "delivered", "seen")
        return [
            [
                (at_s, draw.choice(words), draw.random() < 0.5)
                for at_s in sorted(draw.sample(range(1, 61), draw.randint(1, 4)))
            ]
            for _ in range(200)
        ]

    async def test_every_fate_is_counted_as_often(self, writer, late, line):
        lives = self.lives()
        for number, told in enumerate(lives):
            for at_s, said, may in told:
                viber(line, f"m{number}", (at_s, said), may_fall_back=may)
        store(writer, line)
        whole = (await replayed(late)).whole
        found = Counter(self.fate(told) for told in lives)
        arrived = [any(said in {"delivered", "seen"} for _, said, _ in told) for told in lives]
        sent = [self.fate(told) in {"ended_badly", "waited_out"} for told in lives]

        assert {name: whole[name] for name in COUNTS} == {name: found[name] for name in COUNTS}
        assert whole["needless"] == sum(left and came for left, came in zip(sent, arrived, strict=True))
        assert whole["needed"] == sum(left and not came for left, came in zip(sent, arrived, strict=True))
