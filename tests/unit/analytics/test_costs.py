"""Money, and what is around the attempts: exact, by currency, and only by what is known of each."""

from collections import Counter, defaultdict
from datetime import date
from decimal import Decimal

import pytest

from analytics import questions
from analytics.asking.buckets import Bucket
from analytics.freshness import Horizon
from analytics.measures.currencies import OneCurrency
from analytics.measures.metrics import Dimension, Measure
from analytics.reports.answering import report
from analytics.reports.catalogue import Report
from analytics.reports.question import ReportQuestion
from contracts.errors import QueryInvalid
from contracts.filters import Filter, parse_filter
from contracts.plans import send_id_of
from contracts.vocabulary import Channel, Scope
from runtime.exchange import SIX_PLACES, Exchange
from streams.session.machine import hear, standing_of
from streams.session.rules import rules_named
from tests.support.plans import commanded, decided, message, outcome
from tests.support.simulated import HOURS, LIVES, Life
from tests.support.store_line import T0, at
from tests.support.store_questions import asked
from tests.support.talking import at as hour
from tests.support.talking import ours, time, user

MONEY = (Measure.COST, Measure.COST_PER_DELIVERED)
EXCHANGE = Exchange(base="EUR", as_of=date(2026, 11, 20), rates={"USD": Decimal("0.917")}, accounts={"default": "USD"})


def stored(writer, line) -> None:
    writer.write(writer.prepare(writer.resume(), line.fetch()))


async def ask(reader, *measures, **members):
    return (await questions.metrics(reader, asked(*measures, **members))).rows


def spent(several: list[Life]) -> dict[str, dict[str, Decimal]]:
    """Added up by hand: every price there is, and for how many that arrived."""
    sums, arrived = defaultdict(Decimal), Counter()
    for life in several:
        if life.price is not None:
            sums[life.currency] += life.price
            arrived[life.currency] += life.has_arrived
    each = {one: (sums[one] / arrived[one]).quantize(Decimal("0.000001")) for one in sums if arrived[one]}
    return {"cost": dict(sums), "cost_per_delivered": each}


@pytest.mark.parametrize(
    "group_by", [(), ("provider",), ("channel", "campaign"), ("status",)], ids=["all", "provider", "entries", "status"]
)
async def test_costs_are_what_the_prices_add_up_to(told_reader, group_by):
    dimensions = tuple(map(Dimension, group_by))
    rows = await ask(told_reader, *MONEY, Measure.SENT, to=at(HOURS * 3600), group_by=dimensions)
    groups: dict[tuple, list[Life]] = defaultdict(list)
    for life in LIVES:
        groups[tuple(life.end if name == "status" else getattr(life, name) for name in group_by)].append(life)

    assert {tuple(row[name] for name in group_by): row for row in rows} == {
        group: dict(zip(group_by, group, strict=True)) | spent(several) | {"sent": len(several)}
        for group, several in groups.items()
    }


async def test_in_one_currency_sums_are_converted_as_a_whole_and_rounded_once(told_reader):
    paid = [life for life in LIVES if life.price is not None]
    euros = sum((life.price * {"EUR": Decimal(1), "USD": Decimal("0.917")}[life.currency] for life in paid), Decimal(0))
    arrived = sum(life.has_arrived for life in paid)

    async def told(currency=None, account="default"):
        money = OneCurrency(EXCHANGE, currency, account)
        (row,) = await ask(told_reader, *MONEY, to=at(HOURS * 3600), money=money)
        return row["cost"], row["cost_per_delivered"]

    assert {life.currency for life in paid} == {"EUR", "USD"}
    assert await told("EUR") == (
        {"EUR": euros.quantize(SIX_PLACES)},
        {"EUR": (euros.quantize(SIX_PLACES) / arrived).quantize(SIX_PLACES)},
    )
    assert (await told())[0] == {"USD": (euros / Decimal("0.917")).quantize(SIX_PLACES)}
    assert (await told(account="other"))[0] == {"EUR": euros.quantize(SIX_PLACES)}


async def test_the_report_about_cost_is_told_in_one_currency(told_reader):
    span = {"from_": T0, "to": at(HOURS * 3600), "group_by": (Dimension.PROVIDER,)}

    async def told(money=None):
        return (await report(told_reader, Report.COST, ReportQuestion(**span, money=money), reply_window_s=60)).rows

    apart, together = await told(), await told(OneCurrency(EXCHANGE, "EUR"))

    assert {row["currency"] for row in together} == {"EUR", None}
    for row in together:
        own = [one for one in apart if (one["provider"], not one["currency"]) == (row["provider"], not row["currency"])]
        assert row["sent"] == sum(one["sent"] for one in own)
        assert row["delivered"] == sum(one["delivered"] for one in own)
        if row["currency"]:
            spent = {one["currency"]: one["message_cost"] for one in own}
            assert row["message_cost"] == row["total_cost"] == EXCHANGE.total(spent, "EUR")


@pytest.mark.parametrize(
    ("members", "why"),
    [
        pytest.param({"money": OneCurrency(EXCHANGE, "CHF")}, "no rate for CHF", id="a currency without a rate"),
        pytest.param({"money": OneCurrency(EXCHANGE)}, "group by account", id="rows of several accounts"),
    ],
)
async def test_what_cannot_be_told_in_one_currency_says_why(told_reader, members, why):
    with pytest.raises(QueryInvalid, match=why):
        await ask(told_reader, Measure.COST, to=at(HOURS * 3600), **members)


async def test_replies_and_unknown_codes_stand_beside_the_counts(told_reader):
    measures = (Measure.SENT, Measure.REPLIES, Measure.UNKNOWN_CODES)
    rows = await ask(
        told_reader, *measures, to=at(HOURS * 3600 + 3600), bucket=Bucket.HOUR, group_by=(Dimension.PROVIDER,)
    )
    expected: dict[tuple, Counter] = defaultdict(Counter)
    for life in LIVES:
        expected[T0.hour + life.hour, life.provider]["sent"] += 1
        expected[T0.hour + life.hour, life.provider]["unknown_codes"] += life.end == "unknown"
        for number in range(life.replies):
            said_s = life.left_s + life.took_s + 60 + number
            expected[T0.hour + int(said_s // 3600), life.provider]["replies"] += 1

    assert {(row["bucket_at"].hour, row["provider"]): {name: row[name] for name in measures} for row in rows} == {
        place: {name: counter[name] for name in measures} for place, counter in expected.items()
    }


async def test_each_piece_and_each_channel_costs_once_however_often_it_is_told(writer, reader, line):
    price = {"price": Decimal("0.01"), "currency": "EUR", "connection": "observed"}
    for part in ("1", "2"):
        for said in ("sent", "delivered"):
            line.report(said, of="long", part=part, parts_count=2, channel=Channel.SMS, **price)
    line.report("failed", of="c", leg="c:viber", channel=Channel.VIBER, **price)
    line.report("delivered", of="c", leg="c:sms", channel=Channel.SMS, **price | {"price": Decimal("0.04")})
    line.report("delivered", of="c", scope=Scope.TRANSACTION, **price | {"price": Decimal("0.05")}, at_s=1)
    stored(writer, line)
    whole = await ask(reader, *MONEY)
    by_channel = await ask(reader, Measure.COST, group_by=(Dimension.CHANNEL,))
    viber = await ask(reader, *MONEY, filters={Dimension.CHANNEL: parse_filter(["viber"])})

    assert whole == [{"cost": {"EUR": Decimal("0.07")}, "cost_per_delivered": {"EUR": Decimal("0.035")}}]
    assert [(row["channel"], row["cost"]) for row in by_channel] == [
        ("sms", {"EUR": Decimal("0.06")}),
        ("viber", {"EUR": Decimal("0.01")}),
    ]
    assert viber == [{"cost": {"EUR": Decimal("0.01")}, "cost_per_delivered": {}}]


@pytest.mark.parametrize(
    ("reported", "cost"),
    [
        pytest.param({}, {"USD": Decimal("0.02")}, id="the answer"),
        pytest.param(
            {"price": Decimal("0.03"), "currency": "EUR"}, {"EUR": Decimal("0.03")}, id="a report knows better"
        ),
    ],
)
async def test_without_a_report_of_it_a_price_is_that_of_the_answer_to_the_send(writer, reader, line, reported, cost):
    line.say("outcomes", outcome("accepted", root_id="a", provider="infobip", price=Decimal("0.02"), currency="USD"))
    line.register(of="a", message_id=message())
    line.report("delivered", of="a", **reported)
    stored(writer, line)

    assert await ask(reader, Measure.COST) == [{"cost": cost}]


async def test_of_two_prices_that_are_equal_the_same_one_counts_whichever_came_first(writer, reader, line):
    for of, currencies in (("a", ("EUR", "USD")), ("b", ("USD", "EUR"))):
        for said, currency in zip(("sent", "delivered"), currencies, strict=True):
            line.report(said, of=of, connection="observed", price=Decimal("0.02"), currency=currency)
            stored(writer, line)
    (row,) = await ask(reader, Measure.COST)
    (by_minute,) = await ask(reader, Measure.COST, bucket=Bucket.MINUTE, to=at(60))

    assert list(row["cost"].values()) == [Decimal("0.04")]
    assert by_minute["cost"] == row["cost"]


async def test_an_amount_without_a_currency_is_no_price_of_a_channel_beside_that_of_the_whole(writer, reader, line):
    line.report("sent", of="a", connection="observed", price=Decimal("0.04"), currency=None)
    line.report(
        "delivered",
        of="a",
        connection="observed",
        scope=Scope.TRANSACTION,
        part="1",
        price=Decimal("0.01"),
        currency="EUR",
    )
    stored(writer, line)
    (row,) = await ask(reader, Measure.COST)
    (by_minute,) = await ask(reader, Measure.COST, bucket=Bucket.MINUTE, to=at(60))

    assert row["cost"] == {"EUR": Decimal("0.01")}
    assert by_minute["cost"] == row["cost"]


async def test_an_answer_to_a_send_counts_also_when_it_comes_last(writer, reader, line):
    line.register(of="a", message_id=message())
    line.report("delivered", of="a")
    stored(writer, line)
    line.say("outcomes", outcome("accepted", root_id="a", provider="infobip", price=Decimal("0.02"), currency="EUR"))
    stored(writer, line)
    (row,) = await report_of(reader, Report.COST)

    assert (row["sent"], row["delivered"], row["message_cost"], row["fallbacks"]) == (1, 1, Decimal("0.02"), 1)


async def test_fallbacks_are_steps_that_were_taken_and_doubles_those_that_were_needless(writer, reader, line):
    for number, told in ((1, "accepted"), (2, "accepted"), (3, "refused")):
        line.say("commands", commanded(number))
        line.say("outcomes", outcome(told, number))
    line.say("commands", commanded(1, attempt=1))
    line.say("outcomes", outcome("accepted", 1, attempt=1))
    line.say("commands", commanded(4, place=0))
    line.say("outcomes", outcome("accepted", 4, place=0))
    line.say("decisions", decided("double_delivery", "earlier_arrived", 2, place=0))
    line.say("decisions", decided("double_delivery", "earlier_arrived", 3, place=0))
    stored(writer, line)
    rows = await ask(
        reader, Measure.FALLBACKS, Measure.DOUBLE_DELIVERIES, group_by=(Dimension.CHANNEL, Dimension.CAMPAIGN)
    )

    assert send_id_of(message(1), 1, 0) != send_id_of(message(1), 1, 1)
    assert rows == [{"channel": "sms", "campaign": "autumn", "fallbacks": 2, "double_deliveries": 1}]


async def test_sessions_are_counted_when_they_open(writer, reader, line):
    state, rules = None, rules_named("viber", {"price": "0.05", "currency": "EUR"})
    for event in (user(0), ours(1), user(2), ours(3), time(30), user(31), ours(32)):
        state, told = hear(state, event, rules)
        line.tell(*told, standing_of(state, rules))
    stored(writer, line)
    span = {"from_": hour(0), "to": hour(48), "bucket": Bucket.DAY}
    rows = await ask(reader, Measure.SESSIONS, group_by=(Dimension.PROVIDER,), **span)

    assert [row["sessions"] for row in rows] == [1, 1]


@pytest.mark.parametrize(
    ("measure", "members", "told"),
    [
        pytest.param("sessions", {"group_by": ("country",)}, "account, provider, connection, sender$", id="sessions"),
        pytest.param("fallbacks", {"group_by": ("status",)}, "channel, campaign, sender$", id="fallbacks"),
        pytest.param("replies", {"filters": {"campaign": Filter()}}, "channel, country, sender$", id="replies"),
        pytest.param("unknown_codes", {"group_by": ("reason",)}, "campaign, sender$", id="unknown codes"),
    ],
)
def test_what_is_not_known_of_a_measure_is_refused_with_what_is(measure, members, told):
    with pytest.raises(QueryInvalid, match=f"{measure} is not known by .*{told}"):
        asked(Measure.SENT, Measure(measure), **members)


async def report_of(reader, name: Report, **members):
    question = ReportQuestion(**{"from_": T0, "to": at(HOURS * 3600)} | members)
    return (await report(reader, name, question, reply_window_s=60)).rows


@pytest.mark.parametrize("group_by", [(), ("provider", "campaign")], ids=["all", "groups"])
async def test_the_report_of_costs_says_what_has_no_price_too(told_reader, group_by):
    rows = await report_of(told_reader, Report.COST, group_by=tuple(map(Dimension, group_by)))
    told = {(*(row[name] for name in group_by), row["currency"]): row for row in rows}
    groups: dict[tuple, list[Life]] = defaultdict(list)
    for life in LIVES:
        groups[(*(getattr(life, name) for name in group_by), life.currency)].append(life)

    assert told.keys() == groups.keys()
    for (*group, currency), several in groups.items():
        row = told[*group, currency]
        arrived = [one for one in LIVES if one.has_arrived and [getattr(one, name) for name in group_by] == group]
        total = sum((one.price for one in several if one.price), Decimal(0)) or None
        each = total and (total / sum(one.has_arrived for one in several)).quantize(Decimal("0.000001"))
        assert (row["sent"], row["message_cost"], row["total_cost"]) == (len(several), total, total)
        assert row["cost_per_delivered"] == each
        assert row["total_per_delivered"] == (total and (total / len(arrived)).quantize(Decimal("0.000001")))


async def test_fallbacks_and_sessions_are_part_of_what_it_cost(writer, reader, line):
    euros = {"currency": "EUR", "provider": "infobip"}
    line.say("outcomes", outcome("accepted", 1, place=0, root_id="a", price=Decimal("0.01"), **euros))
    line.say("outcomes", outcome("accepted", 1, place=1, root_id="b", price=Decimal("0.04"), **euros))
    for root_id, said in (("a", "failed"), ("b", "delivered")):
        line.register(of=root_id, message_id=message())
        line.report(said, of=root_id)
    state, rules = None, rules_named("viber", {"price": "0.05", "currency": "EUR"})
    for event in (user(0), ours(1), user(2), ours(3), time(30)):
        state, told = hear(state, event, rules)
        line.tell(*told, standing_of(state, rules))
    stored(writer, line)
    (row,) = await report_of(reader, Report.COST)
    by_channel = await report_of(reader, Report.COST, group_by=(Dimension.CHANNEL,))
    (talked,) = await report_of(reader, Report.SESSIONS)

    assert {name: str(row[name]) for name in ("message_cost", "fallback_cost", "session_cost", "total_cost")} == {
        "message_cost": "0.050000",
        "fallback_cost": "0.040000",
        "session_cost": "0.050000",
        "total_cost": "0.100000",
    }
    assert (row["fallbacks"], row["sessions"], row["total_per_delivered"]) == (1, 1, Decimal("0.1"))
    assert [(one["session_cost"], one["total_cost"]) for one in by_channel] == [(None, Decimal("0.05"))]
    assert talked == {
        "sessions": 1,
        "started": 1,
        "closed": 1,
        "billed": 1,
        "business_count": 2,
        "user_count": 2,
        "business_per_session": 2.0,
        "user_per_session": 2.0,
        "cost": {"EUR": Decimal("0.05")},
    }


async def test_the_report_of_fallbacks_says_why_and_what_came_of_it(writer, reader, line):
    for number, because in ((1, "ended_badly"), (2, "ended_badly"), (3, "no_success_in_time")):
        line.say("decisions", decided("send", because, number, send_id=send_id_of(message(number), 1, 0)))
        line.say("commands", commanded(number))
        line.say("outcomes", outcome("accepted", number, root_id=f"root-{number}"))
    line.report("delivered", of="root-1", provider="telesign", at_s=9)
    line.say("decisions", decided("double_delivery", "earlier_arrived", 3, place=0))
    stored(writer, line)
    rows = await report_of(reader, Report.FALLBACKS, group_by=(Dimension.PROVIDER,))

    assert rows == [
        {
            "provider": "telesign",
            "because": because,
            "after_channel": "viber",
            "commanded": count,
            "fallbacks": count,
            "delivered": delivered,
            "double_deliveries": doubles,
            "delivered_share": delivered / count,
            "double_share": doubles / count,
        }
        for because, count, delivered, doubles in (("ended_badly", 2, 1, 0), ("no_success_in_time", 1, 0, 1))
    ]


@pytest.mark.parametrize(("name", "group"), [(Report.SESSIONS, "country"), (Report.FALLBACKS, "country")])
async def test_a_report_is_not_grouped_by_what_is_not_known(told_reader, name, group):
    with pytest.raises(QueryInvalid, match="is not known by country"):
        await report_of(told_reader, name, group_by=(Dimension(group),))


@pytest.mark.parametrize("behind", [None, -60, 60])
async def test_what_tells_of_sessions_is_as_old_as_they_are(reader, skyline, behind):
    told_at = None if behind is None else at(behind)
    skyline.latest = Horizon(as_of=T0, sessions_as_of=told_at)
    question = ReportQuestion(from_=T0, to=at(60))
    answers = [
        await report(reader, Report.SESSIONS, question, reply_window_s=60),
        await report(reader, Report.COST, question, reply_window_s=60),
        await questions.metrics(reader, asked(Measure.SENT, Measure.SESSIONS)),
    ]
    counts = await questions.metrics(reader, asked(Measure.SENT))

    assert {answer.freshness.as_of for answer in answers} == {told_at and min(T0, told_at)}
    assert counts.freshness.as_of == T0
