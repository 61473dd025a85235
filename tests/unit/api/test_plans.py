"""A message with its plan is checked, completed, written and acknowledged, or refused with the member and the rule."""

import json
from datetime import time, timedelta
from uuid import UUID

import pytest

from api.admission.keys import Scope
from api.submissions.registrations import AT_ONCE
from contracts.codec import encode
from contracts.errors import BrokerUnavailable, StoreUnavailable
from contracts.plans import InDoubt, MessageCancelled, MessagePlanned, QuietHours, SucceedOn
from contracts.records import AttemptRegistered
from contracts.sends import ImageContent, TextContent
from contracts.vocabulary import Channel
from runtime.policies import PolicyBook
from tests.unit.api.fakes import make_parts
from tests.unit.api.rows import DECISION, FRESH, MESSAGE, NOON, PLAN, TIMELINE

TEXT = {"kind": "text", "text": "Your parcel waits"}
VIBER = {
    "channel": "viber",
    "provider": "routee",
    "connection": "main",
    "sender": "ExampleShop",
    "wait_s": 60,
    "content": TEXT,
}
SMS = VIBER | {"channel": "sms", "provider": "telesign", "wait_s": 300}
PLANNED = {"recipient": "+44 7700 900105", "steps": [VIBER, SMS]}
SENT = {"root_id": "35C8B5D509BC10689196FED2AD551B01", "sent_at": "2026-11-21T11:59:57Z"}
QUIET = (time(21), time(8))
OTP = PolicyBook.model_validate(
    {"policies": [{"name": "otp", "version": 3, "steps": [{**VIBER, "content": None}, SMS]}]}
)


def post(client, body, **headers):
    return client.post("/v1/messages", content=json.dumps(body), headers={"content-type": "application/json"} | headers)


def test_a_message_is_written_with_its_plan(client, parts):
    guards = {"quiet_hours": {"start": "21:00", "end": "08:00"}, "budget": "daily"}
    answer = post(client, PLANNED | {"guards": guards, "in_doubt": "resend", "campaign": "autumn"})
    (written,) = parts.registrar.written

    assert answer.status_code == 202
    assert answer.json()["messages"] == [
        {"message_id": written.message_id, "account": "default", "external_id": None, "is_repeat": False}
    ]
    assert isinstance(written, MessagePlanned)
    assert UUID(written.message_id).version == 7
    assert (written.recipient, written.account, written.planned_at) == ("+447700900105", "default", NOON)
    assert [step.channel for step in written.plan.steps] == [Channel.VIBER, Channel.SMS]
    assert written.plan.steps[0].content == TextContent(text="Your parcel waits")
    assert written.plan.guards.quiet_hours == QuietHours(start=QUIET[0], end=QUIET[1])
    assert (written.plan.in_doubt, written.plan.guards.budget) == (InDoubt.RESEND, "daily")
    assert written.plan.steps[1].succeed_on is SucceedOn.DELIVERED


def test_steps_without_a_content_say_what_the_message_says(client, parts):
    image = {"kind": "image", "url": "https://pictures.example/a.png"}
    post(client, PLANNED | {"steps": [VIBER | {"content": image}, SMS | {"content": None}], "content": TEXT})
    (written,) = parts.registrar.written

    assert [step.content for step in written.plan.steps] == [
        ImageContent(url="https://pictures.example/a.png"),
        TextContent(text="Your parcel waits"),
    ]


def test_a_policy_gives_the_steps_and_its_version_is_kept(connect, parts, tmp_path):
    client = connect(Scope.SEND)
    client.app.state.parts = make_parts(tmp_path, ring=parts.ring, registrar=parts.registrar, policies=lambda: OTP)
    answer = post(client, {"recipient": "+447700900105", "policy": "otp", "content": TEXT})
    (written,) = parts.registrar.written

    assert answer.status_code == 202
    assert (written.plan.policy, written.plan.version) == ("otp", 3)
    assert all(step.content for step in written.plan.steps)


def test_what_was_sent_elsewhere_is_registered_and_not_sent_again(client, parts):
    post(client, PLANNED | {"sent": SENT, "message_id": MESSAGE})
    attempt, planned = parts.registrar.written

    assert isinstance(attempt, AttemptRegistered)
    assert (attempt.root_id, attempt.message_id, attempt.channel) == (SENT["root_id"], MESSAGE, Channel.VIBER)
    assert (attempt.provider, attempt.country, attempt.sender) == ("routee", "GB", "ExampleShop")
    assert planned.sent.sent_at == NOON - timedelta(seconds=3)
    assert planned.plan.steps[0].content is None
    assert planned.plan.steps[1].content is not None


def test_a_connection_that_only_observes_may_be_where_it_was_sent(client):
    observed = VIBER | {"provider": "infobip"}

    assert post(client, PLANNED | {"steps": [observed, SMS], "sent": SENT}).status_code == 202


def test_many_are_written_together_and_answered_in_order(client, parts):
    many = [PLANNED | {"external_id": f"order-{number}"} for number in range(AT_ONCE)]
    answer = post(client, many)

    assert [one["external_id"] for one in answer.json()["messages"]] == [one["external_id"] for one in many]
    assert len(parts.registrar.written) == AT_ONCE


@pytest.mark.parametrize(
    ("changed", "member", "rule"),
    [
        pytest.param({"steps": None}, "", "value_error", id="neither steps nor a policy"),
        pytest.param({"policy": "otp"}, "", "value_error", id="steps and a policy"),
        pytest.param({"steps": None, "policy": "otp"}, "policy", "policy_unknown", id="no such policy"),
        pytest.param({"steps": []}, "steps", "too_short", id="no step"),
        pytest.param({"steps": [VIBER] * 6}, "steps", "too_long", id="six steps"),
        pytest.param({"steps": [VIBER | {"wait_s": 0}]}, "steps[0].wait_s", "greater_than_equal", id="no time"),
        pytest.param(
            {"steps": [VIBER, SMS | {"connection": "mian"}]},
            "steps[1].connection",
            "connection_unknown",
            id="no such connection",
        ),
        pytest.param(
            {"steps": [VIBER, SMS | {"provider": "infobip"}]},
            "steps[1].connection",
            "connection_only_observes",
            id="a connection that only observes",
        ),
        pytest.param(
            {"steps": [VIBER, SMS | {"provider": "infobip", "connection": "other"}]},
            "steps[1].connection",
            "account_mixed",
            id="steps of two accounts",
        ),
        pytest.param(
            {"steps": [VIBER | {"content": None}]}, "steps[0].content", "content_missing", id="nothing to say"
        ),
        pytest.param(
            {"steps": [VIBER | {"content": {"kind": "smoke"}}]},
            "steps[0].content",
            "union_tag_invalid",
            id="no content of ours",
        ),
        pytest.param(
            {"steps": [VIBER | {"content": {"kind": "image"}}]}, "steps[0].content.url", "missing", id="no picture"
        ),
        pytest.param(
            {"steps": [VIBER | {"content": TEXT | {"text": "a\x00"}}]},
            "steps[0].content.text",
            "string_pattern_mismatch",
            id="a NUL in a text",
        ),
        pytest.param({"content": {"kind": "text"}}, "content.text", "missing", id="a content without its text"),
        pytest.param(
            {"steps": [VIBER | {"own": {"a": "x" * 4000}}]}, "steps[0].own", "value_error", id="options without end"
        ),
        pytest.param(
            {"steps": [VIBER | {"own": {"a": "\ud800"}}]}, "steps[0].own", "value_error", id="half a character"
        ),
        pytest.param({"guards": {"budget": "weekly"}}, "guards.budget", "budget_unknown", id="no such budget"),
        pytest.param(
            {"guards": {"send_before": "2026-11-21T12:00:00Z"}},
            "guards.send_before",
            "time_out_of_range",
            id="the last time to send has passed",
        ),
        pytest.param(
            {"guards": {"send_before": "2026-11-22T12:00:00"}},
            "guards.send_before",
            "timezone_aware",
            id="a time without zone",
        ),
        pytest.param(
            {"guards": {"quiet_hours": {"start": "21:00", "end": "21:00"}}},
            "guards.quiet_hours",
            "value_error",
            id="quiet hours without length",
        ),
        pytest.param(
            {"guards": {"quiet_hours": {"start": "21:00Z", "end": "08:00"}}},
            "guards.quiet_hours.start",
            "value_error",
            id="quiet hours with a zone",
        ),
        pytest.param({"recipient": "bot-user-1"}, "recipient", "number_needed", id="no number for an SMS"),
        pytest.param({"recipient": "07700 900105"}, "recipient", "value_error", id="a national number"),
        pytest.param(
            {"sent": SENT | {"sent_at": "2026-11-21T13:00:01Z"}}, "sent.sent_at", "time_out_of_range", id="the future"
        ),
        pytest.param(
            {"steps": [VIBER | {"content": TEXT | {"text": "x" * 9999}, "own": {}}] * 5, "content": None},
            None,
            None,
            id="a large plan that still passes",
        ),
        pytest.param({"colour": "red"}, "colour", "extra_forbidden", id="a member nobody knows"),
    ],
)
def test_what_breaks_a_rule_is_named_with_the_rule_and_nothing_is_written(client, parts, changed, member, rule):
    answer = post(client, {name: value for name, value in (PLANNED | changed).items() if value is not None})
    first = (answer.json().get("errors") or [{}])[0]

    assert (first.get("member"), first.get("rule")) == (member, rule)
    assert bool(parts.registrar.written) is (rule is None)


def test_a_fault_in_a_list_has_its_place(client):
    answer = post(client, [PLANNED | {"message_id": MESSAGE}, PLANNED | {"message_id": MESSAGE}])
    error = answer.json()["errors"][0]

    assert (error["member"], error["rule"]) == ("[1].message_id", "repeated")
    assert "[0]" in error["detail"]


def test_what_was_sent_is_not_repeated_in_an_error(client):
    content = {"kind": "+447700900106"}
    answer = post(client, PLANNED | {"recipient": "07700 900105", "content": content})

    assert "07700" not in answer.text
    assert "447700900106" not in answer.text


def test_a_key_bound_to_another_account_cannot_plan_over_this_ones_connections(connect, parts):
    answer = post(connect(Scope.SEND, accounts=("other",)), PLANNED)

    assert answer.json()["type"] == "/problems/connection-unknown"
    assert "routee" not in answer.json()["detail"]
    assert parts.registrar.written == []


class TestRepeats:
    """The same request again is about the same messages."""

    def test_the_ids_follow_from_the_key(self, client, parts):
        first = post(client, [PLANNED, PLANNED], **{"Idempotency-Key": "order-1207"}).json()["messages"]
        again = post(client, [PLANNED, PLANNED], **{"Idempotency-Key": "order-1207"}).json()["messages"]
        other = post(client, [PLANNED], **{"Idempotency-Key": "order-1208"}).json()["messages"]

        assert first == again
        assert len({one["message_id"] for one in [*first, *other]}) == 3
        assert len({encode(one) for one in parts.registrar.written}) == 3

    def test_what_the_store_has_is_not_written_again(self, client, parts):
        post(client, PLANNED, **{"Idempotency-Key": "order-1207"})
        (first,) = parts.registrar.written
        parts.store.planned = [known(first)]
        answer = post(client, PLANNED, **{"Idempotency-Key": "order-1207"})

        assert parts.registrar.written == [first]
        assert answer.json()["messages"][0]["is_repeat"]

    @pytest.mark.parametrize(
        ("named", "headers", "error"),
        [
            pytest.param(
                {}, {"Idempotency-Key": "order-1207"}, ("header", "idempotency_key_reused"), id="under the same key"
            ),
            pytest.param({"message_id": MESSAGE}, {}, ("body", "planned_differently"), id="under the same id"),
        ],
    )
    def test_another_plan_is_refused_once_the_store_knows_the_first(self, client, parts, named, headers, error):
        post(client, PLANNED | named, **headers)
        parts.store.planned = [known(parts.registrar.written.pop())]
        answer = post(client, PLANNED | named | {"recipient": "+447700900106"}, **headers)
        (found,) = answer.json()["errors"]

        assert (found["place"], found["rule"]) == error
        assert parts.registrar.written == []

    def test_a_message_of_another_account_is_not_planned_anew(self, client, parts):
        parts.store.planned = [{"message_id": MESSAGE, "account": "other", "body_digest": None}]
        answer = post(client, PLANNED | {"message_id": MESSAGE})

        assert answer.json()["errors"][0]["rule"] == "planned_differently"

    def test_a_store_that_cannot_answer_does_not_hold_up_a_send(self, client, parts):
        parts.store.failure = StoreUnavailable("the store has failed")

        assert post(client, PLANNED, **{"Idempotency-Key": "order-1207"}).status_code == 202

    @pytest.mark.parametrize("key", ["", "a b", "\x7f", "x" * 201])
    def test_a_key_that_is_none_is_refused(self, client, key):
        assert post(client, PLANNED, **{"Idempotency-Key": key}).json()["errors"][0]["place"] == "header"


def known(planned: MessagePlanned) -> dict:
    return {"message_id": planned.message_id, "account": planned.account, "body_digest": planned.body_digest}


def test_when_kafka_is_silent_the_answer_says_that_nothing_is_known(client, parts):
    parts.registrar.failure = BrokerUnavailable("Kafka has not acknowledged within 5 s")

    assert post(client, PLANNED).json()["type"] == "/problems/kafka-silent"


class TestCancelling:
    """What has not left does not leave."""

    def told(self, parts, *, plan=(PLAN,), decisions=(DECISION,)):
        parts.store.told = type(TIMELINE)(TIMELINE.rows, FRESH, TIMELINE.attempts, list(plan), list(decisions), [])

    def test_it_is_written(self, client, parts):
        self.told(parts)
        answer = client.post(f"/v1/messages/{MESSAGE}/cancel")

        assert answer.status_code == 202
        assert answer.json() == {"message_id": MESSAGE, "account": "default", "is_repeat": False}
        assert parts.registrar.written == [MessageCancelled(message_id=MESSAGE, account="default", cancelled_at=NOON)]

    @pytest.mark.parametrize(
        "known",
        [
            pytest.param({"plan": (PLAN, PLAN | {"told": "cancelled"})}, id="somebody has asked for it"),
            pytest.param(
                {"decisions": (DECISION | {"decision": "cancelled", "because": "by_request"},)}, id="it is decided"
            ),
        ],
    )
    def test_a_second_time_writes_nothing(self, client, parts, known):
        self.told(parts, **known)
        answer = client.post(f"/v1/messages/{MESSAGE}/cancel")

        assert (answer.status_code, answer.json()["is_repeat"]) == (202, True)
        assert parts.registrar.written == []

    def test_a_message_that_is_over_says_why(self, client, parts):
        over = DECISION | {"decision": "stop", "because": "arrived", "fact_status": "delivered"}
        self.told(parts, decisions=(over,))
        answer = client.post(f"/v1/messages/{MESSAGE}/cancel")

        assert answer.status_code == 409
        assert "Viber reported delivered (3056) at 11:59:48" in answer.json()["detail"]
        assert parts.registrar.written == []

    @pytest.mark.parametrize("accounts", [None, ("other",)])
    def test_one_that_is_not_known_or_not_ones_own_is_not_there(self, connect, parts, accounts):
        message = MESSAGE if accounts else MESSAGE[:-1] + "9"
        answer = connect(Scope.SEND, accounts=accounts).post(f"/v1/messages/{message}/cancel")

        assert answer.status_code == 404
        assert answer.json()["freshness"]["lag_records"] == 12
        assert parts.registrar.written == []
