"""Why each step was taken, in words, and when something is decided next."""

from datetime import timedelta

import pytest

from analytics.questions import Timeline
from tests.unit.api.rows import DECISION, FRESH, MESSAGE, NOON, PLAN, SEND, TIMELINE

ACCEPTED = SEND | {"outcome": "accepted", "told_at": NOON - timedelta(seconds=9)}
WAIT = DECISION | {"decision": "wait", "because": "quiet_hours", "until_at": NOON + timedelta(hours=8)}
STOP = DECISION | {"decision": "stop", "because": "arrived", "fact_status": "delivered"}
ELSEWHERE = PLAN | {"sent_root_id": "35C8", "sent_at": NOON - timedelta(seconds=20)}


def told(client, parts, *, plan=(PLAN,), decisions=(DECISION,), sends=(ACCEPTED,)):
    parts.store.told = Timeline(TIMELINE.rows, FRESH, TIMELINE.attempts, list(plan), list(decisions), list(sends))
    return client.get(f"/v1/messages/{MESSAGE}").json()


def test_a_decision_is_told_in_words(client, parts):
    (decision,) = told(client, parts)["decisions"]

    assert decision["words"] == (
        "SMS sent at 11:59:50 because Viber reported expired (3056) at 11:59:48; plan v1 (times in UTC)"
    )
    assert (decision["decision"], decision["because"], decision["step"]) == ("send", "ended_badly", 1)


def test_the_plan_and_the_sends_are_told_and_no_recipient(client, parts):
    answer = told(client, parts, plan=(PLAN, PLAN | {"told": "cancelled", "told_at": NOON}))

    assert [step["channel"] for step in answer["plan"]["steps"]] == ["viber", "sms"]
    assert answer["plan"]["cancelled_at"] == NOON.isoformat().replace("+00:00", "Z")
    assert (answer["sends"][0]["outcome"], answer["account"]) == ("accepted", "default")
    assert "recipient" not in str(answer["plan"])


@pytest.mark.parametrize(
    ("known", "at"),
    [
        pytest.param({}, NOON + timedelta(seconds=51), id="a send that was taken has its step's time"),
        pytest.param({"plan": ()}, NOON + timedelta(seconds=51), id="also when the plan is a policy's"),
        pytest.param({"sends": (SEND,)}, None, id="a doubt waits for a person"),
        pytest.param(
            {"sends": (SEND | {"outcome": "waiting"},)}, NOON + timedelta(seconds=350), id="an outcome is missed then"
        ),
        pytest.param({"decisions": (WAIT,)}, NOON + timedelta(hours=8), id="put off over quiet hours"),
        pytest.param({"decisions": (DECISION, STOP)}, None, id="all is decided"),
        pytest.param(
            {"plan": (ELSEWHERE,), "decisions": (), "sends": ()},
            NOON + timedelta(seconds=40),
            id="the first step was sent elsewhere",
        ),
        pytest.param({"decisions": (), "sends": ()}, None, id="nothing is known yet"),
    ],
)
def test_when_something_is_decided_next(client, parts, known, at):
    answer = told(client, parts, **known)

    assert answer["next_decision_at"] == (at and at.isoformat().replace("+00:00", "Z"))


def test_a_message_that_was_only_planned_is_known(client, parts):
    parts.store.told = Timeline([], FRESH, [], [PLAN])
    answer = client.get(f"/v1/messages/{MESSAGE}").json()

    assert (answer["message_id"], answer["status"], answer["timeline"]) == (MESSAGE, "unknown", [])
