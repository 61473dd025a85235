"""The whole installation is told part by part, each with a word and a sentence that can be believed."""

import asyncio
import json
import os
from datetime import timedelta

import pytest
from aiokafka.errors import KafkaConnectionError

from analytics.service import Health
from api.admission.keys import Scope
from api.health.kafka_progress import KafkaProgress
from api.health.progress import Memory, PartitionLag, StageProgress
from contracts.errors import BrokerUnavailable
from runtime.clock import FixedClock
from runtime.settings import KafkaSettings
from tests.unit.api.rows import NOON


def stage(*, members: int = 1, committed: int = 7, end: int = 7, still_s: float = 0) -> StageProgress:
    return StageProgress("track", members, [PartitionLag("reports", 3, committed, end, end - committed)], still_s)


def told(client) -> dict:
    return client.get("/v1/health").json()


def test_an_installation_that_gets_on_is_well(client, parts):
    parts.progress.told = [stage()]
    answer = told(client)

    assert (answer["state"], answer["says"]) == ("ok", "Everything gets on.")
    assert answer["stages"][0]["partitions"] == [
        {"topic": "reports", "partition": 3, "committed": 7, "end": 7, "lag": 0}
    ]
    assert [(one["name"], one["pid"]) for one in answer["processes"]] == [("api", os.getpid())]


@pytest.mark.parametrize(
    ("seen", "state", "says"),
    [
        pytest.param(stage(), "ok", "all there is", id="all is read"),
        pytest.param(stage(end=9), "ok", "2 records wait and it gets on", id="it is behind, and moves"),
        pytest.param(stage(end=9, still_s=10), "ok", "gets on", id="it stands still for a moment"),
        pytest.param(stage(end=9, still_s=31), "degraded", "nothing for 31 s", id="it stands still"),
        pytest.param(stage(members=0), "degraded", "No process of it runs", id="nobody is in its group"),
        pytest.param(StageProgress("asker", 0, []), "unknown", "never read anything", id="it was never there"),
    ],
)
def test_a_stage_is_judged_by_its_group(client, parts, seen, state, says):
    parts.progress.told = [seen]
    (answer,) = told(client)["stages"]

    assert answer["state"] == state
    assert says in answer["says"]


def test_while_kafka_is_silent_that_is_told_once(client, parts):
    parts.progress.failure = BrokerUnavailable("no Kafka answers at 127.0.0.1:9092")
    answer = told(client)

    assert (answer["state"], [one["stage"] for one in answer["stages"]]) == ("degraded", ["all"])
    assert "see that the broker runs" in answer["stages"][0]["says"]


@pytest.mark.parametrize(
    ("looks", "still_s"),
    [
        pytest.param([(0, 7, 9), (40, 7, 9)], 40, id="the same committed, and more to read all the time"),
        pytest.param([(0, 6, 9), (40, 7, 9)], 0, id="it has moved"),
        pytest.param([(0, 7, 7), (40, 7, 9)], 0, id="there was nothing to read before"),
        pytest.param([(0, 7, 9), (20, 7, 7), (40, 7, 9)], 0, id="in between it had read all"),
        pytest.param([(0, 7, 9), (40, 7, 7)], 0, id="there is nothing to read now"),
        pytest.param([(0, 7, 9)], 0, id="one look says nothing"),
        pytest.param([(0, 6, 9), (20, 7, 9), (40, 7, 9)], 20, id="it has stood still since it last moved"),
    ],
)
def test_who_stands_still(looks, still_s):
    memory = Memory()
    for at_s, committed, end in looks:
        (seen,) = memory.noted(at_s, [stage(committed=committed, end=end)])

    assert seen.still_s == still_s


class AwayProgress(KafkaProgress):
    """Nobody answers."""

    looks = 0

    async def _look(self):
        self.looks += 1
        raise KafkaConnectionError("away")


def test_however_many_ask_a_silent_kafka_is_asked_once_a_second_at_most():
    clock = FixedClock(NOON)
    progress = AwayProgress(KafkaSettings(), clock)

    async def asked_by(count):
        return await asyncio.gather(*(progress.stages() for _ in range(count)), return_exceptions=True)

    at_once = asyncio.run(asked_by(5))
    clock.advance(1)
    asyncio.run(asked_by(1))

    assert [type(one) for one in at_once] == [BrokerUnavailable] * 5
    assert progress.looks == 2


def test_a_spool_in_which_something_waits_is_worth_a_look(client, parts):
    run = parts.settings.data_dir / "spool" / "run-1"
    run.mkdir(parents=True)
    assert told(client)["spool"]["says"] == "Nothing waits in it."

    (run / "000001-0123456789abcdef.segment").write_bytes(b"12345")
    (run / "mark").write_text("000000-0123456789abcdef.segment 4")
    spool = told(client)["spool"]

    assert (spool["state"], spool["waiting_bytes"], spool["segment_count"]) == ("degraded", 5, 1)


def test_without_a_spool_beside_it_nothing_is_said_of_it(client):
    assert told(client)["spool"]["state"] == "unknown"


@pytest.mark.parametrize(
    ("noted", "state", "says"),
    [
        pytest.param({"started_at": NOON - timedelta(hours=1), "restarts": 0}, "ok", "run for 1:00:00", id="it runs"),
        pytest.param(
            {"started_at": NOON - timedelta(hours=1), "restarts": 3}, "ok", "run for 1:00:00", id="long since"
        ),
        pytest.param(
            {"started_at": NOON - timedelta(seconds=9), "restarts": 3},
            "degraded",
            "3 times so far",
            id="it keeps dying",
        ),
        pytest.param({"pid": 2**22 + 1}, "degraded", "does not run any more", id="it is no more"),
    ],
)
def test_processes_of_the_supervisor_are_told(client, parts, noted, state, says):
    lives = {"streams": {"pid": os.getppid(), **noted}}
    (parts.settings.data_dir / "processes.json").write_text(json.dumps(lives, default=str))
    _, streams = told(client)["processes"]

    assert (streams["name"], streams["state"]) == ("streams", state)
    assert says in streams["says"]


def test_a_note_of_processes_that_cannot_be_read_is_none(client, parts):
    (parts.settings.data_dir / "processes.json").write_text("{")

    assert [one["name"] for one in told(client)["processes"]] == ["api"]


def test_a_store_that_is_not_fed_is_told_with_its_reason(client, parts):
    parts.store.state = Health(is_alive=True, is_ready=False, reason="the sink waits for Kafka")

    assert told(client)["store"]["says"] == "The sink waits for Kafka."
    assert told(client)["says"] == "Look at the store."


def test_it_is_closed_to_keys_of_accounts(connect):
    refused = connect(Scope.READ, accounts=("default",)).get("/v1/health")

    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/account-bound")
