"""What a look at the store finds, and what it leaves alone."""

from datetime import datetime, timedelta

import pytest
from msgspec import structs

from analytics.alarms import Weight, alarms, judge_drop, judge_silence, look, probes
from analytics.freshness import Horizon
from contracts.alarms import Alarm, AlarmKind, AlarmTold, Subject, alarm_id
from contracts.codec import encode
from contracts.vocabulary import Channel, Source
from runtime.settings import TrustSettings
from tests.support.store_line import T0, Line, at

DAY_S, HOUR_S = 86_400, 3_600
FRIDAY_S = 6 * DAY_S
"""Lines begin on a Saturday at 10; a working week later."""
TRUST = TrustSettings(quiet_days=14, quiet_least_days=3)
SUBJECT = Subject(AlarmKind.QUIET_PROVIDER, "default", "infobip", "main")


def store(writer, line) -> None:
    writer.write(writer.prepare(writer.resume(), line.fetch()))


async def found(reader, skyline, kind: AlarmKind, *, as_of_s: float, trust: TrustSettings = TRUST):
    skyline.latest = Horizon(as_of=at(as_of_s))
    seen = await look(reader, trust)
    return {one.subject: one for one in seen.findings if one.subject.kind is kind}


async def test_before_it_is_known_up_to_when_all_is_known_nothing_is_judged(reader):
    seen = await look(reader, TRUST)

    assert (seen.as_of, seen.kinds, list(seen.findings)) == (None, frozenset(), [])


class TestQuiet:
    """A connection that has called back every ten minutes, night and day, for some days before noon of today."""

    @pytest.fixture
    def line(self, line):
        for number in range(5 * 144):
            line.report("sent", of=f"a{number}", connection="observed", at_s=FRIDAY_S - 5 * DAY_S + number * 600 - 10)
        return line

    async def weight(self, reader, skyline, as_of_s: float) -> Weight | None:
        one = (await found(reader, skyline, AlarmKind.QUIET_PROVIDER, as_of_s=as_of_s)).get(
            Subject(AlarmKind.QUIET_PROVIDER, "default", "infobip", "observed")
        )
        return one and one.weight

    @pytest.mark.parametrize(
        ("after_s", "weight"),
        [
            pytest.param(300, Weight.WELL, id="within the usual"),
            pytest.param(1200, Weight.BETWEEN, id="longer than usual, not yet quiet"),
            pytest.param(2400, Weight.BAD, id="three times as long as usual"),
        ],
    )
    async def test_it_is_quiet_when_it_is_silent_for_longer_than_is_usual(
        self, writer, reader, line, skyline, after_s, weight
    ):
        store(writer, line)

        assert await self.weight(reader, skyline, FRIDAY_S + after_s - 610) is weight

    async def test_a_day_that_was_more_silent_at_this_hour_counts(self, writer, reader, skyline, line):
        """Of the working days before, one had no callback for three hours before this time."""
        quiet = [f"a{number}" for number in range(3 * 144 - 18, 3 * 144)]
        kept = [one for one in line.told if one.report.root_id not in quiet]
        fewer = Line()
        for one in kept:
            at_s = (one.report.received_at - T0).total_seconds()
            fewer.report("sent", of=one.report.root_id, connection="observed", at_s=at_s)
        store(writer, fewer)

        assert await self.weight(reader, skyline, FRIDAY_S + 2400) is Weight.WELL

    async def test_what_we_asked_for_is_no_callback(self, writer, reader, line, skyline):
        line.report("delivered", of="late", connection="observed", at_s=FRIDAY_S + 1700, source=Source.POLL)
        store(writer, line)

        assert await self.weight(reader, skyline, FRIDAY_S + 1790) is Weight.BAD

    async def test_a_connection_that_is_new_is_left_alone(self, writer, reader, line, skyline):
        line.report("delivered", of="first", connection="main", at_s=FRIDAY_S - HOUR_S)
        store(writer, line)
        seen = await found(reader, skyline, AlarmKind.QUIET_PROVIDER, as_of_s=FRIDAY_S + HOUR_S)

        assert {one.connection for one in seen} == {"observed"}


async def test_nights_that_are_always_silent_are_no_alarm(writer, reader, line, skyline):
    """Callbacks from 8 to 20 only, the last ones on Friday."""
    for day in range(6):
        for number in range(72):
            line.report(
                "sent",
                of=f"{day}-{number}",
                connection="observed",
                at_s=FRIDAY_S + (day - 5) * DAY_S - 7200 + number * 600,
            )
    store(writer, line)
    by_night = await found(reader, skyline, AlarmKind.QUIET_PROVIDER, as_of_s=FRIDAY_S - 8 * HOUR_S)
    by_noon = await found(reader, skyline, AlarmKind.QUIET_PROVIDER, as_of_s=FRIDAY_S + 3 * DAY_S + HOUR_S)

    assert [one.weight for one in by_night.values()] == [Weight.WELL]
    assert [one.weight for one in by_noon.values()] == [Weight.BAD]


def test_it_is_probed_around_this_time_on_days_like_today():
    saturday = datetime(2026, 11, 21, 10, 30, 20, tzinfo=T0.tzinfo)
    asked = probes(saturday, 14)

    assert {moment.isoweekday() for moment in asked["probes"]} == {6, 7}
    assert {abs((moment.hour * 60 + moment.minute) - 630) for moment in asked["probes"]} == {0, 15, 30, 45, 60}
    assert all(moment.second == 0 for moment in asked["probes"])


@pytest.mark.parametrize(
    ("silent_s", "usual_s", "days", "weight"),
    [
        pytest.param(800, 1, 10, Weight.BETWEEN, id="below the floor it is never quiet"),
        pytest.param(901, 1, 10, Weight.BAD, id="above it it is"),
        pytest.param(2999, 1000, 10, Weight.BETWEEN, id="below three times the usual it is not"),
        pytest.param(3001, 1000, 10, Weight.BAD, id="above it it is, too"),
        pytest.param(100_000, 1, 2, None, id="of a few days nothing is said"),
    ],
)
def test_when_a_silence_is_quiet(silent_s, usual_s, days, weight):
    row = {"account": "default", "provider": "infobip", "connection": "main", "last_at": T0}
    one = judge_silence(row | {"day_count": days, "usual_s": usual_s}, T0 + timedelta(seconds=silent_s), TRUST)

    assert (one and one.weight) is weight


@pytest.mark.parametrize(
    ("recent", "before", "weight"),
    [
        pytest.param((500, 200), (5000, 4500), Weight.BAD, id="from 90 to 40 in a hundred"),
        pytest.param((500, 425), (5000, 4500), Weight.BETWEEN, id="from 90 to 85 may be anything"),
        pytest.param((500, 445), (5000, 4500), Weight.WELL, id="from 90 to 89 is nothing"),
        pytest.param((500, 480), (5000, 2000), Weight.WELL, id="better than before"),
        pytest.param((99, 0), (5000, 4500), None, id="of a few nothing is said"),
        pytest.param((500, 0), (99, 99), None, id="nor beside a few"),
        pytest.param((100, 50), (100, 65), Weight.BETWEEN, id="what may be chance raises nothing"),
        pytest.param((500, 0), (500, 0), Weight.WELL, id="where nothing ever arrives nothing drops"),
    ],
)
def test_when_a_rate_has_dropped(recent, before, weight):
    row = {"account": "default", "provider": "infobip", "connection": "main", "channel": "sms"}
    counts = dict(zip(("recent_n", "recent_hits", "before_n", "before_hits"), (*recent, *before), strict=True))
    one = judge_drop(row | counts, TRUST)

    assert (one and one.weight) is weight


async def test_a_drop_is_found_by_what_arrives_in_time(writer, reader, line, skyline):
    trust = TrustSettings(drop_at_least=50)
    for number in range(300):
        is_ill, began_s = number >= 200, number * 60
        place = {"of": f"a{number}", "connection": "observed", "channel": Channel.SMS}
        line.report("sent", at_s=began_s, **place)
        if not is_ill or number % 3 == 0:
            line.report("delivered", at_s=began_s + 30, **place)
        else:
            line.report("delivered", at_s=began_s + 2000, **place)  # arrives, and too late
    store(writer, line)
    [one] = (await found(reader, skyline, AlarmKind.DELIVERY_DROP, as_of_s=18_900, trust=trust)).values()

    assert (one.subject.channel, one.weight, one.usual) == ("sms", Weight.BAD, pytest.approx(218 / 240, abs=0.06))
    assert one.value == pytest.approx(1 / 3, abs=0.02)


async def test_codes_that_no_table_knows_are_named(writer, reader, line, skyline):
    line.report("unknown", of="a", connection="observed", provider_code="known to mean nothing")
    line.report("unknown", of="b", connection="observed", provider_code="X-77", is_known_code=False, at_s=5)
    line.report("sent", of="c", connection="observed", provider_code="X-78", is_known_code=False, at_s=6)
    store(writer, line)
    [one] = (await found(reader, skyline, AlarmKind.UNKNOWN_CODE, as_of_s=600)).values()

    assert (one.weight, one.value) == (Weight.BAD, 2)
    assert one.detail == "2 reports with codes that no table knows: 'X-77', 'X-78'."
    assert await found(reader, skyline, AlarmKind.UNKNOWN_CODE, as_of_s=HOUR_S + 7) == {}


@pytest.mark.parametrize(("below", "weight"), [(0, Weight.WELL), (1, Weight.BAD)])
async def test_items_below_the_horizon_must_be_explained(writer, reader, line, skyline, below, weight):
    line.receive()
    store(writer, line)
    skyline.latest = Horizon(as_of=at(60), callbacks={0: below})
    [one] = [one for one in (await look(reader, TRUST)).findings if one.subject.kind is AlarmKind.CONSERVATION]

    assert one.weight is weight


def word(told: AlarmTold, at_s: float, *, raised_s: float = 0, account: str | None = "default") -> Alarm:
    subject = SUBJECT._replace(account=account)
    return Alarm(
        alarm_id=alarm_id(subject, at(raised_s)),
        told=told,
        told_at=at(at_s),
        raised_at=at(raised_s),
        detail=str(told),
        value=at_s,
        **subject._asdict(),
    )


async def test_alarms_are_kept_and_a_word_that_was_written_twice_is_one(writer, reader, line):
    for one in (
        word(AlarmTold.RAISED, 0),
        word(AlarmTold.RAISED, 0),
        word(AlarmTold.CLEARED, 60),
        word(AlarmTold.RAISED, 120, raised_s=120),
        word(AlarmTold.RAISED, 30, raised_s=30, account=None),
    ):
        line.append("alarms", 0, encode(one), [])
    store(writer, line)

    async def shown(is_open=None, accounts=None):
        rows = (await alarms(reader, accounts=accounts, is_open=is_open, limit=9)).rows
        return [(row["raised_at"], row["cleared_at"]) for row in rows]

    assert await shown() == [(at(120), None), (at(30), None), (at(0), at(60))]
    assert await shown(is_open=True) == [(at(120), None), (at(30), None)]
    assert await shown(is_open=False) == [(at(0), at(60))]
    assert await shown(accounts=("default",)) == [(at(120), None), (at(0), at(60))]


@pytest.mark.parametrize("kind", AlarmKind)
async def test_alarms_of_every_kind_are_kept(writer, reader, line, kind):
    line.append("alarms", 0, encode(structs.replace(word(AlarmTold.RAISED, 0), kind=kind)), [])
    store(writer, line)

    assert [row["kind"] for row in (await alarms(reader, accounts=None, is_open=None, limit=9)).rows] == [kind]


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(b'{"told":"shouted"}', id="what is told is neither"),
        pytest.param(encode(word(AlarmTold.RAISED, 0)).replace(b"quiet_provider", b"loud_provider"), id="no such kind"),
        pytest.param(b"{", id="torn"),
    ],
)
async def test_what_is_no_alarm_is_put_aside(writer, reader, line, database, value):
    line.append("alarms", 0, value, [])
    line.append("alarms", 0, encode(word(AlarmTold.RAISED, 0)), [])
    store(writer, line)

    assert len((await alarms(reader, accounts=None, is_open=None, limit=9)).rows) == 1
    assert database.cursor().execute("SELECT topic FROM unreadable").fetchall() == [("alarms",)]
