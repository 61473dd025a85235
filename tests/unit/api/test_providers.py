"""Connections are judged by what is usual for them, in sentences that say what to do."""

from datetime import timedelta

import pytest

from api.admission.keys import Scope
from contracts.alarms import AlarmKind
from contracts.errors import BrokerUnavailable
from contracts.plans import ConnectionHealth
from tests.unit.api.counted_rows import ENDED, HEARD
from tests.unit.api.rows import NOON, SEND

ALARM = {
    "alarm_id": "a1",
    "kind": AlarmKind.QUIET_PROVIDER,
    "account": "default",
    "provider": "infobip",
    "connection": "main",
    "channel": None,
    "raised_at": NOON,
    "cleared_at": None,
    "value": 1800.0,
    "usual": 42.0,
    "detail": "It is silent.",
    "cleared_detail": None,
}
RESTS = ConnectionHealth(
    provider="infobip",
    connection="main",
    is_ill=True,
    since=NOON,
    until=NOON + timedelta(minutes=5),
    reason="ProviderUnavailable five times in a row",
)
FEW, MANY_BAD = {"hour_count": 20}, {"failed": 30, "delivered": 70}


def shown(client) -> dict:
    answer = client.get("/v1/providers/infobip/health").json()
    return next(one for one in answer["connections"] if one["connection"] == "main")


def test_a_connection_that_is_as_usual_is_well(client):
    connection = shown(client)

    assert connection["state"] == "ok"
    assert (connection["callbacks_last_hour"], connection["usual_callbacks"]) == (310, 300.0)
    assert connection["last_day"] == {"ended_count": 100, "bad_count": 3, "bad_share": 0.03}
    assert connection["findings"] == ["The last callback came 2 s before 12:00:00 UTC, 310 in an hour."]


@pytest.mark.parametrize(
    ("heard", "ended", "finding"),
    [
        pytest.param(FEW, {}, "20 callbacks came in the last hour, where 300 are usual.", id="far fewer callbacks"),
        pytest.param({}, MANY_BAD, "32.0% ended badly in the last day, 2.0% in the day before.", id="more bad ends"),
    ],
)
def test_what_is_not_as_usual_is_named(client, parts, heard, ended, finding):
    parts.store.heard, parts.store.ended = [HEARD | heard], [ENDED | ended]
    connection = shown(client)

    assert connection["state"] == "degraded"
    assert any(finding in said for said in connection["findings"])


@pytest.mark.parametrize(
    ("heard", "ended"),
    [
        pytest.param(HEARD | FEW | {"before_count": 21}, ENDED, id="three an hour may as well be none"),
        pytest.param(HEARD | FEW | {"day_count": 0}, ENDED, id="a new connection has no usual"),
        pytest.param(HEARD, ENDED | {"failed": 9, "delivered": 9}, id="too few ends to judge"),
    ],
)
def test_too_little_to_judge_by_is_no_finding(client, parts, heard, ended):
    parts.store.heard, parts.store.ended = [heard], [ended]

    assert shown(client)["state"] == "ok"


def test_alarms_and_doubts_and_rests_are_findings(client, parts):
    parts.store.alarm_rows = [ALARM]
    parts.store.send_rows = [SEND | {"provider": "infobip"}]
    parts.progress.ill = [RESTS]
    connection = shown(client)

    assert (connection["open_alarm_count"], connection["in_doubt_count"]) == (1, 1)
    assert connection["resting"]["reason"] == RESTS.reason
    assert [said.partition(";")[0] for said in connection["findings"][:3]] == [
        "1 alarms are open",
        "Sends rest until 12:05:00 UTC: ProviderUnavailable five times in a row.",
        "1 sends are in doubt",
    ]
    assert [one["alarm_id"] for one in client.get("/v1/providers/infobip/health").json()["alarms"]] == ["a1"]


def test_while_kafka_is_silent_nobody_says_that_sends_go_on(client, parts):
    parts.progress.failure = BrokerUnavailable("away")
    answer = client.get("/v1/providers/infobip/health")

    assert (answer.status_code, answer.json()["is_resting_known"]) == (200, False)


def test_a_connection_that_never_called_back_is_unknown_and_the_worst_counts(client, parts):
    providers = {one["provider"]: one for one in client.get("/v1/providers").json()["providers"]}

    assert sorted(providers) == ["infobip", "routee", "telesign"]
    assert [one["state"] for one in providers["infobip"]["connections"]] == ["ok", "unknown"]
    assert providers["infobip"]["state"] == "unknown"
    assert providers["routee"]["connections"][0]["findings"] == ["No callback came in the last eight days."]


def test_a_provider_of_others_is_one_that_there_is_not(connect):
    client = connect(Scope.READ, accounts=("other",))
    providers = client.get("/v1/providers").json()["providers"]

    assert [[one["connection"] for one in each["connections"]] for each in providers] == [["other"]]
    assert client.get("/v1/providers/routee/health").status_code == 404
    assert client.get("/v1/providers/NONE!/health").status_code == 422
