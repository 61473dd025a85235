"""The comparison of what the API says with what the simulator knows."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from contracts.status import DeliveryStatus
from tidings.api_client import ApiUnhelpful
from tidings.demo.reconciliation import (
    ASKED_LIMIT,
    MEMBERS,
    STANDINGS,
    asked_of,
    compare,
    difference_of,
    differences_of,
    differences_of_standings,
)
from tidings.simulation.outcome import AttemptOutcome, Outcome, ProviderOutcome

RIGHT = {
    "received": 10,
    "applied": 5,
    "repeated": 2,
    "outranked": 1,
    "parked": 1,
    "quarantined": 1,
    "in_flight": 0,
    "unexplained": 0,
}
EXPECTED = ProviderOutcome(callbacks=9, items=10, distinct=7, parked=1, quarantined=1)
ATTEMPT = AttemptOutcome("infobip", "main", "vb-1", None, status=DeliveryStatus.DELIVERED, is_conflict=False, reports=3)
FOUND = {"root_id": "vb-1", "status": "delivered", "is_conflict": False, "is_registered": False}
STANDING = {"provider": "infobip", "status": "delivered", "sent": 1, "conflicts": 0}
SINCE = datetime(2026, 11, 21, 9, tzinfo=UTC)
IDS = {("infobip", "main", "vb-1"): {"attempt-1"}}


def conservation(**members):
    row = {**RIGHT, **members}
    return {"providers": [{"provider": "infobip", **row}], "total": row, "unexplained_positions": []}


def outcome(expected=EXPECTED, *, attempts=(), given_up=0):
    return Outcome({"infobip": expected}, list(attempts), given_up)


def test_what_is_as_known_has_no_differences():
    assert differences_of(conservation(), outcome()) == []


@pytest.mark.parametrize(
    ("members", "says"),
    [
        pytest.param({"received": 9, "repeated": 1}, "received is 9 and must be 10 or more", id="an item too few"),
        pytest.param({"received": 11, "applied": 6}, "repeated is 2 and must be 3", id="an item too many"),
        pytest.param({"repeated": 3, "applied": 4}, "repeated is 3 and must be 2", id="a fact taken for a repeat"),
        pytest.param({"applied": 6, "repeated": 1}, "repeated is 1 and must be 2", id="a repeat taken for a fact"),
        pytest.param({"parked": 0, "applied": 6}, "parked is 0 and must be 1", id="an orphan counted as known"),
        pytest.param({"quarantined": 0, "applied": 6}, "quarantined is 0", id="a dead letter missing"),
        pytest.param({"in_flight": 1, "applied": 4}, "in_flight is 1 and must be 0", id="something on its way"),
        pytest.param({"unexplained": 1, "applied": 4}, "unexplained is 1 and must be 0", id="something lost"),
        pytest.param({"applied": 4}, "applied + outranked is 5 and must be 6", id="a new fact missing"),
    ],
)
def test_a_difference_is_named(members, says):
    found = "; ".join(differences_of(conservation(**members), outcome()))

    assert found.startswith("infobip: ")
    assert says in found


@pytest.mark.parametrize(
    ("members", "differences"),
    [
        pytest.param({}, 0, id="it was stored once"),
        pytest.param({"received": 12, "repeated": 4}, 0, id="it was stored again, and is a repeat"),
        pytest.param({"received": 12, "applied": 7}, 2, id="it was stored again, and counted as new"),
    ],
)
def test_what_is_stored_again_counts_as_a_repeat(members, differences):
    assert len(differences_of(conservation(**members), outcome())) == differences


def test_a_provider_of_which_nothing_is_known_is_all_different():
    assert differences_of({"providers": [], "total": {}, "unexplained_positions": []}, outcome())


def test_what_was_never_taken_is_a_difference():
    assert differences_of(conservation(), outcome(given_up=2)) == ["2 posts were never taken"]


@pytest.mark.parametrize(
    ("members", "says"),
    [
        pytest.param({}, None, id="as known"),
        pytest.param({"status": "seen"}, "status is seen and must be delivered", id="another status"),
        pytest.param({"is_conflict": True}, "is_conflict is True and must be False", id="a conflict that is none"),
        pytest.param({"is_registered": True}, "is_registered is True and must be False", id="a claim that is none"),
    ],
)
def test_an_attempt_is_compared(members, says):
    assert difference_of({**FOUND, **members}, ATTEMPT) == says


@pytest.mark.parametrize(
    ("rows", "differences"),
    [
        pytest.param([STANDING], 0, id="as known"),
        pytest.param([], 1, id="an attempt is missing"),
        pytest.param([{**STANDING, "sent": 2}], 1, id="an attempt too many"),
        pytest.param([{**STANDING, "conflicts": 1}], 1, id="a conflict too many"),
        pytest.param([{**STANDING, "status": "seen"}], 2, id="it stands elsewhere"),
        pytest.param([{**STANDING, "provider": "telesign"}], 2, id="another provider has it"),
        pytest.param([STANDING, {**STANDING, "status": "sent", "sent": 0}], 0, id="nobody stands there any more"),
    ],
)
def test_standings_are_counted(rows, differences):
    assert len(differences_of_standings(rows, outcome(attempts=[ATTEMPT]))) == differences


@pytest.mark.parametrize("count", [0, 1, ASKED_LIMIT, ASKED_LIMIT + 1, 4 * ASKED_LIMIT])
def test_as_many_attempts_are_asked_for_as_there_is_time(count):
    asked = asked_of([replace(ATTEMPT, root_id=str(number)) for number in range(count)])

    assert len({attempt.root_id for attempt in asked}) == min(count, ASKED_LIMIT)


class FakeApi:
    """Knows one account and some messages."""

    def __init__(self, standing=STANDING, **messages):
        self._standing = standing
        self._messages = messages

    async def get(self, path):
        if path == "/v1/conservation":
            return conservation()
        if path == f"{STANDINGS}2026-11-21T09:00:00Z":
            return {"rows": [self._standing]}
        name = path.rpartition("/")[2]
        if name not in self._messages:
            raise ApiUnhelpful(f"{path} was answered with 404")
        return {"attempts": [self._messages[name]]}


@pytest.mark.parametrize(
    ("messages", "ids", "differences"),
    [
        pytest.param({"attempt-1": FOUND}, IDS, 0, id="found under the id that the track stage made"),
        pytest.param({}, IDS, 1, id="the API does not know it"),
        pytest.param({"attempt-1": FOUND}, {}, 1, id="no update tells of it"),
        pytest.param({"attempt-1": FOUND}, {("infobip", "main", "vb-1"): {"attempt-1", "b"}}, 1, id="it has two ids"),
        pytest.param({"attempt-1": {**FOUND, "root_id": "vb-2"}}, IDS, 1, id="another attempt stands there"),
        pytest.param({"attempt-1": {**FOUND, "status": "sent"}}, IDS, 1, id="it stands elsewhere"),
    ],
)
async def test_every_attempt_is_asked_for(messages, ids, differences):
    findings = await compare(FakeApi(**messages), outcome(attempts=[ATTEMPT]), ids, since=SINCE)

    assert len(findings.differences) == differences
    assert findings.agreeing["infobip"] == 1 - differences


async def test_standings_are_compared_beside_single_attempts():
    api = FakeApi(standing={**STANDING, "sent": 2}, **{"attempt-1": FOUND})

    findings = await compare(api, outcome(attempts=[ATTEMPT]), IDS, since=SINCE)

    assert findings.differences == ["infobip: (2, 0) attempts and conflicts stand at delivered and must be (1, 0)"]


async def test_the_last_line_is_the_one_that_scripts_read():
    findings = await compare(FakeApi(**{"attempt-1": FOUND}), outcome(attempts=[ATTEMPT]), IDS, since=SINCE)

    assert findings.last_line == (
        "received=10 applied=5 repeated=2 outranked=1 parked=1 quarantined=1 in_flight=0 unexplained=0"
    )
    assert tuple(part.partition("=")[0] for part in findings.last_line.split()) == MEMBERS
