"""The local port, asked without a server."""

import httpx2
import pytest
from prometheus_client import CollectorRegistry, Counter

from ingest.admin import make_admin
from ingest.health import Health, Signs, health_of
from ingest.tally import Tally

READY = Health(is_ready=True)


async def ask(path: str, health: Health = READY, settled: list[str] | None = None) -> httpx2.Response:
    seen = [] if settled is None else settled
    transport = httpx2.ASGITransport(make_admin(lambda: health, lambda: seen.append("settled")))
    async with httpx2.AsyncClient(transport=transport, base_url="http://local") as client:
        return await client.get(path)


@pytest.mark.parametrize(
    ("health", "status"),
    [
        pytest.param(READY, 200, id="ready"),
        pytest.param(Health(is_ready=True, reason="callbacks go to the spool"), 200, id="ready, with a remark"),
        pytest.param(Health(is_ready=False, reason="the spool is 60% full"), 503, id="not ready, and why"),
    ],
)
async def test_readiness_tells_the_reason(health, status):
    answer = await ask("/readyz", health)

    assert (answer.status_code, answer.json()) == (status, health.model_dump())


async def test_a_process_that_is_not_ready_is_alive():
    assert (await ask("/healthz", Health(is_ready=False, reason="full"))).status_code == 200


AWAY = "no connection to Kafka"


@pytest.mark.parametrize(
    ("signs", "is_ready", "told"),
    [
        pytest.param(Signs("", "", 0.0, is_starting=False), True, "", id="all is well"),
        pytest.param(Signs(AWAY, "", 0.1, is_starting=False), True, "go to the spool", id="the spool is enough"),
        pytest.param(Signs(AWAY, "No space", 0.1, is_starting=False), False, "No space", id="neither is available"),
        pytest.param(Signs("", "No space", 0.1, is_starting=False), True, "", id="Kafka alone is enough"),
        pytest.param(Signs(AWAY, "", 0.0, is_starting=True), False, AWAY, id="Kafka has a moment to answer first"),
        pytest.param(Signs(AWAY, "", 0.5, is_starting=False), False, "50% full", id="a spool that fills is an alarm"),
        pytest.param(Signs("", "", 0.5, is_starting=False), False, "drained", id="until it is drained far enough"),
    ],
)
def test_a_process_is_ready_while_it_can_make_callbacks_durable(signs, is_ready, told):
    health = health_of(signs, alarm_share=0.5)

    assert health.is_ready == is_ready
    assert told in health.reason


async def test_metrics_are_brought_up_to_date_before_they_are_shown():
    settled: list[str] = []

    answer = await ask("/metrics", settled=settled)

    assert "tidings_callback_seconds_bucket" in answer.text
    assert answer.headers["content-type"].startswith("text/plain")
    assert settled == ["settled"]


def test_a_tally_settles_each_count_once():
    registry = CollectorRegistry()
    tally = Tally(Counter("taken", "For this test.", registry=registry))
    for _ in range(3):
        tally.add()
    tally.settle()
    tally.settle()
    tally.add()
    tally.settle()

    assert registry.get_sample_value("taken_total") == 4
