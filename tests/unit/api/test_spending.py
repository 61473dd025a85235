"""Money is told in one currency when that is asked for, and else in each that was paid."""

import pytest

from analytics.measures.currencies import OneCurrency
from api.admission.keys import Scope
from runtime.exchange import load_exchange

FILE = 'base = "EUR"\nas_of = 2026-11-20\n[rates]\nUSD = "0.92"\n'
ADDRESSES = ["/v1/metrics?measure=cost", "/v1/reports/cost?group_by=provider"]


@pytest.fixture
def exchange(parts, tmp_path):
    file = tmp_path / "exchange.toml"
    file.write_text(FILE, "utf-8")
    api = parts.settings.api.model_copy(update={"exchange": file})
    object.__setattr__(parts, "settings", parts.settings.model_copy(update={"api": api}))
    return file


@pytest.mark.parametrize("address", ADDRESSES)
class TestEachAddress:
    def test_tells_every_amount_as_it_was_paid_when_nothing_is_said(self, client, parts, exchange, address):
        assert client.get(address).json()["rates_as_of"] is None
        assert parts.store.asked[0].money is None

    def test_tells_of_which_day_the_rates_are(self, client, parts, exchange, address):
        assert client.get(f"{address}&currency=USD").json()["rates_as_of"] == "2026-11-20"
        assert parts.store.asked[0].money == OneCurrency(load_exchange(exchange), "USD")

    def test_reads_the_file_anew(self, client, parts, exchange, address):
        exchange.write_text(FILE.replace("11-20", "11-21"), "utf-8")

        assert client.get(f"{address}&currency=EUR").json()["rates_as_of"] == "2026-11-21"

    @pytest.mark.parametrize(("currency", "status"), [("euro", 422), ("eur", 422), ("", 422), ("EUR", 200)])
    def test_takes_currencies_only(self, client, exchange, address, currency, status):
        assert client.get(f"{address}&currency={currency}").status_code == status

    def test_says_what_to_do_without_a_file(self, client, address):
        told = client.get(f"{address}&currency=EUR").json()

        assert (told["status"], "api.exchange" in told["detail"]) == (400, True)

    def test_says_what_to_do_when_the_file_is_wrong(self, client, exchange, address):
        exchange.write_text("base =", "utf-8")
        told = client.get(f"{address}&currency=EUR").json()

        assert (told["status"], "ask without currency" in told["detail"]) == (400, True)
        assert str(exchange) not in told["detail"]

    def test_does_not_guess_the_account(self, client, exchange, address):
        told = client.get(f"{address}&currency=account").json()

        assert (told["status"], "group by account" in told["detail"]) == (400, True)


@pytest.mark.parametrize(
    ("bound", "query", "account"),
    [
        pytest.param(("default",), "", "default", id="that of the key"),
        pytest.param(None, "&account=default", "default", id="that of the filter"),
        pytest.param(None, "&account=def*&group_by=account", None, id="that of each row"),
    ],
)
def test_whose_currency_it_is(connect, parts, exchange, bound, query, account):
    client = connect(Scope.READ, accounts=bound)

    assert client.get(f"/v1/metrics?measure=cost&currency=account{query}").status_code == 200
    assert parts.store.asked[0].money == OneCurrency(load_exchange(exchange), None, account)
