"""The feed of the real api process on the real broker."""

import asyncio
import os
import random
import signal
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest

from api.admission.keys import Scope
from contracts.status import DeliveryStatus
from contracts.vocabulary import Verdict
from runtime.broker.ports import free_port
from runtime.clock import SystemClock
from runtime.settings import KafkaSettings
from tests.support.feeding import Client, Heard, Pen, Said, numbers, pen, some
from tests.support.patience import LIMIT_S
from tests.support.running_api import PARTITIONS, IsSo, RunningApi, running_api

pytestmark = pytest.mark.broker

MOST_WAITING = 200
PAGE = Path(__file__).parents[2] / "docs" / "feed.md"


@pytest.fixture(scope="module")
def api(broker: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApi]:
    """With short heartbeats, and little patience for slow clients."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("TIDINGS_FEED__HEARTBEAT_S", "0.5")
        environment.setenv("TIDINGS_FEED__MOST_WAITING", str(MOST_WAITING))
        with running_api(broker, tmp_path_factory.mktemp("api")) as running:
            yield running


@pytest.fixture
async def written(api: RunningApi) -> AsyncIterator[Pen]:
    async with pen(api.kafka) as writer:
        yield writer


@pytest.fixture
def connect(api: RunningApi):
    def made(*, accounts: tuple[str, ...] | None = None, **parameters) -> Client:
        key, text = api.ring.create(SystemClock(), name="test", scopes=[Scope.FEED], accounts=accounts)
        return Client(api.url, text, parameters, key_id=key.id)

    return made


async def begun(client: Client) -> Client:
    """It has an id to come back with."""
    async with client.connected() as heard:
        await anext(heard)
    return client


def by_message(heard: Sequence[Heard]) -> dict[str, list[int]]:
    """What was told of each, each change once."""
    told: dict[str, dict[int, None]] = defaultdict(dict)
    for one in heard:
        told[one.data["message_id"]].setdefault(numbers([one])[0])
    return {message: list(order) for message, order in told.items()}


async def test_what_is_written_while_a_client_listens_is_told_in_the_order_of_each_message(connect, written):
    client, said = connect(), some(30)

    async with client.connected() as heard:
        await anext(heard)
        await written.write(*said)
        found = [one async for one in Client.changes(heard, len(said))]

    assert sorted(numbers(found)) == list(range(30))
    assert all(order == sorted(order) for order in by_message(found).values())


async def test_a_client_that_comes_back_is_told_what_it_has_missed_and_nothing_twice(connect, written):
    client = await begun(connect())
    await written.write(*some(20))

    found = await client.listen(8)
    await written.write(*some(10, first=20))
    found += await client.listen(22)

    assert sorted(numbers(found)) == list(range(30))


@pytest.mark.parametrize("kills", [10, pytest.param(100, marks=pytest.mark.long)])
async def test_a_client_that_is_killed_again_and_again_under_load_has_seen_everything(connect, written, kills):
    client, rng, salt = await begun(connect()), random.Random(kills), uuid4().hex[:6]
    found: list[Heard] = []
    total, is_over = 0, False

    async def load() -> None:
        nonlocal total
        while not is_over:
            await written.write(*some(20, first=total, messages=11, salt=salt))
            total += 20
            await asyncio.sleep(0.03)

    async def live() -> None:
        async with client.connected() as heard:
            async for one in Client.changes(heard, 10**6):
                found.append(one)  # noqa: PERF401  # each at once, because it is cut at any moment

    loading = asyncio.create_task(load())
    for _ in range(kills):
        living = asyncio.create_task(live())
        await asyncio.wait([living], timeout=rng.random() * 0.4)
        living.cancel()
        await asyncio.wait([living])
        if found and rng.random() < 0.5:  # killed before it had written down what it had seen last
            client.last_id = found[-2].id if len(found) > 1 else client.last_id
    is_over = True
    await loading
    living = asyncio.create_task(live())
    async with asyncio.timeout(LIMIT_S):
        while len(set(numbers(found))) < total:  # noqa: ASYNC110  # a list has no event to wait for
            await asyncio.sleep(0.05)
    living.cancel()

    told = by_message(found)
    assert sorted(number for order in told.values() for number in order) == list(range(total))
    assert all(order == sorted(order) for order in told.values())


async def test_what_repeats_after_a_restored_id_is_the_same_by_its_update_id(connect, written):
    client = await begun(connect())
    before = client.last_id
    await written.write(*some(5))
    found = await client.listen(5)
    client.last_id = before
    again = await client.listen(5)

    assert sorted(numbers(again)) == sorted(numbers(found))
    assert [one.id for one in again][-1] == [one.id for one in found][-1]


async def test_filters_let_in_what_they_say_and_a_key_only_its_accounts(connect, written):
    spring = await begun(connect(campaign="spring*", status="!sent"))
    ours, theirs = await begun(connect(accounts=("default",))), await begun(connect(accounts=("other",)))
    await written.write(
        Said(1, "m-1", campaign="spring-sale", status=DeliveryStatus.DELIVERED),
        Said(2, "m-2", campaign="spring-sale", status=DeliveryStatus.SENT),
        Said(3, "m-3", campaign="summer", status=DeliveryStatus.DELIVERED),
        Said(4, "m-4", account="other", connection="other", campaign="spring", status=DeliveryStatus.FAILED),
        Said(5, "m-5", verdict=Verdict.REPEATED),
        Said(6, "m-6", account="other", connection="other", verdict=Verdict.REGISTERED, freed=1),
    )

    assert sorted(numbers(await spring.listen(2))) == [1, 4]
    assert sorted(numbers(await ours.listen(3))) == [1, 2, 3]
    assert sorted(numbers(await theirs.listen(2))) == [4, 6]


async def test_a_stream_that_waits_for_something_rare_stays_near_the_present(connect, written):
    client = connect(status="seen")
    async with asyncio.timeout(LIMIT_S), client.connected() as heard:
        first = (await anext(heard)).id
        await written.write(*some(5))
        async for one in heard:
            if one.comment == "still here" and one.id != first:
                break

    assert one.data is None


async def test_a_time_begins_with_what_came_then(connect, written):
    now = int(datetime.now(UTC).timestamp() * 1000)
    late = await begun(connect())
    await written.write(*(Said(number, "m-time", at_ms=now + number) for number in range(4)))
    since = datetime.fromtimestamp((now + 2) / 1000, UTC).isoformat().replace("+00:00", "Z")
    await late.listen(4)

    assert numbers(await connect(since=since).listen(2)) == [2, 3]


async def test_a_slow_client_is_dropped_with_the_id_to_go_on_from(connect, written):
    client, quick = connect(), await begun(connect())
    client.is_slow = True
    said = some(8000, campaign="c" * 900)

    async with asyncio.timeout(LIMIT_S), client.connected() as heard:
        await anext(heard)
        for begin in range(0, len(said), 500):
            await written.write(*said[begin : begin + 500])
        seen: list[Heard] = []
        while len(numbers(seen)) < len(said):  # on a machine that is slow enough it is sent away, too, and comes back
            seen += await quick.listen(len(said) - len(numbers(seen)))
        found = [one async for one in heard if one.data is not None]
    dropped = found.pop()
    client.last_id, client.is_slow = dropped.data["resume_id"], False
    rest = await client.listen(len(said) - len(found))

    assert sorted(numbers(seen)) == list(range(len(said)))
    assert (dropped.event, dropped.data["reason"]) == ("dropped", "too_slow")
    assert dropped.data["resume_id"] == dropped.id
    assert sorted(numbers(found + rest)) == list(range(len(said)))


@pytest.mark.parametrize(
    "ended",
    [
        pytest.param(lambda ring, key_id: ring.revoke(key_id), id="revoked"),
        pytest.param(
            lambda ring, key_id: ring.rotate(key_id, SystemClock(), overlap=timedelta(0)), id="rotated after a leak"
        ),
    ],
)
async def test_a_key_that_ends_ends_its_stream(connect, api, ended):
    client = connect()
    async with asyncio.timeout(LIMIT_S), client.connected() as heard:
        await anext(heard)
        ended(api.ring, client.key_id)
        found = [one async for one in heard if one.data is not None]

    assert [one.data["reason"] for one in found] == ["key_revoked"]


async def ask(client: Client, **headers: str) -> httpx2.Response:
    async with httpx2.AsyncClient(base_url=client.url, headers={"Authorization": f"Bearer {client.key}"}) as asker:
        return await asker.get("/v1/feed", params=client.parameters, headers=headers, timeout=30)


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        pytest.param(lambda _: "ffffffffffff-0.0.0", "another installation", id="of another cluster"),
        pytest.param(lambda last: last + "999", "ahead of all there is", id="ahead of the log"),
        pytest.param(lambda last: last + "x", "not the id of an event", id="unreadable"),
    ],
)
async def test_an_id_that_is_none_of_this_feed_is_a_problem(connect, written, spoil, why):
    await written.write(*some(30))
    client = await begun(connect())
    answer = await ask(client, **{"Last-Event-ID": spoil(client.last_id)})

    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert why in answer.json()["detail"]


def stored(partition: int, end: int) -> IsSo:
    """The store stops where it would have a hole, which is not what is asked here."""
    return lambda answer: answer.json()["freshness"]["watermarks"].get("updates", {}).get(str(partition)) == end


async def test_what_retention_has_taken_is_gone_and_the_oldest_id_leads_on(connect, written, api):
    client = await begun(connect())
    said = [Said(number, "m-gone") for number in range(4)]
    await written.write(*said)
    partition = written.partition_of(said[0])
    end = await written.end_of(partition)
    await asyncio.to_thread(api.wait_for, "/v1/conservation", stored(partition, end), api.client())
    await written.forget(partition, before=end - 1)

    answer = await ask(client, **{"Last-Event-ID": client.last_id})
    client.last_id = answer.json()["oldest_id"]

    assert (answer.status_code, answer.json()["type"]) == (410, "/problems/position-gone")
    assert numbers(await client.listen(1)) == [3]


async def test_a_stream_is_not_to_be_buffered_or_kept(connect):
    client = connect()
    async with client.connected():
        headers = client.headers

    assert headers["content-type"].startswith("text/event-stream")
    assert (headers["cache-control"], headers["x-accel-buffering"]) == ("no-cache", "no")


@pytest.fixture
def outside(connect, api):
    """Runs a client of the page as people would: the feed's address and a key in its environment."""

    @asynccontextmanager
    async def running(*command: str) -> AsyncIterator[asyncio.StreamReader]:
        environment = os.environ | {"TIDINGS_URL": api.url, "TIDINGS_KEY": connect().key, "PYTHONUNBUFFERED": "1"}
        process = await asyncio.create_subprocess_exec(*command, env=environment, stdout=asyncio.subprocess.PIPE)
        yield process.stdout
        process.kill()
        await process.wait()

    return running


async def test_the_python_of_the_page_works(outside, written):
    said = Said(1, "m-page", status=DeliveryStatus.DELIVERED)
    code = PAGE.read_text("utf-8").split("```python\n")[1].split("```")[0]

    async with asyncio.timeout(LIMIT_S), outside(sys.executable, "-c", code) as lines:
        first = asyncio.create_task(lines.readline())
        while not first.done():
            await written.write(said)
            await asyncio.wait([first], timeout=0.2)

    assert first.result().decode() == f"{said.message_id} delivered\n"


async def test_the_curl_of_the_page_works(outside, written):
    said = Said(1, "m-curl", status=DeliveryStatus.DELIVERED)
    command = PAGE.read_text("utf-8").split("$ curl ")[1].splitlines()[0]
    command = command.replace("http://127.0.0.1:8000", "$TIDINGS_URL").replace("$KEY", "$TIDINGS_KEY")
    command = command.replace("country=GR,CY", "country=GR,GB")

    async with asyncio.timeout(LIMIT_S), outside("sh", "-c", f"exec curl -s {command}") as lines:
        opening = [await lines.readline() for _ in range(4)]
        await written.write(said)
        while not (line := await lines.readline()).startswith(b"data:"):
            assert line

    assert opening[0] == b": the feed begins\n"
    assert said.message_id in line.decode()


async def test_the_process_stops_in_order_with_open_feeds_and_they_go_on_behind_it(connect, written, api):
    clients = [connect() for _ in range(5)]

    async def live(client: Client) -> list[Heard]:
        async with client.connected() as heard:
            return [one async for one in heard]

    living = [asyncio.create_task(live(client)) for client in clients]
    while not all(client.last_id for client in clients):  # noqa: ASYNC110  # they have no event to wait for
        await asyncio.sleep(0.05)
    status = await asyncio.to_thread(api.end, signal.SIGTERM)
    ends = [(await one)[-1] for one in living]
    await written.write(*some(6))
    await asyncio.to_thread(api.start)

    assert status == 0
    assert [(one.event, one.data["reason"]) for one in ends] == [("dropped", "stopping")] * 5
    assert [sorted(numbers(await client.listen(6))) for client in clients] == [list(range(6))] * 5


def test_without_kafka_the_feed_says_so(tmp_path):
    api = RunningApi(KafkaSettings(partitions=PARTITIONS), tmp_path, free_port())
    api.configure("127.0.0.1:1")
    api.launch()
    try:
        api.wait_for("/healthz", lambda answer: answer.status_code == 200)
        with api.client() as client:
            answer = client.get("/v1/feed")

        assert (answer.status_code, answer.json()["type"]) == (503, "/problems/feed-silent")
        assert answer.headers["retry-after"]
        assert api.end(signal.SIGTERM) == 0
    finally:
        api.process.kill()
