"""Which connections are asked, and how patiently."""

import pytest

from runtime.settings import Connection, Settings
from streams.reconcile.rules import rules_of_connections
from tests.support.asked_provider import ASKED
from tests.support.ledger_provider import LEDGER


def rules(of=ASKED, /, **members):
    given = {"provider": "ledger", "name": "main", "base_url": "https://api.example.com"}
    connection = Connection(**{name: value for name, value in (given | members).items() if value is not None})
    return rules_of_connections(Settings(connections=(connection,)), {of.slug: of})


def test_patience_is_the_providers():
    found = rules(account="shop")["ledger", "main"]

    assert (found.first_after_ms, found.again_after_ms, found.remembers_ms) == (1000, 5000, 60_000)
    assert (found.account, found.is_observed_only) == ("shop", False)


def test_a_connection_may_be_more_patient():
    assert rules(expects_reports_within_s=90)["ledger", "main"].first_after_ms == 90_000


@pytest.mark.parametrize(
    "members",
    [
        pytest.param({"provider": "unknown"}, id="its provider is unknown"),
        pytest.param({"asks_when_silent": False}, id="it is told not to"),
        pytest.param({"base_url": None}, id="it lacks what asking needs"),
        pytest.param({"no_such_member": 1}, id="its settings are wrong"),
    ],
)
def test_a_connection_is_not_asked_when(members):
    assert rules(**members) == {}


def test_a_provider_without_a_look_up_is_not_asked():
    assert rules(LEDGER, base_url=None) == {}
