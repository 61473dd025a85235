"""Sends of which nobody knows whether they were taken are shown with what to do, and end when a person says so."""

from datetime import timedelta

import pytest

from api.admission.keys import Scope
from contracts.plans import Outcome
from contracts.records import AttemptRegistered
from tests.unit.api.counted_rows import SEND_BALANCE
from tests.unit.api.rows import MESSAGE, NOON, SEND, SEND_ID

RESOLVE = f"/v1/in-doubt/{SEND_ID}/resolve"
TAKEN = {"outcome": "accepted", "root_id": "35C8", "note": "Seen in the console"}
NOT_SENT = {"outcome": "not_sent", "note": "Their support says so"}


def test_a_doubt_says_what_is_known_and_what_to_do(client):
    answer = client.get("/v1/in-doubt").json()
    (doubt,) = answer["in_doubt"]

    assert answer["open_count"] == 1
    assert (doubt["send_id"], doubt["message_id"], doubt["provider"]) == (SEND_ID, MESSAGE, "telesign")
    assert "no usable answer" in doubt["known"]
    assert SEND_ID in doubt["advice"]


@pytest.mark.parametrize(
    ("changed", "advice"),
    [
        pytest.param({"outcome": "waiting"}, "dispatch process", id="nothing was told in time"),
        pytest.param({"on_doubt": "resend"}, "Another try", id="the plan sends it again"),
    ],
)
def test_the_advice_fits_the_doubt(client, parts, changed, advice):
    parts.store.send_rows = [SEND | changed]

    assert advice in client.get("/v1/in-doubt").json()["in_doubt"][0]["advice"]


def test_a_doubt_resolved_as_accepted_is_an_outcome_and_a_registration(client, parts):
    answer = client.post(RESOLVE, json=TAKEN)
    attempt, outcome = parts.registrar.written

    assert answer.status_code == 202
    assert answer.json() == {"send_id": SEND_ID, "message_id": MESSAGE, "outcome": "accepted"}
    assert isinstance(attempt, AttemptRegistered)
    assert (attempt.root_id, attempt.external_id, attempt.message_id) == ("35C8", SEND_ID, MESSAGE)
    assert (outcome.outcome, outcome.root_id, outcome.note) == (Outcome.ACCEPTED, "35C8", "Seen in the console")
    assert (outcome.send_id, outcome.step, outcome.account, outcome.told_at) == (SEND_ID, 1, "default", NOON)
    assert outcome.told_by == parts.ring.all()[0].id


def test_a_doubt_resolved_as_not_sent_lets_the_message_go_on(client, parts):
    client.post(RESOLVE, json=NOT_SENT)
    (outcome,) = parts.registrar.written

    assert (outcome.outcome, outcome.may_fall_back) == (Outcome.WITHDRAWN, True)


@pytest.mark.parametrize(
    ("state", "status"),
    [
        pytest.param({"outcome": "in_doubt"}, 202, id="in doubt"),
        pytest.param({"outcome": "waiting", "give_up_at": NOON - timedelta(seconds=1)}, 202, id="its time is up"),
        pytest.param({"outcome": "waiting"}, 409, id="it may still leave"),
        pytest.param({"outcome": "accepted"}, 409, id="it was taken"),
        pytest.param({"outcome": "refused"}, 409, id="it was refused"),
    ],
)
def test_only_doubts_are_resolved(client, parts, state, status):
    parts.store.send_rows = [SEND | state]

    assert client.post(RESOLVE, json=TAKEN).status_code == status
    assert bool(parts.registrar.written) is (status == 202)


@pytest.mark.parametrize(
    ("body", "member", "rule"),
    [
        pytest.param(TAKEN | {"outcome": "lost"}, "outcome", "literal_error", id="no such end"),
        pytest.param({"outcome": "accepted"}, "note", "missing", id="nobody says why"),
        pytest.param(NOT_SENT | {"root_id": "35C8"}, "", "value_error", id="an id of what was not sent"),
    ],
)
def test_what_breaks_a_rule_is_named(client, parts, body, member, rule):
    (error,) = client.post(RESOLVE, json=body).json()["errors"]

    assert (error["member"], error["rule"]) == (member, rule)
    assert parts.registrar.written == []


class TestOfOthers:
    """A key that is bound to accounts sees and resolves nothing of others."""

    @pytest.fixture
    def stranger(self, connect):
        return connect(Scope.READ, Scope.SEND, accounts=("other",))

    def test_no_doubt_is_shown(self, stranger):
        assert stranger.get("/v1/in-doubt").json()["in_doubt"] == []

    def test_none_is_resolved(self, stranger, parts):
        answer = stranger.post(RESOLVE, json=TAKEN)

        assert answer.status_code == 404
        assert answer.json()["freshness"]
        assert parts.registrar.written == []

    def test_no_send_is_counted(self, stranger):
        answer = stranger.get("/v1/sends").json()

        assert (answer["sends"], answer["double_deliveries"]) == ([], [])


def test_whoever_may_only_read_resolves_nothing(connect, parts):
    assert connect(Scope.READ).post(RESOLVE, json=TAKEN).status_code == 403
    assert parts.registrar.written == []


def test_sends_are_counted_with_what_was_delivered_twice(client, parts):
    answer = client.get("/v1/sends", params={"from": "2026-11-21T00:00:00Z"}).json()

    assert answer["sends"][0]["send_count"] == 1
    assert answer["double_deliveries"] == [{"message_count": 1, "priced_count": 1, "cost": "0.0124", "currency": "EUR"}]
    assert parts.store.asked[0].from_ == NOON.replace(hour=0)


def test_the_proof_that_nothing_is_lost_has_the_sends(client):
    assert client.get("/v1/conservation").json()["sends"] == SEND_BALANCE
