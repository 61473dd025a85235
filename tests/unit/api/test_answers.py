"""Every address gives what it promises, and every answer says how fresh it is."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import pytest

from analytics.asking.buckets import Bucket
from analytics.measures.metrics import Dimension, Measure
from analytics.service import Health
from contracts.filters import Filter, Pattern, parse_filter
from contracts.status import DeliveryStatus
from contracts.vocabulary import Verdict
from tests.unit.api.counted_rows import UNEXPLAINED
from tests.unit.api.rows import ATTEMPT, CHANGES, FRESH, MESSAGE, TIMELINE, report

FRESHNESS = {
    "as_of": "2026-11-21T11:59:59.200000Z",
    "lag_records": 12,
    "lag_s": 0.8,
    "watermarks": {"updates": {"0": 4102, "1": 3987}, "callbacks": {"0": 1208, "1": 900}},
    "forgotten_before": None,
}


@pytest.mark.parametrize(
    "address",
    [f"/v1/messages/{MESSAGE}", "/v1/changes", "/v1/metrics", "/v1/conservation", "/v1/parked", "/v1/freshness"],
)
def test_every_answer_says_how_fresh_it_is(client, address):
    answer = client.get(address)

    assert answer.status_code == 200
    assert answer.json()["freshness"] == FRESHNESS


def test_before_the_first_complete_moment_the_time_is_null(client, parts):
    parts.store.fresh = replace(FRESH, as_of=None, lag_s=None)

    assert client.get("/v1/freshness").json()["freshness"]["as_of"] is None


@pytest.mark.parametrize("spelling", [MESSAGE, ATTEMPT, MESSAGE.upper(), MESSAGE.replace("-", "")])
def test_a_message_is_found_by_its_own_id_and_by_that_of_an_attempt(client, spelling):
    told = client.get(f"/v1/messages/{spelling}").json()

    assert told["message_id"] == MESSAGE
    assert told["status"] == "delivered"
    assert [one["attempt_id"] for one in told["attempts"]] == [ATTEMPT]


def test_a_timeline_tells_what_was_said_and_what_it_did(client):
    told = client.get(f"/v1/messages/{MESSAGE}").json()

    assert [(one["verdict"], one["status"]) for one in told["timeline"]] == [
        ("registered", None),
        ("applied", "delivered"),
        ("repeated", "delivered"),
    ]
    assert told["timeline"][0]["cause"] is None
    assert told["timeline"][1]["cause"] == {"partition": 3, "offset": 1207, "index": 0, "items": 2}
    assert told["timeline"][1]["occurred_at"] == "2026-11-21T11:59:57.500000Z"
    assert told["evidence"] is None


def test_the_status_of_a_message_is_the_best_of_its_attempts(client, parts):
    (delivered,) = parts.store.told.attempts
    parts.store.told = replace(TIMELINE, attempts=[delivered | {"status": "failed"}, delivered])

    assert client.get(f"/v1/messages/{MESSAGE}").json()["status"] == "delivered"


def test_a_cascade_shows_its_channels_by_where_each_stands(client, parts):
    viber = {"channel": "viber", "provider_message_id": "v", "item_status": "expired"}
    sms = {"channel": "sms", "provider_message_id": "s"}
    parts.store.told = replace(
        TIMELINE,
        rows=[
            report(Verdict.APPLIED, DeliveryStatus.EXPIRED, **viber),
            report(Verdict.APPLIED, DeliveryStatus.SENT, **sms),
            report(Verdict.APPLIED, DeliveryStatus.DELIVERED, **sms),
            report(Verdict.APPLIED, DeliveryStatus.DELIVERED, scope="transaction"),
        ],
    )
    (attempt,) = client.get(f"/v1/messages/{MESSAGE}").json()["attempts"]

    assert [(leg["channel"], leg["status"]) for leg in attempt["legs"]] == [("viber", "expired"), ("sms", "delivered")]


def test_an_attempt_on_one_channel_has_no_legs(client):
    (attempt,) = client.get(f"/v1/messages/{MESSAGE}").json()["attempts"]

    assert attempt["legs"] == []
    assert (attempt["channel"], attempt["country"], attempt["sender"]) == ("viber", "GB", "ExampleShop")


def test_an_attempt_nobody_has_registered_has_no_message_yet(client, parts):
    (attempt,) = parts.store.told.attempts
    parts.store.told = replace(TIMELINE, attempts=[attempt | {"message_id": None, "is_registered": False}])

    assert client.get(f"/v1/messages/{ATTEMPT}").json()["message_id"] is None


def test_evidence_is_read_at_the_causes_and_only_when_asked_for(client, parts):
    evidence = client.get(f"/v1/messages/{MESSAGE}?evidence=true").json()["evidence"]

    assert parts.evidence.asked == [(3, 1207, "infobip", "main"), (3, 1210, "infobip", "main")]
    assert [(one["partition"], one["offset"], one["body_text"]) for one in evidence] == [
        (3, 1207, "{}"),
        (3, 1210, "{}"),
    ]


def test_changes_come_newest_first_and_as_many_as_asked(client):
    changes = client.get("/v1/changes?limit=2").json()["changes"]

    assert [one["received_at"] for one in changes] == ["2026-11-21T12:00:00Z", "2026-11-21T11:59:59Z"]


def test_changes_never_show_a_recipient(client, parts):
    parts.store.changes = [row | {"recipient": "+447700900105", "recipient_hash": 1234567890123} for row in CHANGES]
    answer = client.get("/v1/changes")

    assert answer.json()["changes"]
    assert "447700900105" not in answer.text
    assert "1234567890123" not in answer.text


def test_conservation_is_a_sum_that_can_be_checked(client):
    told = client.get("/v1/conservation").json()
    total = told["total"]

    assert total["received"] == sum(total.values()) - total["received"]
    assert told["is_balanced"] is True
    assert [one["provider"] for one in told["providers"]] == ["infobip"]
    assert told["unexplained_positions"] == []


def test_what_is_unexplained_is_named_by_position(client, parts):
    parts.store.balance = parts.store.balance | {"unexplained": 1}
    parts.store.unexplained = [UNEXPLAINED]
    told = client.get("/v1/conservation").json()

    assert told["is_balanced"] is False
    assert told["unexplained_positions"] == [
        {
            "partition": 3,
            "offset": 1207,
            "provider": "infobip",
            "connection": "main",
            "received_at": "2026-11-21T12:00:00Z",
            "items": 2,
            "explained_indexes": [0],
        }
    ]


def test_what_is_counted_twice_is_no_balance_either(client, parts):
    parts.store.balance = parts.store.balance | {"explained_twice": 1}

    assert client.get("/v1/conservation").json()["is_balanced"] is False


def test_what_waits_for_its_registration_is_told_with_the_age_of_the_oldest(client):
    told = client.get("/v1/parked").json()

    assert (told["report_count"], told["oldest_at"]) == (6, "2026-11-20T06:00:00Z")
    assert told["oldest_age_s"] == pytest.approx(30 * 3600, abs=60)
    assert [(one["account"], one["attempt_count"]) for one in told["connections"]] == [("default", 2), ("other", 2)]


def test_when_nothing_waits_nothing_is_oldest(client, parts):
    parts.store.waiting = []
    told = client.get("/v1/parked").json()

    assert (told["report_count"], told["oldest_at"], told["oldest_age_s"], told["connections"]) == (0, None, None, [])


def test_freshness_says_where_records_wait(client):
    assert client.get("/v1/freshness").json()["lag_by_topic"] == {"callbacks": 0, "updates": 12}


def test_without_more_metrics_are_those_of_the_last_day(client, parts):
    told = client.get("/v1/metrics").json()

    assert (told["from"], told["to"]) == ("2026-11-20T12:00:00Z", "2026-11-21T12:00:00Z")
    assert told["measures"] == ["sent", "delivered", "delivery_rate"]
    assert told["rows"] == [{"bucket_at": "2026-11-21T11:00:00Z", "sent": 812}]
    assert parts.store.asked[0].accounts is None


def test_metrics_say_what_to_ask_for_next_and_then_what_changed(client, parts):
    first = client.get("/v1/metrics").json()
    next_one = client.get("/v1/metrics", params={"changed_since": first["revision"]}).json()

    assert (first["revision"], first["changed"]) == (7, None)
    assert next_one["changed"] == [{"bucket_at": "2026-11-21T12:00:00Z", "revision": 7}]
    assert [question.changed_since for question in parts.store.asked] == [None, 7]


@pytest.mark.parametrize(
    ("query", "measures"),
    [
        pytest.param("measure=sent", (Measure.SENT,), id="one"),
        pytest.param("measure=sent,seen", (Measure.SENT, Measure.SEEN), id="commas"),
        pytest.param("measure=sent&measure=seen", (Measure.SENT, Measure.SEEN), id="repeated"),
        pytest.param("measure=sent,seen&measure=sent", (Measure.SENT, Measure.SEEN), id="both, each once"),
    ],
)
def test_measures_are_listed_either_way(client, parts, query, measures):
    assert client.get(f"/v1/metrics?{query}").status_code == 200

    assert parts.store.asked[0].measures == measures


@pytest.mark.parametrize("dimension", Dimension)
def test_every_dimension_groups_and_filters(client, parts, dimension):
    value = {"country": "GB", "channel": "sms", "status": "seen", "reason": "no_route"}.get(dimension, "one")
    answer = client.get("/v1/metrics", params={"group_by": dimension, dimension: value})

    assert answer.status_code == 200
    assert parts.store.asked[0].group_by == (dimension,)
    assert parts.store.asked[0].filters == {dimension: parse_filter([value])}


@pytest.mark.parametrize(
    ("texts", "chosen"),
    [
        pytest.param(["spring\\, late"], Filter((Pattern("spring, late"),)), id="a comma behind a backslash"),
        pytest.param(["a,b"], Filter((Pattern("a"), Pattern("b"))), id="commas"),
        pytest.param(["a", "b"], Filter((Pattern("a"), Pattern("b"))), id="repeated"),
        pytest.param(
            ["spring*,!x"], Filter((Pattern("spring", is_prefix=True),), (Pattern("x"),)), id="beginnings, and none of"
        ),
    ],
)
def test_filters_are_read_by_the_grammar(client, parts, texts, chosen):
    assert client.get("/v1/metrics", params={"campaign": texts}).status_code == 200

    assert parts.store.asked[0].filters == {Dimension.CAMPAIGN: chosen}


@pytest.mark.parametrize(
    ("span", "counted"),
    [
        pytest.param(("10:00:00", "11:00:00"), ("10:00:00", "11:00:00"), id="full hours stay"),
        pytest.param(("10:00:01", "10:59:59"), ("10:00:00", "11:00:00"), id="a part of an hour is all of it"),
        pytest.param(("10:30:00", "11:00:00.000001"), ("10:00:00", "12:00:00"), id="a moment more is an hour more"),
    ],
)
def test_spans_are_counted_in_full_hours_and_the_answer_says_which(client, span, counted):
    from_, to = (f"2026-11-21T{time}Z" for time in span)
    told = client.get("/v1/metrics", params={"from": from_, "to": to}).json()

    assert (told["from"], told["to"]) == tuple(f"2026-11-21T{time}Z" for time in counted)


def test_in_finer_buckets_spans_are_taken_to_full_buckets(client):
    query = {"bucket": "five_minutes", "from": "2026-11-21T10:04:00Z", "to": "2026-11-21T10:16:00Z"}
    told = client.get("/v1/metrics", params=query).json()

    assert (told["from"], told["to"]) == ("2026-11-21T10:00:00Z", "2026-11-21T10:20:00Z")


def test_money_is_told_to_the_last_place(client, parts):
    parts.store.metrics_rows = [{"cost": {"EUR": Decimal("0.000001"), "USD": Decimal("123456789012.100000")}}]
    told = client.get("/v1/metrics?measure=cost&bucket=none").json()

    assert told["rows"] == [{"cost": {"EUR": "0.000001", "USD": "123456789012.100000"}}]


@pytest.mark.parametrize(("fill", "compare"), [(None, None), ("zero", None), (None, "previous"), ("zero", "previous")])
def test_filling_and_comparing_are_asked_for(client, parts, fill, compare):
    query = {name: value for name, value in (("fill", fill), ("compare", compare)) if value}
    assert client.get("/v1/metrics", params=query).status_code == 200
    (question,) = parts.store.asked

    assert (question.is_filled, question.is_compared) == (fill is not None, compare is not None)


def test_the_span_is_taken_to_utc_and_the_zone_passed_on(client, parts):
    query = {
        "from": "2026-11-01T00:00:00+01:00",
        "to": "2026-11-21T00:00:00Z",
        "bucket": "day",
        "time_zone": "Europe/Athens",
    }
    assert client.get("/v1/metrics", params=query).status_code == 200
    question = parts.store.asked[0]

    assert question.from_ == datetime.fromisoformat("2026-10-31T23:00:00+00:00")
    assert (question.bucket, question.time_zone) == (Bucket.DAY, "Europe/Athens")


@pytest.mark.parametrize(
    ("address", "health", "is_registrar_ready", "status"),
    [
        pytest.param("/healthz", (True, True), True, 200, id="well"),
        pytest.param("/healthz", (True, False), False, 200, id="not ready is no reason to end a process"),
        pytest.param("/healthz", (False, False), True, 503, id="a failed store is"),
        pytest.param("/readyz", (True, True), True, 200, id="ready"),
        pytest.param("/readyz", (True, False), True, 503, id="the store is not ready"),
        pytest.param("/readyz", (True, True), False, 503, id="Kafka takes no registrations"),
    ],
)
def test_health(connect, parts, address, health, is_registrar_ready, status):
    parts.store.state = Health(*health, reason="because")
    parts.registrar.is_ready = is_registrar_ready
    answer = connect().get(address)

    assert answer.status_code == status
    assert answer.json()["is_ok"] is (status == 200)
    assert answer.json()["reason"]


def test_prometheus_can_read_the_metrics(connect):
    answer = connect().get("/metrics")

    assert answer.headers["content-type"].startswith("text/plain")
    assert "tidings_unexplained_items" in answer.text


def test_browsers_are_told_to_be_careful(connect):
    headers = connect().get("/healthz").headers

    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
