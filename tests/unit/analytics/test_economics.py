"""What a replay comes to: who is counted, what it costs, and by which rate it is estimated."""

from datetime import timedelta
from decimal import Decimal

import pytest

from analytics.back_test.economics import Estimate, Money, weigh
from analytics.back_test.odds import LEAST_ENDED, Odds, Rate, UnitPrice
from analytics.back_test.questions import BackTestQuestion, ReplayedStep, Way
from contracts.errors import QueryInvalid
from runtime.settings import Price
from tests.support.store_line import T0

VIBER, SMS, VOICE = (ReplayedStep(channel=channel, wait_s=60) for channel in ("viber", "sms", "voice"))


def row(**counts: object) -> dict:
    zero = dict.fromkeys(("ended_badly", "waited_out", "needed", "needless", "really_sent"), 0)
    return {"provider": "infobip", "connection": "main", "country": "GB"} | zero | counts


def ended(channel: str, arrived: int, of: int, country: str = "GB", provider: str = "telesign") -> dict:
    place = {"channel": channel, "provider": provider, "connection": "main", "country": country}
    return place | {"arrived": arrived, "ended": of}


def told(amount: str, count: int, country: str = "GB", currency: str = "EUR") -> dict:
    place = {"channel": "sms", "provider": "telesign", "connection": "main", "country": country}
    return place | {"currency": currency, "told_count": count, "told_sum": Decimal(amount) * count}


def price(amount: str, **of: str) -> Price:
    return Price(price=Decimal(amount), currency=of.pop("currency", "EUR"), **of)


def odds(*outcomes: dict, told: tuple[dict, ...] = (), written: tuple[Price, ...] = ()) -> Odds:
    return Odds(outcomes=outcomes, told=told, written=written)


def asked(*steps: ReplayedStep) -> BackTestQuestion:
    return BackTestQuestion(steps=steps, from_=T0, to=T0 + timedelta(days=1))


class TestSteps:
    def test_a_fallback_leaves_at_bad_ends_and_when_the_wait_is_over(self):
        (sms,) = weigh([row(ended_badly=3, waited_out=4)], asked(VIBER, SMS), odds()).steps

        assert (sms.step, sms.channel, sms.sends, sms.is_estimate) == (1, "sms", 7, False)

    def test_of_those_that_never_arrived_as_many_are_won_as_arrive_there_that_way(self):
        (sms,) = weigh([row(waited_out=100, needed=50)], asked(VIBER, SMS), odds(ended("sms", 800, 1000))).steps

        assert sms.won.value == 40
        assert sms.won.low < 40 < sms.won.high

    def test_a_needless_fallback_is_a_double_delivery_when_it_arrives(self):
        account = weigh([row(waited_out=10, needless=10)], asked(VIBER, SMS), odds(ended("sms", 900, 1000)))

        assert account.double_deliveries.value == 9
        assert account.steps[0].won.value == 0

    def test_the_step_behind_takes_what_the_one_before_does_not_bring(self):
        rates = odds(ended("sms", 800, 1000), ended("voice", 500, 1000))
        sms, voice = weigh([row(waited_out=120, needed=100, needless=20)], asked(VIBER, SMS, VOICE), rates).steps

        assert (sms.sends, sms.is_estimate) == (120, False)
        assert (voice.sends, voice.is_estimate) == (pytest.approx(20), True)
        assert voice.won.value == pytest.approx(10)

    def test_where_nothing_ever_ended_that_way_nothing_is_promised(self):
        (sms,) = weigh([row(waited_out=9, needed=7)], asked(VIBER, SMS), odds()).steps

        assert sms.won == Estimate(0, 0, 0)
        assert sms.of_unknown_rate == 7

    def test_a_plan_of_one_step_is_none_to_be_replayed(self):
        with pytest.raises(QueryInvalid, match="no fallback"):
            asked(VIBER)


class TestCost:
    def test_a_whole_count_times_a_written_price_is_exact(self):
        written = (price("0.000001"),)
        (sms,) = weigh([row(waited_out=999_999)], asked(VIBER, SMS), odds(written=written)).steps

        assert sms.cost == [Money(Decimal("0.999999"), "EUR", 999_999)]

    def test_currencies_are_not_added_up(self):
        written = (price("0.05", country="GB"), price("0.01", country="US", currency="USD"))
        rows = [row(waited_out=2), row(waited_out=3, country="US")]
        (sms,) = weigh(rows, asked(VIBER, SMS), odds(written=written)).steps

        assert sms.cost == [Money(Decimal("0.10"), "EUR", 2), Money(Decimal("0.03"), "USD", 3)]

    def test_sends_without_a_price_are_told_and_not_guessed(self):
        account = weigh([row(waited_out=2, really_sent=5)], asked(VIBER, SMS), odds())

        assert (account.steps[0].cost, account.steps[0].unpriced_sends) == ([], 2)
        assert (account.really_cost, account.really_unpriced) == ([], 5)

    def test_what_really_left_costs_the_same_for_each(self):
        account = weigh([row(really_sent=4)], asked(VIBER, SMS), odds(written=(price("0.05"),)))

        assert account.really_cost == [Money(Decimal("0.20"), "EUR", 4)]


class TestPrices:
    @pytest.mark.parametrize(
        ("way", "country", "amount"),
        [
            pytest.param(Way(channel="sms"), "DE", "0.09", id="one for all messages fits all"),
            pytest.param(Way(channel="sms"), "GB", "0.05", id="that of the country comes first"),
            pytest.param(Way(channel="sms", provider="telesign"), "GB", "0.04", id="that of the provider there too"),
            pytest.param(Way(channel="voice"), "GB", "0.09", id="that of another channel is none"),
        ],
    )
    def test_the_written_price_that_says_most_counts(self, way, country, amount):
        written = (
            price("0.09"),
            price("0.05", channel="sms", country="GB"),
            price("0.04", channel="sms", country="GB", provider="telesign"),
        )

        assert odds(written=written).price(way, country) == UnitPrice(Decimal(amount), "EUR", None)

    def test_a_written_price_comes_before_those_that_were_told(self):
        one = odds(told=(told("0.07", 5),), written=(price("0.05"),))

        assert one.price(Way(channel="sms"), "GB") == UnitPrice(Decimal("0.05"), "EUR", None)

    def test_without_one_the_mean_of_those_told_there_counts(self):
        one = odds(told=(told("0.06", 1), told("0.09", 2), told("0.50", 9, country="US")))

        assert one.price(Way(channel="sms"), "GB") == UnitPrice(Decimal("0.080000"), "EUR", 3)

    def test_where_none_was_told_that_of_all_countries_counts(self):
        assert odds(told=(told("0.06", 4),)).price(Way(channel="sms"), "DE") == UnitPrice(Decimal("0.06"), "EUR", 4)

    def test_of_several_currencies_the_one_told_most_often_counts(self):
        one = odds(told=(told("0.06", 4), told("0.07", 5, currency="USD")))

        assert one.price(Way(channel="sms"), "GB") == UnitPrice(Decimal("0.07"), "USD", 5)

    def test_prices_of_another_provider_are_none_of_this_way(self):
        assert odds(told=(told("0.06", 4),)).price(Way(channel="sms", provider="routee"), "GB") is None


class TestRates:
    def test_that_of_the_country_counts_where_enough_ended_there(self):
        one = odds(ended("sms", 20, LEAST_ENDED), ended("sms", 0, 1000, country="US"))

        assert one.rate(Way(channel="sms"), "GB") == Rate(20, LEAST_ENDED, "GB")

    def test_else_that_of_all_countries(self):
        one = odds(ended("sms", 20, LEAST_ENDED - 1), ended("sms", 0, 1, country="US"))

        assert one.rate(Way(channel="sms"), "GB") == Rate(20, LEAST_ENDED, None)

    def test_only_what_went_over_the_connection_counts_for_a_step_that_names_one(self):
        one = odds(ended("sms", 50, 100), ended("sms", 0, 100, provider="routee"))

        assert one.rate(Way(channel="sms", provider="telesign", connection="main"), "GB") == Rate(50, 100, "GB")

    @pytest.mark.parametrize(
        ("arrived", "ended", "low", "high"),
        [
            # As R's prop.test(correct = FALSE) has them.
            pytest.param(50, 100, 0.4038, 0.5962, id="half of a hundred"),
            pytest.param(0, 10, 0.0, 0.2775, id="none of ten is not never"),
            pytest.param(10, 10, 0.7225, 1.0, id="all of ten is not always"),
        ],
    )
    def test_the_bounds_are_wilsons(self, arrived, ended, low, high):
        rate = Rate(arrived, ended, None)

        assert (rate.low, rate.high) == (pytest.approx(low, abs=1e-4), pytest.approx(high, abs=1e-4))


def test_what_was_assumed_is_told_by_step_and_country():
    rows = [row(), row(provider="telesign"), row(country=None)]
    basis = weigh(rows, asked(VIBER, SMS, VOICE), odds(ended("sms", 90, 100))).basis

    assert [(one.step, one.country, one.rate and one.rate.ended) for one in basis] == [
        (1, None, 100),
        (1, "GB", 100),
        (2, None, None),
        (2, "GB", None),
    ]
