"""`python -m api` on a real broker and a real store: what the stages write is what the API answers, to whom it may."""

from collections.abc import Iterator

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.measures.metrics import Dimension, Measure
from analytics.measures.sources import COUNTED
from analytics.reports.catalogue import Report
from api.admission.keys import Scope
from api.admission.sign_ins import offer_sign_in
from docs.site.metrics import declared
from runtime.clock import SystemClock
from tests.support.running_api import OURS, STORIES, THEIRS, RunningApi, running_api
from tests.support.scraped import families

pytestmark = pytest.mark.broker


@pytest.fixture(scope="module")
def api(broker: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApi]:
    with running_api(broker, tmp_path_factory.mktemp("api")) as running:
        yield running


@pytest.fixture
def client(api: RunningApi) -> Iterator[httpx2.Client]:
    with api.client() as client:
        yield client


def test_what_prometheus_is_told_is_what_is_documented(client):
    assert families(client.get("/metrics").text) == {metric.name for metric in declared()}


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.account)
@pytest.mark.parametrize("name", ["message_id", "attempt_id"])
def test_the_life_of_a_message_is_told_with_its_evidence(client, story, name):
    told = client.get(f"/v1/messages/{getattr(story, name)}?evidence=true").json()
    (attempt,) = told["attempts"]

    assert (told["message_id"], told["status"]) == (story.message_id, story.end)
    assert (attempt["attempt_id"], attempt["root_id"], attempt["account"]) == (
        story.attempt_id,
        story.root_id,
        story.account,
    )
    assert [(one["status"], one["previous_status"]) for one in told["timeline"]] == [
        ("accepted", None),
        (story.end, "accepted"),
    ]
    assert told["timeline"][1]["cause"] == {"partition": story.partition, "offset": 1, "index": 0, "items": 1}
    assert told["timeline"][1]["provider_code"] == "6"
    assert [one["body_text"] for one in told["evidence"]] == [story.body(0).decode(), story.body(1).decode()]


def test_no_recipient_is_told_anywhere(client):
    addresses = ["/v1/changes", "/v1/conservation", "/v1/metrics", f"/v1/messages/{OURS.message_id}"]

    assert not [address for address in addresses if "7700900105" in client.get(address).text]


def test_what_was_received_is_accounted_for(client):
    told = client.get("/v1/conservation").json()
    total = told["total"]

    assert told["is_balanced"]
    assert (total["received"], total["applied"], total["unexplained"]) == (4, 4, 0)
    assert [(one["provider"], one["received"]) for one in told["providers"]] == [("infobip", 4)]


def test_the_newest_changes_come_first(client):
    changes = client.get("/v1/changes").json()["changes"]

    assert {one["message_id"] for one in changes[:2]} == {story.message_id for story in STORIES}
    assert [one["status"] for one in changes[2:]] == ["accepted", "accepted"]


@pytest.mark.parametrize("dimension", Dimension)
def test_everything_can_be_counted_by_everything(client, dimension):
    measures = [measure for measure in COUNTED if not measure.startswith("latency")]
    parameters = {"measure": ",".join(measures), "group_by": dimension, "bucket": "none"}
    answer = client.get("/v1/metrics", params=parameters)
    rows = answer.json()["rows"]

    assert sum(row["sent"] for row in rows) == 2
    assert sum(row["delivered"] for row in rows) == 1
    assert all(set(row) == {dimension, *measures} for row in rows)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        pytest.param("measure=latency_p50&group_by=status", "latencies", id="latencies by where attempts stand"),
        pytest.param("bucket=day&time_zone=Asia/Kolkata", "Asia/Kolkata", id="days that begin within an hour"),
    ],
)
def test_what_cannot_be_asked_together_is_said(client, query, said):
    answer = client.get(f"/v1/metrics?{query}")

    assert answer.status_code == 400
    assert said in answer.json()["detail"]


@pytest.mark.parametrize(("zone", "begins"), [("UTC", "00:00:00Z"), ("Etc/GMT-3", "21:00:00Z")])
def test_days_begin_where_the_clock_of_the_zone_says(client, zone, begins):
    parameters = {"bucket": "day", "time_zone": zone, "measure": "sent,latency_p50"}
    rows = client.get("/v1/metrics", params=parameters).json()["rows"]

    assert [row["sent"] for row in rows] == [2]
    assert rows[0]["bucket_at"].endswith(begins)
    assert rows[0]["latency_p50"] == pytest.approx(2000, rel=0.021)


@pytest.mark.parametrize(("own", "foreign"), [(OURS, THEIRS), (THEIRS, OURS)], ids=["default", "other"])
def test_an_account_sees_nothing_of_another(api, own, foreign):
    words = [foreign.message_id, foreign.attempt_id, foreign.root_id, f"of {foreign.account}"]
    every = ",".join(Dimension)
    with api.client(Scope.READ, accounts=(own.account,)) as client:
        told = [
            client.get("/v1/changes").text,
            client.get("/v1/metrics", params={"group_by": every}).text,
            client.get("/v1/metrics", params={"group_by": every, "account": foreign.account}).text,
            client.get("/v1/metrics", params={"group_by": every, "campaign": f"campaign of {foreign.account}"}).text,
            client.get(f"/v1/messages/{own.message_id}?evidence=true").text,
            *(client.get(f"/v1/reports/{name}?least_samples=1").text for name in Report),
            client.get("/v1/freshness").text,
            client.get("/v1/advice/waits").text,
        ]
        replayed = client.post("/v1/back-tests", json={"steps": [{"channel": "viber"}, {"channel": "sms"}]}).json()
        hidden = client.get(f"/v1/messages/{foreign.message_id}?evidence=true")
        also_hidden = client.get(f"/v1/messages/{foreign.attempt_id}")
        sums = client.get("/v1/metrics", params={"bucket": "none"}).json()["rows"]

    assert (hidden.status_code, also_hidden.status_code) == (404, 404)
    assert not [(word, text) for word in words for text in told if word in text]
    assert foreign.root_id not in hidden.text
    assert [row["sent"] for row in sums] == [1]
    assert [(place["connection"], place["messages"]) for place in replayed["places"]] == [(own.connection, 1)]
    assert own.message_id in told[0]


def test_the_page_shows_it_too(api):
    key, _ = api.ring.create(SystemClock(), name="person", scopes=[Scope.READ])
    link = offer_sign_in(api.data_dir, key.id, SystemClock())
    with httpx2.Client(base_url=api.url, timeout=30) as browser:
        assert browser.get(link).status_code == 200
        overview, message = browser.get("/").text, browser.get(f"/messages/{OURS.message_id}").text

    assert "Every item is accounted for" in overview
    assert OURS.message_id in overview
    assert f"words about {OURS.root_id}" in message


def test_a_registration_over_http_is_acknowledged(client):
    body = {"provider": "infobip", "connection": "main", "root_id": "vb-new", "recipient": "+447700900106"}
    answer = client.post("/v1/attempts", json=[body])

    assert answer.status_code == 202
    assert answer.json()["attempts"][0]["account"] == "default"


VALUES = st.sampled_from([*Measure, *Dimension, "hour", "day", "none", "GB", "viber", "default", "UTC"]) | st.text(
    max_size=40
)
NAMES = st.sampled_from(["measure", "group_by", "bucket", "time_zone", *Dimension])


@settings(max_examples=60, deadline=None)
@given(query=st.lists(st.tuples(NAMES, VALUES), max_size=6))
def test_no_question_breaks_the_store(client_for_all, query):
    pairs = [(name, value.encode("utf-8", "surrogatepass")) for name, value in query]

    assert client_for_all.get("/v1/metrics", params=pairs).status_code in {200, 400, 422}


@pytest.fixture(scope="module")
def client_for_all(api: RunningApi) -> Iterator[httpx2.Client]:
    with api.client() as client:
        yield client
