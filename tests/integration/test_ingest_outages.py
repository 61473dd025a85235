"""200 means durable: through outages of the broker, through the end of the process, and when too much waits."""

import asyncio
import re
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from runtime.broker import LocalBroker
from tests.support.fake_provider import KEY, signature
from tests.support.illness import asleep
from tests.support.patience import until
from tests.support.running_ingest import RunningIngest, create_topic, running_ingest

pytestmark = pytest.mark.broker

BREATH_S = 0.02
"""Callers rest so long behind each answer: hundreds of callbacks a second are enough, and leave others of the CPU."""


@pytest.fixture(scope="module")
def ill_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalBroker]:
    """A broker that the tests of this module stop, kill and start again; each leaves it running."""
    with LocalBroker(tmp_path_factory.mktemp("ill-broker")) as broker:
        yield broker


@contextmanager
def dead(broker: LocalBroker) -> Iterator[None]:
    """The broker is killed, and started again at the end."""
    broker.kill()
    try:
        yield
    finally:
        broker.start()


class Caller:
    """Posts signed callbacks and remembers which were answered with what."""

    def __init__(self, ingest: RunningIngest, client: httpx2.AsyncClient) -> None:
        self.ingest = ingest
        self._client = client
        self.answers: dict[bytes, int] = {}

    async def post(self, body: bytes) -> int:
        try:
            answer = await self._client.post(self.ingest.url, content=body, headers={"x-signature": signature(body)})
        except httpx2.TransportError:
            return 0  # no answer: the caller knows nothing and will send it again
        self.answers[body] = answer.status_code
        return answer.status_code

    @property
    def taken(self) -> set[bytes]:
        return {body for body, status in self.answers.items() if status == 200}


@asynccontextmanager
async def calling(ingest: RunningIngest) -> AsyncIterator[Caller]:
    limits = httpx2.Limits(max_connections=100, max_keepalive_connections=100)
    async with httpx2.AsyncClient(timeout=60, limits=limits) as client:
        yield Caller(ingest, client)


async def test_while_the_broker_sleeps_callbacks_go_to_the_spool_and_to_kafka_when_it_wakes(ill_broker, tmp_path):
    with running_ingest(ill_broker.bootstrap, tmp_path, connection="ack_budget_s = 0.5") as ingest:
        async with calling(ingest) as caller:
            before = await caller.post(b"before")
            with asleep(ill_broker):
                first = await caller.post(b"first to wait in vain")
                others = await asyncio.gather(*[caller.post(b"other %d" % number) for number in range(20)])
                ready_then = await asyncio.to_thread(ingest.admin, "/readyz")
                alive_then = await asyncio.to_thread(ingest.admin, "/healthz")
                numbers_then = await asyncio.to_thread(ingest.admin, "/metrics")
            after = await caller.post(b"after")
            in_topic = await asyncio.to_thread(ingest.drained)
            await asyncio.to_thread(ingest.wait_until, "/readyz", 200)

    assert (before, first, set(others), after) == (200, 200, {200}, 200)
    assert (ready_then[0], alive_then[0]) == (200, 200)
    assert "go to the spool" in ready_then[1]
    assert re.search(r"^tidings_spool_records 2[12]\.0$", numbers_then[1], re.MULTILINE)
    assert {callback.body for callback in in_topic} == caller.taken


async def test_what_went_over_the_spool_keeps_its_time_and_its_request(ill_broker, tmp_path):
    with running_ingest(ill_broker.bootstrap, tmp_path, connection="ack_budget_s = 0.2") as ingest:
        began = datetime.now(UTC) - timedelta(milliseconds=1)
        with asleep(ill_broker):
            headers = {"x-signature": signature(b"x"), "content-type": "text/plain"}
            await asyncio.to_thread(httpx2.post, ingest.url + "/sms?a=1", content=b"x", headers=headers)
            answered = datetime.now(UTC)
            await asyncio.sleep(0.5)
        [*_, callback] = await asyncio.to_thread(ingest.drained)

    assert began <= callback.received_at <= answered
    assert (callback.hint, callback.query, callback.content_type) == ("sms", "a=1", "text/plain")


async def test_when_kafka_sleeps_and_the_spool_is_full_a_503_says_when_to_come_again(ill_broker, tmp_path):
    settings = {"ingest": "spool_max_bytes = 1", "connection": "ack_budget_s = 0.2"}
    with running_ingest(ill_broker.bootstrap, tmp_path, **settings) as ingest:
        with asleep(ill_broker):
            answer = await asyncio.to_thread(httpx2.post, ingest.url, headers={"x-signature": signature(b"")})
            ready_then = await asyncio.to_thread(ingest.admin, "/readyz")
        await asyncio.to_thread(ingest.wait_until, "/readyz", 200)

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert ready_then[0] == 503


async def test_a_connection_that_floods_is_told_to_wait_while_others_pass(ill_broker, tmp_path):
    settings = {
        "ingest": "waiting_limit = 10",
        "connection": f'ack_budget_s = 40\n[[connections]]\nprovider = "postbox"\nname = "quiet"\nkey = "{KEY}"\n'
        "ack_budget_s = 40",
    }
    with running_ingest(ill_broker.bootstrap, tmp_path, **settings) as ingest:
        async with calling(ingest) as flood, calling(replace(ingest, connection="quiet")) as quiet:
            with asleep(ill_broker):
                posts = {asyncio.create_task(flood.post(b"%d" % number)) for number in range(20)}
                refused: set[asyncio.Task[int]] = set()
                while len(refused) < 15:
                    done, waiting = await asyncio.wait(posts - refused, return_when=asyncio.FIRST_COMPLETED)
                    refused |= done
                passes = asyncio.create_task(quiet.post(b"quiet"))
                await until(lambda: "callbacks_waiting 6.0" in ingest.admin("/metrics")[1])
            statuses = await asyncio.gather(*waiting, passes)

    assert {task.result() for task in refused} == {429}
    assert statuses == [200] * 6


@pytest.mark.long
async def test_it_starts_without_a_broker_and_takes_callbacks(ill_broker, tmp_path):
    with ExitStack() as stack:
        with dead(ill_broker):
            ingest = stack.enter_context(running_ingest(ill_broker.bootstrap, tmp_path, is_ready=False))
            caller = Caller(ingest, httpx2.AsyncClient(timeout=60))
            without_broker = await caller.post(b"without a broker")
            await asyncio.to_thread(ingest.wait_until, "/readyz", 200)
            ready, why = await asyncio.to_thread(ingest.admin, "/readyz")
        without_topic = await caller.post(b"without a topic")
        await asyncio.to_thread(create_topic, ingest.kafka)
        in_topic = await asyncio.to_thread(ingest.drained)

    assert (without_broker, without_topic) == (200, 200)
    assert (ready, "go to the spool" in why) == (200, True)
    assert [callback.body for callback in in_topic] == [b"without a broker", b"without a topic"]


@pytest.mark.long
async def test_a_killed_broker_costs_no_answer_and_no_callback(ill_broker, tmp_path):
    with running_ingest(ill_broker.bootstrap, tmp_path) as ingest:
        async with calling(ingest) as caller:
            feed = asyncio.create_task(post_until_told(caller, stop := asyncio.Event()))
            await until(lambda: len(caller.taken) > 100)
            with dead(ill_broker):
                await until(lambda: any(ingest.spool.rglob("*.segment")))
            taken_before = len(caller.taken)
            await until(lambda: len(caller.taken) > taken_before + 100)
            stop.set()
            await feed
            in_topic = await asyncio.to_thread(ingest.drained)

    assert set(caller.answers.values()) == {200}
    assert caller.taken <= {callback.body for callback in in_topic}


@pytest.mark.long
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_an_ordered_end_answers_what_waits(ill_broker, tmp_path, number):
    """The broker sleeps while the signal comes, so that callbacks do wait; then they go to the spool."""
    with running_ingest(ill_broker.bootstrap, tmp_path, connection="ack_budget_s = 8") as ingest:
        async with calling(ingest) as caller:
            with asleep(ill_broker):
                posts = [asyncio.create_task(caller.post(b"%d" % one)) for one in range(10)]
                await until(lambda: "callbacks_waiting 10.0" in ingest.admin("/metrics")[1])
                ingest.process.send_signal(number)
                statuses = await asyncio.gather(*posts)
                status = await asyncio.to_thread(ingest.process.wait, 20)
        ingest.start_again()
        in_topic = await asyncio.to_thread(ingest.drained)

    assert (statuses, status) == ([200] * 10, 0)
    assert caller.taken == {callback.body for callback in in_topic}


@pytest.mark.long
async def test_under_load_an_ordered_end_loses_nothing(ill_broker, tmp_path):
    with running_ingest(ill_broker.bootstrap, tmp_path) as ingest:
        async with calling(ingest) as caller:
            feed = asyncio.create_task(post_until_told(caller, asyncio.Event()))
            await until(lambda: len(caller.taken) > 300)
            status = await asyncio.to_thread(ingest.terminate)
            await feed
        ingest.start_again()
        in_topic = await asyncio.to_thread(ingest.drained)

    assert status == 0
    assert set(caller.answers.values()) == {200}
    assert caller.taken <= {callback.body for callback in in_topic}


@pytest.mark.long
async def test_a_kill_loses_nothing_that_was_answered(ill_broker, tmp_path):
    with running_ingest(ill_broker.bootstrap, tmp_path) as ingest:
        async with calling(ingest) as caller:
            feed = asyncio.create_task(post_until_told(caller, asyncio.Event()))
            await until(lambda: len(caller.taken) > 300)
            ingest.process.kill()
            await feed
        ingest.start_again()
        in_topic = await asyncio.to_thread(ingest.drained)

    assert caller.taken <= {callback.body for callback in in_topic}


@pytest.mark.long
async def test_it_ends_while_the_broker_is_away(ill_broker, tmp_path):
    with running_ingest(ill_broker.bootstrap, tmp_path) as ingest:
        async with calling(ingest) as caller:
            with asleep(ill_broker):
                assert await caller.post(b"over the spool") == 200
                status = await asyncio.to_thread(ingest.terminate)

    assert status == 0


async def post_until_told(caller: Caller, stop: asyncio.Event) -> None:
    """Ten callers, each one callback after the other, until told to stop or nobody listens any more."""

    async def post_on(name: int) -> None:
        number, unheard_count = 0, 0
        while not stop.is_set() and unheard_count < 3:
            number += 1
            heard = await caller.post(b"%d-%d" % (name, number))
            unheard_count = 0 if heard else unheard_count + 1
            await asyncio.sleep(BREATH_S)

    await asyncio.gather(*[post_on(name) for name in range(10)])
