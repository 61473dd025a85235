"""The process without any Kafka: what it answered 200 is on the disk, whatever became of it."""

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest

from ingest.spool.spool import Spool
from ingest.spool.writer import SpoolLimits
from runtime.broker.ports import free_port
from tests.support.fake_provider import signature
from tests.support.illness import small_disk
from tests.support.running_ingest import RunningIngest, running_ingest


@asynccontextmanager
async def without_kafka(directory: Path, **settings: str) -> AsyncIterator[RunningIngest]:
    with running_ingest(f"127.0.0.1:{free_port()}", directory, is_ready=False, **settings) as ingest:
        yield ingest


def post(ingest: RunningIngest, body: bytes, caller: httpx2.Client | None = None) -> int:
    """The status, 0 when there was no answer."""
    try:
        answer = (caller or httpx2).post(ingest.url, content=body, headers={"x-signature": signature(body)})
    except httpx2.TransportError:
        return 0
    return answer.status_code


def posted(ingest: RunningIngest, bodies: list[bytes]) -> dict[bytes, int]:
    """The answers to all, several at a time."""
    with ThreadPoolExecutor(8) as pool, httpx2.Client(timeout=20) as caller:
        return dict(zip(bodies, pool.map(lambda body: post(ingest, body, caller), bodies), strict=True))


async def on_disk(root: Path) -> list[bytes | None]:
    spool, bodies = Spool(root, SpoolLimits(max_bytes=10_000_000)), []
    while batch := await spool.take(100):
        bodies += [body for _, body, _, _ in batch.records]
        await spool.drop(batch)
    await spool.close()
    return bodies


async def test_without_kafka_callbacks_are_taken_and_kept_in_order(tmp_path):
    bodies = [b"%d" % number for number in range(20)]
    async with without_kafka(tmp_path) as ingest:
        statuses = [await asyncio.to_thread(post, ingest, body) for body in bodies]
        await asyncio.to_thread(ingest.wait_until, "/readyz", 200)
        _, why = await asyncio.to_thread(ingest.admin, "/readyz")
        _, numbers = await asyncio.to_thread(ingest.admin, "/metrics")
        status = await asyncio.to_thread(ingest.terminate)

    assert statuses == [200] * 20
    assert "callbacks go to the spool" in why
    assert {"tidings_spool_records 20.0", "tidings_spool_appended_total 20.0"} <= set(numbers.splitlines())
    assert status == 0
    assert await on_disk(ingest.spool) == bodies


@pytest.mark.parametrize("step", ["spool.appended", "spool.synced"])
@pytest.mark.parametrize("times", [1, 2, 9])
async def test_killed_at_any_step_what_was_answered_is_on_the_disk(tmp_path, step, times):
    async with without_kafka(tmp_path, crash_at=f"{step}:{times}") as ingest:
        answers = await asyncio.to_thread(posted, ingest, [b"%d" % number for number in range(200)])
        status = await asyncio.to_thread(ingest.process.wait, 20)

    assert status == -signal.SIGKILL
    assert {body for body, answer in answers.items() if answer == 200} <= set(await on_disk(ingest.spool))


async def test_a_kill_under_load_and_another_after_it_lose_nothing(tmp_path):
    answers: dict[bytes, int] = {}
    async with without_kafka(tmp_path) as ingest:
        for name in ("first", "second"):
            feed = asyncio.create_task(asyncio.to_thread(posted, ingest, [f"{name}-{n}".encode() for n in range(300)]))
            while not any(  # noqa: ASYNC110  # another process
                path.stat().st_size > 10_000 for path in list(ingest.spool.rglob("*.segment"))[-1:]
            ):
                await asyncio.sleep(0.01)
            ingest.process.kill()
            answers |= await feed
            ingest.start_again()
            await asyncio.to_thread(ingest.wait_until, "/healthz", 200)

    taken = {body for body, answer in answers.items() if answer == 200}
    assert taken
    assert taken <= set(await on_disk(ingest.spool))


async def test_a_full_spool_is_503_with_a_time_to_come_again_and_not_ready(tmp_path):
    async with without_kafka(tmp_path, ingest="spool_max_bytes = 2000") as ingest:
        await asyncio.to_thread(post, ingest, b"x" * 500)
        body = b"y" * 1500
        answer = await asyncio.to_thread(
            httpx2.post, ingest.url, content=body, headers={"x-signature": signature(body)}
        )
        ready, why = await asyncio.to_thread(ingest.admin, "/readyz")
        alive, _ = await asyncio.to_thread(ingest.admin, "/healthz")

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert (ready, alive) == (503, 200)
    assert "full" in why


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk", "64k") as disk:
        yield disk


async def test_a_full_disk_is_503_until_there_is_room_and_costs_nothing_that_was_answered(tmp_path, tiny_disk):
    ballast = tiny_disk / "ballast"
    async with without_kafka(tmp_path, ingest=f'spool_dir = "{tiny_disk / "spool"}"') as ingest:
        before = await asyncio.to_thread(post, ingest, b"before")
        ballast.write_bytes(bytes(60 * 1024 - 8192))
        full = [await asyncio.to_thread(post, ingest, b"%d" % number * 20_000) for number in range(2)]
        await asyncio.to_thread(ingest.wait_until, "/readyz", 503)
        _, why = await asyncio.to_thread(ingest.admin, "/readyz")
        ballast.unlink()
        after = await asyncio.to_thread(post, ingest, b"after")
        alive, _ = await asyncio.to_thread(ingest.admin, "/healthz")

    assert (before, full, after, alive) == (200, [503, 503], 200, 200)
    assert "No space left" in why
    assert await on_disk(tiny_disk / "spool") == [b"before", b"after"]
