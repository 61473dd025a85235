"""Money of several currencies is told in one, exactly, or it is said why not."""

from decimal import Decimal

import pytest

from contracts.errors import ConfigurationInvalid, QueryInvalid
from runtime.exchange import load_exchange

FILE = """
base = "EUR"
as_of = 2026-11-20
[rates]
USD = "0.917"
GBP = "1.19"
[accounts]
acme = "USD"
"""


@pytest.fixture
def exchange(tmp_path):
    (tmp_path / "exchange.toml").write_text(FILE, "utf-8")
    return load_exchange(tmp_path / "exchange.toml")


@pytest.mark.parametrize(
    ("amounts", "into", "total"),
    [
        pytest.param({"EUR": "0.1234567"}, "EUR", "0.1234567", id="one that is in it stays as it is"),
        pytest.param({"USD": "0.1234567"}, "USD", "0.1234567", id="also when it is not the base"),
        pytest.param({"USD": "10"}, "EUR", "9.170000", id="into the base"),
        pytest.param({"EUR": "9.17"}, "USD", "10.000000", id="out of the base"),
        pytest.param({"GBP": "1"}, "USD", "1.297710", id="over the base"),
        pytest.param({"EUR": "0.0000004", "USD": "0.0000002"}, "EUR", "0.000001", id="rounded once, behind the sum"),
        pytest.param({}, "EUR", "0", id="nothing"),
    ],
)
def test_the_sum_of_several_currencies(exchange, amounts, into, total):
    told = exchange.total({currency: Decimal(amount) for currency, amount in amounts.items()}, into)

    assert str(told) == total


@pytest.mark.parametrize(("amounts", "into"), [({"CHF": Decimal(1)}, "EUR"), ({"EUR": Decimal(1)}, "CHF")])
def test_a_currency_without_a_rate_is_named(exchange, amounts, into):
    with pytest.raises(QueryInvalid, match="no rate for CHF"):
        exchange.total(amounts, into)


def test_an_account_has_its_own_currency_or_the_base(exchange):
    assert (exchange.currency_of("acme"), exchange.currency_of("other")) == ("USD", "EUR")


@pytest.mark.parametrize(
    ("file", "why"),
    [
        pytest.param("base = ", "exchange.toml", id="no TOML"),
        pytest.param('base = "euro"\nas_of = 2026-11-20', "base", id="no currency"),
        pytest.param(FILE.replace('"0.917"', '"0"'), "rates.USD", id="worth nothing"),
        pytest.param(FILE + 'ACME = "USD"', "accounts.ACME", id="no account"),
        pytest.param("more = 1" + FILE, "more", id="an unknown member"),
    ],
)
def test_a_file_that_is_wrong_says_where(tmp_path, file, why):
    (tmp_path / "exchange.toml").write_text(file, "utf-8")

    with pytest.raises(ConfigurationInvalid, match=why):
        load_exchange(tmp_path / "exchange.toml")


def test_a_file_that_is_not_there_says_so(tmp_path):
    with pytest.raises(ConfigurationInvalid, match=r"exchange\.toml"):
        load_exchange(tmp_path / "exchange.toml")
