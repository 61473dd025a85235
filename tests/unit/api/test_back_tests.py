"""What may be asked of the past, of whose, and how it is answered."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.back_test.questions import ReplayedStep, TimeBy
from api.admission.keys import Scope
from runtime.policies import load_policies
from runtime.settings import Connection, FallbackSettings, Price
from tests.unit.api.anything import FEW, JSON, TIMES, VALUES
from tests.unit.api.rows import NOON

STEPS = [{"channel": "viber", "wait_s": 60}, {"channel": "sms"}]
POLICIES = """
[[policies]]
name = "otp"
version = 3
[[policies.steps]]
channel = "viber"
provider = "infobip"
connection = "main"
sender = "ExampleShop"
wait_s = 45
[[policies.steps]]
channel = "sms"
provider = "infobip"
connection = "main"
sender = "ExampleShop"
wait_s = 600

[[policies]]
name = "single"
version = 1
[[policies.steps]]
channel = "sms"
provider = "infobip"
connection = "main"
sender = "ExampleShop"
wait_s = 600
"""


@pytest.fixture
def parts(parts, tmp_path: Path):
    """With two policies, and what SMS costs."""
    file = tmp_path / "policies.toml"
    file.write_text(POLICIES)
    members = {
        "connections": (Connection(provider="infobip", name="main", account="default"),),
        "fallback": FallbackSettings(policies=file),
        "prices": (Price(price=Decimal("0.05"), currency="EUR", channel="sms"),),
    }
    settings = parts.settings.model_copy(update=members)
    return replace(parts, settings=settings, policies=lambda: load_policies(settings))


def test_a_plan_is_answered_with_what_it_would_have_done(client):
    told = client.post("/v1/back-tests", json={"steps": STEPS}).json()
    (sms,) = told["steps"]

    assert told["whole"]["messages"] == 1000
    assert (sms["sends"], sms["cost"]) == (240, [{"amount": "12.00", "currency": "EUR", "sends": 240}])
    assert sms["won"]["value"] == pytest.approx(170 * 0.93)
    assert told["really_cost"] == [{"amount": "11.00", "currency": "EUR", "sends": 220}]
    assert told["basis"][0]["rate"]["ended"] == 1000
    assert told["basis"][0]["price"] == {"amount": "0.05", "currency": "EUR", "told_count": None}
    assert (told["places"][0]["provider"], told["places"][0]["country"]) == ("infobip", "GB")
    assert told["policy"] is None
    assert told["freshness"]["lag_records"] == 12


def test_a_policy_is_replayed_by_its_name_and_its_version_is_told(client, parts):
    told = client.post("/v1/back-tests", json={"policy": "otp"}).json()

    assert told["policy"] == {"name": "otp", "version": 3}
    assert parts.store.asked[-1].steps == (
        ReplayedStep(channel="viber", provider="infobip", connection="main", wait_s=45),
        ReplayedStep(channel="sms", provider="infobip", connection="main", wait_s=600),
    )


def test_a_week_that_ends_now_is_taken_unless_a_span_is_given(client, parts):
    client.post("/v1/back-tests", json={"steps": STEPS})
    client.post("/v1/back-tests", json={"steps": STEPS, "from": "2026-11-01T00:00:00Z", "to": "2026-11-02T00:00:00Z"})
    spans = [(one.from_, one.to) for one in parts.store.asked]

    assert spans == [
        (NOON - timedelta(days=7), NOON),
        (datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 2, tzinfo=UTC)),
    ]


def test_filters_reach_the_store(client, parts):
    chosen = {"provider": "infobip", "country": ["GB", "DE"], "campaign": ["spring"], "clock": "occurred"}
    client.post("/v1/back-tests", json={"steps": STEPS} | chosen)
    asked = parts.store.asked[-1]

    assert (asked.provider, asked.countries, asked.campaigns) == ("infobip", ("GB", "DE"), ("spring",))
    assert asked.clock is TimeBy.OCCURRED


def test_a_filter_may_be_one_text_as_in_other_bodies(client, parts):
    client.post("/v1/back-tests", json={"steps": STEPS, "country": "GB,DE", "campaign": "spring, early"})
    asked = parts.store.asked[-1]

    assert (asked.countries, asked.campaigns) == (("GB", "DE"), ("spring, early",))


@pytest.mark.parametrize("address", ["back-tests", "advice/waits"])
def test_a_key_of_an_account_asks_about_that_account(connect, parts, address):
    client = connect(Scope.READ, accounts=("default",))
    answer = (
        client.get(f"/v1/{address}")
        if address.startswith("adv")
        else client.post(f"/v1/{address}", json={"steps": STEPS})
    )

    assert answer.status_code == 200
    assert parts.store.asked[-1].accounts == ("default",)


def test_policies_over_connections_of_others_are_not_even_named(connect):
    answer = connect(Scope.READ, accounts=("other",)).post("/v1/back-tests", json={"policy": "otp"})

    assert answer.status_code == 422
    assert "single" not in answer.text


@pytest.mark.parametrize(
    ("body", "told"),
    [
        pytest.param({}, "either policy or steps", id="no plan"),
        pytest.param({"steps": STEPS, "policy": "otp"}, "either policy or steps", id="two plans"),
        pytest.param({"steps": STEPS[:1]}, "at least 2", id="no fallback"),
        pytest.param({"policy": "absent"}, "there are: otp, single", id="no such policy"),
        pytest.param({"policy": "single"}, "one step", id="a policy without a fallback"),
        pytest.param({"steps": [*STEPS, {"channel": "fax"}]}, "steps", id="no such channel"),
        pytest.param(
            {"steps": STEPS, "from": "2026-11-20T00:00:00Z", "to": "2026-11-19T00:00:00Z"}, "begin", id="backwards"
        ),
        pytest.param({"steps": STEPS, "from": "2026-01-01T00:00:00Z"}, "100 days", id="more than is looked at"),
        pytest.param({"steps": STEPS, "wait": 3}, "wait", id="a member that is none"),
    ],
)
def test_what_cannot_be_asked_is_refused_and_the_rule_named(client, body, told):
    answer = client.post("/v1/back-tests", json=body)

    assert answer.status_code == 422
    assert told in answer.text


def test_a_form_is_not_taken(client):
    assert client.post("/v1/back-tests", data={"policy": "otp"}).status_code == 415


def test_a_key_that_may_not_read_may_not_ask(connect):
    assert connect(Scope.SEND).post("/v1/back-tests", json={"steps": STEPS}).status_code == 403


def test_a_wait_is_advised_with_what_it_rests_on(client):
    told = client.get("/v1/advice/waits").json()
    (wait,) = told["waits"]

    assert (wait["provider"], wait["channel"], wait["country"]) == ("infobip", "viber", "GB")
    assert (wait["verdict"], wait["observations"], wait["still_open"]) == ("advised", 1000, 100)
    assert wait["low_s"] <= wait["wait_s"] <= wait["high_s"]
    assert wait["price"]["amount"] == "0.05"


def test_below_the_least_of_observations_nothing_is_advised(client):
    (wait,) = client.get("/v1/advice/waits?least=1001").json()["waits"]

    assert (wait["verdict"], wait["wait_s"]) == ("too_few", None)


@pytest.mark.parametrize("query", ["value_of_minute=0", "value_of_minute=nan", "least=1", "fallback=fax", "from=2020"])
def test_advice_that_makes_no_sense_is_refused(client, query):
    assert client.get(f"/v1/advice/waits?{query}").status_code == 422


SPAN = {"from": TIMES, "to": TIMES, "provider": VALUES, "country": JSON, "campaign": JSON, "clock": VALUES}
STEP = st.fixed_dictionaries({"channel": st.sampled_from(["viber", "sms"]) | VALUES}, optional={"wait_s": JSON})
PLANS = {"policy": st.just("otp") | VALUES, "steps": st.lists(STEP, max_size=7) | JSON}


@FEW
@given(body=st.fixed_dictionaries({}, optional=SPAN | PLANS) | JSON)
def test_no_body_breaks_a_replay(client, body):
    answer = client.post("/v1/back-tests", content=json.dumps(body), headers={"content-type": "application/json"})

    assert answer.status_code in {200, 400, 422}


@FEW
@given(query=st.lists(st.tuples(st.sampled_from([*SPAN, "channel", "least", "value_of_minute"]), VALUES), max_size=5))
def test_no_query_breaks_advice(client, query):
    pairs = [(name, value.encode("utf-8", "surrogatepass")) for name, value in query]

    assert client.get("/v1/advice/waits", params=pairs).status_code in {200, 400, 422}


def test_the_page_offers_and_replays_the_policies_that_have_a_fallback(visitor):
    page = visitor.get("/fallbacks?policy=otp").text

    assert '<option value="otp" selected>' in page
    assert '<option value="single"' not in page
    assert "viber by infobip/main for 45.0" in page
    assert "Fallbacks by how long one waits" in page
