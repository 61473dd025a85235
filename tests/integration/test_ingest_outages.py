"""200 means durable: through outages of the broker, through the end of the process, and when too much waits."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager

import httpx2
import pytest

from runtime.broker import LocalBroker
from tests.support.fake_provider import signature
from tests.support.running_ingest import RunningIngest, create_topic, running_ingest

pytestmark = pytest.mark.broker


@pytest.fixture(scope="module")
def ill_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalBroker]:
    """A broker that the tests of this module stop, kill and start again; each leaves it running."""
    with LocalBroker(tmp_path_factory.mktemp("ill-broker")) as broker:
        yield broker


@contextmanager
def asleep(broker: LocalBroker) -> Iterator[None]:
    """The broker holds its connections and answers nothing."""
    os.kill(broker.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(broker.pid, signal.SIGCONT)


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


def bodies_in_topic(ingest: RunningIngest) -> set[bytes]:
    return {callback.body for callback in ingest.written()}


async def test_without_an_acknowledgement_there_is_no_200_and_health_comes_back_by_itself(ill_broker, tmp_path):
    with running_ingest(ill_broker.bootstrap, tmp_path, connection="ack_budget_s = 0.5") as ingest:
        async with calling(ingest) as caller:
            before = await caller.post(b"before")
            with asleep(ill_broker):
                first = await caller.post(b"first to wait in vain")
                others = await asyncio.gather(*[caller.post(b"other %d" % number) for number in range(20)])
                ready_then = await asyncio.to_thread(ingest.admin, "/readyz")
                alive_then = await asyncio.to_thread(ingest.admin, "/healthz")
            await asyncio.to_thread(ingest.wait_until, "/readyz", 200)
            after = await caller.post(b"after")
            in_topic = await asyncio.to_thread(bodies_in_topic, ingest)

    assert (before, first, set(others), after) == (200, 503, {503}, 200)
    assert (ready_then[0], alive_then[0]) == (503, 200)
    assert caller.taken <= in_topic
    # Not known is not "not stored": what had been handed over when the broker fell asleep was stored when it woke.
    assert b"first to wait in vain" in in_topic


async def test_a_503_says_when_to_come_again(ill_broker, tmp_path):
    settings = "ack_budget_s = 0.2"
    with running_ingest(ill_broker.bootstrap, tmp_path, connection=settings) as ingest, asleep(ill_broker):
        answer = await asyncio.to_thread(httpx2.post, ingest.url, headers={"x-signature": signature(b"")})

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


async def test_above_the_cap_the_answer_is_503_while_the_others_still_wait(ill_broker, tmp_path):
    settings = {"ingest": "waiting_limit = 3", "connection": "ack_budget_s = 30"}
    with running_ingest(ill_broker.bootstrap, tmp_path, **settings) as ingest:
        async with calling(ingest) as caller:
            with asleep(ill_broker):
                posts = {asyncio.create_task(caller.post(b"%d" % number)) for number in range(10)}
                refused: set[asyncio.Task[int]] = set()
                while len(refused) < 7:
                    done, waiting = await asyncio.wait(posts - refused, return_when=asyncio.FIRST_COMPLETED)
                    refused |= done
            statuses = await asyncio.gather(*waiting)

    assert {task.result() for task in refused} == {503}
    assert statuses == [200, 200, 200]


async def test_it_starts_without_a_broker_and_recovers_by_itself(ill_broker, tmp_path):
    with ExitStack() as stack:
        with dead(ill_broker):
            ingest = stack.enter_context(running_ingest(ill_broker.bootstrap, tmp_path, is_ready=False))
            caller = Caller(ingest, httpx2.AsyncClient(timeout=60))
            without_broker = await caller.post(b"too early")
            alive, _ = await asyncio.to_thread(ingest.admin, "/healthz")
        without_topic = await caller.post(b"still too early")
        await asyncio.to_thread(create_topic, ingest.kafka)
        await asyncio.to_thread(ingest.wait_until, "/readyz", 200)
        after = await caller.post(b"in time")
        in_topic = await asyncio.to_thread(bodies_in_topic, ingest)

    assert (without_broker, alive, without_topic, after) == (503, 200, 503, 200)
    assert in_topic == {b"in time"}


async def test_a_killed_broker_costs_answers_but_no_callback(ill_broker, tmp_path):
    with running_ingest(ill_broker.bootstrap, tmp_path) as ingest:
        async with calling(ingest) as caller:
            feed = asyncio.create_task(post_until_told(caller, stop := asyncio.Event()))
            await until(lambda: len(caller.taken) > 100)
            with dead(ill_broker):
                await until(lambda: 503 in caller.answers.values())
            taken_before = len(caller.taken)
            await until(lambda: len(caller.taken) > taken_before + 100)
            stop.set()
            await feed
            in_topic = await asyncio.to_thread(bodies_in_topic, ingest)

    assert caller.taken <= in_topic
    assert set(caller.answers.values()) == {200, 503}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_an_ordered_end_answers_what_waits(ill_broker, tmp_path, number):
    """The broker sleeps while the signal comes, so that callbacks do wait; it wakes within their budget."""
    with running_ingest(ill_broker.bootstrap, tmp_path, connection="ack_budget_s = 5") as ingest:
        async with calling(ingest) as caller:
            with asleep(ill_broker):
                posts = [asyncio.create_task(caller.post(b"%d" % one)) for one in range(10)]
                await until(lambda: "callbacks_waiting 10.0" in ingest.admin("/metrics")[1])
                ingest.process.send_signal(number)
                await until(lambda: ingest.admin("/readyz")[0] != 200)
            statuses = await asyncio.gather(*posts)
            status = await asyncio.to_thread(ingest.process.wait, 20)
            in_topic = await asyncio.to_thread(bodies_in_topic, ingest)

    assert statuses == [200] * 10
    assert caller.taken <= in_topic
    assert status == 0


async def test_under_load_an_ordered_end_loses_nothing(ill_broker, tmp_path):
    with running_ingest(ill_broker.bootstrap, tmp_path) as ingest:
        async with calling(ingest) as caller:
            feed = asyncio.create_task(post_until_told(caller, asyncio.Event()))
            await until(lambda: len(caller.taken) > 300)
            status = await asyncio.to_thread(ingest.terminate)
            await feed
            in_topic = await asyncio.to_thread(bodies_in_topic, ingest)

    assert status == 0
    assert set(caller.answers.values()) == {200}
    assert caller.taken <= in_topic


async def test_a_kill_loses_nothing_that_was_answered(ill_broker, tmp_path):
    with running_ingest(ill_broker.bootstrap, tmp_path) as ingest:
        async with calling(ingest) as caller:
            feed = asyncio.create_task(post_until_told(caller, asyncio.Event()))
            await until(lambda: len(caller.taken) > 300)
            ingest.process.kill()
            await feed
            in_topic = await asyncio.to_thread(bodies_in_topic, ingest)

    assert caller.taken <= in_topic


async def test_it_ends_while_the_broker_is_away(ill_broker, tmp_path):
    with running_ingest(ill_broker.bootstrap, tmp_path) as ingest:
        async with calling(ingest) as caller:
            with asleep(ill_broker):
                assert await caller.post(b"in vain") == 503
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

    await asyncio.gather(*[post_on(name) for name in range(10)])


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not await asyncio.to_thread(holds):  # noqa: ASYNC110  # what is waited for happens in other processes
            await asyncio.sleep(0.05)
