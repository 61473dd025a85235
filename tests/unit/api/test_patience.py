"""An answer is not older than the caller says it may be."""

from dataclasses import replace
from datetime import timedelta

import pytest

from analytics.reports.catalogue import Report
from tests.unit.api.rows import FRESH, MESSAGE, NOON

REPORTS = [*(f"/v1/reports/{name}" for name in Report), "/v1/reports/trust"]
ADDRESSES = ["/v1/metrics", "/v1/messages", f"/v1/messages/{MESSAGE}", *REPORTS]
AS_OF = FRESH.as_of
LATER = replace(FRESH, as_of=NOON)


def ask(client, address, **query):
    return client.get(address, params={"min_as_of": NOON.isoformat()} | query)


@pytest.mark.parametrize("address", ADDRESSES)
class TestEveryQuestion:
    def test_is_answered_when_the_store_is_as_far(self, client, address):
        assert ask(client, address, min_as_of=AS_OF.isoformat()).status_code == 200

    def test_is_refused_with_the_lag_when_it_is_not(self, client, parts, address):
        answer = ask(client, address)
        told = answer.json()

        assert (answer.status_code, told["type"], answer.headers["retry-after"]) == (425, "/problems/store-behind", "1")
        assert (told["as_of"], told["lag_s"], told["lag_records"]) == (AS_OF.isoformat(), 0.8, 12)
        assert parts.store.asked == []

    def test_waits_until_it_is(self, client, parts, address):
        parts.store.later = iter([FRESH, LATER])

        assert ask(client, address, wait_s=5).status_code == 200

    def test_waits_no_longer_than_was_asked_for(self, client, parts, address):
        parts.store.later = iter([FRESH, FRESH, LATER])

        assert ask(client, address, wait_s=0.2).status_code == 425

    @pytest.mark.parametrize("query", [{"wait_s": 31}, {"wait_s": -1}, {"wait_s": "nan"}, {"min_as_of": "noon"}])
    def test_is_refused_when_the_wish_makes_no_sense(self, client, address, query):
        assert ask(client, address, **query).status_code == 422


def test_before_the_first_complete_moment_no_wish_is_met(client, parts):
    parts.store.fresh = replace(FRESH, as_of=None, lag_s=None)
    told = ask(client, "/v1/metrics").json()

    assert (told["status"], told["as_of"], told["lag_s"]) == (425, None, None)


def test_an_answer_that_is_older_than_the_store_is_refused_too(client, parts):
    """Sessions follow a moment behind the rest."""
    parts.store.fresh = replace(FRESH, as_of=NOON - timedelta(hours=1))
    parts.store.later = iter([LATER])
    store_report = parts.store.report

    async def older(name, question):
        return replace(await store_report(name, question), freshness=FRESH)

    parts.store.report = older

    assert ask(client, "/v1/reports/sessions").status_code == 425
