"""A registration is checked, completed, written and acknowledged, or refused with the member and the rule."""

import json
from datetime import timedelta
from uuid import UUID

import pytest

from api.submissions.registrations import AT_ONCE
from contracts.errors import BrokerUnavailable
from contracts.vocabulary import Channel
from tests.unit.api.rows import MESSAGE, NOON

MINIMAL = {"provider": "telesign", "connection": "main", "root_id": "35C8B5D509BC10689196FED2AD551B01"}
FULL = MINIMAL | {
    "message_id": MESSAGE,
    "channel": "viber",
    "recipient": "+44 7700 900105",
    "sender": "ExampleShop",
    "campaign": "autumn",
    "external_id": "order-1207",
    "sent_at": "2026-11-21T12:59:57.500000+01:00",
}


def test_a_registration_is_written_as_said_and_completed(client, parts):
    answer = client.post("/v1/attempts", json=FULL)
    (written,) = parts.registrar.written

    assert answer.status_code == 202
    assert answer.json() == {"attempts": [MINIMAL | {"account": "default", "message_id": MESSAGE}]}
    assert (written.recipient, written.country) == ("+447700900105", "GB")
    assert (written.account, written.channel, written.registered_at) == ("default", Channel.VIBER, NOON)
    assert written.sent_at == NOON - timedelta(seconds=2.5)
    assert (written.sender, written.campaign, written.external_id) == ("ExampleShop", "autumn", "order-1207")


def test_a_message_id_is_made_when_none_is_given(client, parts):
    answer = client.post("/v1/attempts", json=MINIMAL).json()
    (written,) = parts.registrar.written

    assert UUID(written.message_id).version == 7
    assert answer["attempts"][0]["message_id"] == written.message_id


def test_many_are_written_together_and_answered_in_order(client, parts):
    many = [MINIMAL | {"root_id": f"{number:032X}"} for number in range(AT_ONCE)]
    answer = client.post("/v1/attempts", json=many)

    assert answer.status_code == 202
    assert [one["root_id"] for one in answer.json()["attempts"]] == [one["root_id"] for one in many]
    assert len(parts.registrar.written) == AT_ONCE


def test_the_account_is_that_of_the_connection(client, parts):
    client.post("/v1/attempts", json=MINIMAL | {"provider": "infobip", "connection": "other"})

    assert parts.registrar.written[0].account == "other"


@pytest.mark.parametrize(
    ("body", "member", "rule"),
    [
        pytest.param({"provider": "telesign"}, "connection", "missing", id="a member is missing"),
        pytest.param(FULL | {"colour": "red"}, "colour", "extra_forbidden", id="a member nobody knows"),
        pytest.param(FULL | {"root_id": ""}, "root_id", "string_too_short", id="an empty id"),
        pytest.param(FULL | {"root_id": "x" * 201}, "root_id", "string_too_long", id="a long id"),
        pytest.param(FULL | {"root_id": "a\x00b"}, "root_id", "string_pattern_mismatch", id="a NUL in an id"),
        pytest.param(FULL | {"root_id": "a\n"}, "root_id", "string_pattern_mismatch", id="a line end behind an id"),
        pytest.param(FULL | {"root_id": 7}, "root_id", "string_type", id="a number for an id"),
        pytest.param(FULL | {"root_id": "\ud800"}, "root_id", "string_unicode", id="a lone surrogate"),
        pytest.param(FULL | {"provider": "Tele Sign"}, "provider", "string_pattern_mismatch", id="no slug"),
        pytest.param(FULL | {"message_id": "order-1207"}, "message_id", "uuid_parsing", id="no UUID"),
        pytest.param(FULL | {"channel": "pigeon"}, "channel", "enum", id="no channel of ours"),
        pytest.param(FULL | {"recipient": "07700 900105"}, "recipient", "value_error", id="a national number"),
        pytest.param(FULL | {"recipient": "+447700"}, "recipient", "value_error", id="a number cut short"),
        pytest.param(FULL | {"recipient": "+44" * 20}, "recipient", "string_too_long", id="a number without end"),
        pytest.param(FULL | {"sent_at": "2026-11-21T12:00:00"}, "sent_at", "timezone_aware", id="a time without zone"),
        pytest.param(FULL | {"sent_at": "yesterday"}, "sent_at", "datetime_from_date_parsing", id="no time"),
        pytest.param(FULL | {"sent_at": "2026-11-21T13:00:01Z"}, "sent_at", "time_out_of_range", id="the future"),
        pytest.param(FULL | {"sent_at": "0001-01-01T00:00:00Z"}, "sent_at", "time_out_of_range", id="long ago"),
        pytest.param(FULL | {"connection": "x"}, "connection", "connection_unknown", id="no such connection"),
        pytest.param([MINIMAL, MINIMAL], "[1].root_id", "repeated", id="the same attempt twice"),
        pytest.param([MINIMAL, {}], "[1].provider", "missing", id="the second of two"),
        pytest.param([], "", "too_short", id="an empty list"),
        pytest.param([MINIMAL] * (AT_ONCE + 1), "", "too_long", id="more than a thousand"),
        pytest.param("text", "", "model_attributes_type", id="a text"),
        pytest.param(None, "", "model_attributes_type", id="null"),
    ],
)
def test_what_breaks_a_rule_is_named_with_the_rule_and_nothing_is_written(client, parts, body, member, rule):
    answer = client.post("/v1/attempts", content=json.dumps(body), headers={"content-type": "application/json"})
    errors = answer.json()["errors"]

    assert answer.status_code == 422
    assert (errors[0]["place"], errors[0]["member"], errors[0]["rule"]) == ("body", member, rule)
    assert parts.registrar.written == []


def test_what_was_sent_is_not_repeated_in_an_error(client):
    answer = client.post("/v1/attempts", json=FULL | {"recipient": "07700 900105", "colour": "+447700900106"})

    assert "07700" not in answer.text
    assert "447700900106" not in answer.text


@pytest.mark.parametrize(
    ("content", "content_type", "kind"),
    [
        pytest.param(b"", "application/json", "invalid", id="nothing"),
        pytest.param(b"{", "application/json", "invalid", id="JSON cut short"),
        pytest.param(b"{}", "application/x-www-form-urlencoded", "not-json", id="a form"),
        pytest.param(b"[" * 200_000, "application/json", "malformed", id="nested without end"),
        pytest.param(b'{"provider":"\xff"}', "application/json", "malformed", id="no UTF-8"),
        pytest.param(b"1" * 5000, "application/json", "malformed", id="a number without end"),
    ],
)
def test_what_is_no_json_is_refused(client, content, content_type, kind):
    answer = client.post("/v1/attempts", content=content, headers={"content-type": content_type})

    assert answer.json()["type"] == f"/problems/{kind}"


def test_an_unknown_connection_names_those_that_are_known(client):
    answer = client.post("/v1/attempts", json=MINIMAL | {"connection": "mian"})

    assert "telesign/main" in answer.json()["detail"]


def test_when_kafka_is_silent_the_answer_says_that_nothing_is_known(client, parts):
    parts.registrar.failure = BrokerUnavailable("Kafka has not acknowledged within 5 s")
    answer = client.post("/v1/attempts", json=FULL)

    assert answer.status_code == 503
    assert answer.json()["type"] == "/problems/kafka-silent"
    assert "not known" in answer.json()["detail"]
    assert int(answer.headers["retry-after"]) > 0
