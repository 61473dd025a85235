"""The spool on a real file system: durable in order, drained once, nobody's lost and nobody's shared."""

import asyncio
import errno
import os
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from threading import Event
from typing import Any

import pytest
import structlog

from contracts.envelope import Headers
from contracts.errors import ConfigurationInvalid, NotDurable
from ingest.spool.runs import DAMAGED, MARK
from ingest.spool.spool import Spool
from ingest.spool.writer import SpoolLimits
from runtime.kafka import Outgoing
from tests.support.illness import small_disk

LIMITS = SpoolLimits(max_bytes=1_000_000)
HEADERS = [("provider", b"postbox"), ("connection", b"main")]
TIME_MS = 1_795_250_000_000


@asynccontextmanager
async def spool_in(root: Path, limits: SpoolLimits = LIMITS, **others: Any) -> AsyncIterator[Spool]:
    """A spool that ends as a process does: what is in it stays."""
    spool = Spool(root, limits, **others)
    try:
        yield spool
    finally:
        await spool.close()


def record(body: bytes, origin: Headers = HEADERS) -> Outgoing:
    return None, body, TIME_MS, [*origin, ("ce_id", b"run-" + body[:20])]


async def append(spool: Spool, *bodies: bytes, origin: Headers = HEADERS) -> None:
    """One group for each body, all of them answered."""
    for body in bodies:
        answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        spool.append(record(body, origin), answer)
        await answer


async def drain(spool: Spool) -> list[bytes | None]:
    bodies = []
    while batch := await spool.take(100):
        bodies += [body for _, body, _, _ in batch.records]
        await spool.drop(batch)
    return bodies


def segments(root: Path) -> list[Path]:
    return sorted(root.glob("*/*.segment"))


def left_in(root: Path) -> list[str]:
    return [path.name for path in root.rglob("*") if path.is_file() and path.name != MARK]


async def test_what_was_answered_is_drained_in_order_and_leaves_nothing(tmp_path):
    async with spool_in(tmp_path) as spool:
        await append(spool, b"1", b"2", b"3")
        drained = await drain(spool)

    assert drained == [b"1", b"2", b"3"]
    assert list(tmp_path.iterdir()) == []


async def test_a_record_comes_back_as_it_was(tmp_path):
    async with spool_in(tmp_path) as spool:
        await append(spool, b"\x00\xff")
        batch = await spool.take(100)

    assert batch is not None
    assert batch.records == [record(b"\x00\xff")]


async def test_nobody_is_answered_before_the_disk_has_the_callback(tmp_path):
    written, may_sync = Event(), Event()

    def slow_sync(_file: int) -> None:
        written.set()
        may_sync.wait(10)

    async with spool_in(tmp_path, sync=slow_sync) as spool:
        answering = asyncio.create_task(append(spool, b"durable"))
        await asyncio.to_thread(written.wait, 10)
        await asyncio.sleep(0.05)
        was_answered = answering.done()
        may_sync.set()
        await answering

        assert not was_answered
        assert b"durable" in segments(tmp_path)[0].read_bytes()


async def test_while_one_group_is_synced_the_next_one_collects(tmp_path):
    synced = 0

    def counting_sync(_file: int) -> None:
        nonlocal synced
        synced += 1
        time.sleep(0.05)

    async with spool_in(tmp_path, sync=counting_sync) as spool:
        await asyncio.gather(*[append(spool, b"%d" % number) for number in range(50)])

    assert synced <= 4  # the new file's, the first group's, the others'


async def test_what_the_disk_failed_to_sync_is_refused_and_not_drained(tmp_path):
    """After a failed sync nobody knows what is on the disk (as PostgreSQL learnt in 2018): it goes on in a new file."""
    failing = False

    def ill_sync(_file: int) -> None:
        if failing:
            raise OSError(errno.EIO, "Input/output error")

    async with spool_in(tmp_path, sync=ill_sync) as spool:
        await append(spool, b"1")
        failing = True
        with pytest.raises(NotDurable, match="Input/output error"):
            await append(spool, b"2")
        trouble = spool.trouble
        failing = False
        await append(spool, b"3")
        files = len(segments(tmp_path))

        assert "Input/output error" in trouble
        assert (spool.trouble, files) == ("", 2)
        assert await drain(spool) == [b"1", b"3"]


async def test_a_batch_comes_again_until_it_is_dropped(tmp_path):
    async with spool_in(tmp_path) as spool:
        await append(spool, b"1")
        first, again = await spool.take(100), await spool.take(100)

    assert first is not None
    assert again is not None
    assert first.records == again.records


async def test_the_next_process_drains_what_this_one_left(tmp_path):
    async with spool_in(tmp_path) as spool:
        await append(spool, b"1", b"2")
    async with spool_in(tmp_path) as spool:
        await append(spool, b"3")

        assert spool.left_count == 3
        assert await drain(spool) == [b"1", b"2", b"3"]
    assert list(tmp_path.iterdir()) == []


async def test_the_next_process_goes_on_where_this_one_stopped(tmp_path):
    async with spool_in(tmp_path) as spool:
        await append(spool, b"1")
        batch = await spool.take(100)
        await append(spool, b"2")
        assert batch is not None
        await spool.drop(batch)
    async with spool_in(tmp_path) as spool:
        assert await drain(spool) == [b"2"]


@pytest.mark.parametrize(
    "mark",
    [
        pytest.param("", id="empty"),
        pytest.param("000001-nobody.segment 17", id="of another segment"),
        pytest.param("half a ma", id="torn"),
        pytest.param("{name} 99999", id="beyond the end"),
    ],
)
async def test_a_mark_that_says_nothing_costs_repeats_only(tmp_path, mark):
    async with spool_in(tmp_path) as spool:
        await append(spool, b"1", b"2")
    [segment] = segments(tmp_path)
    (segment.parent / MARK).write_text(mark.format(name=segment.name))
    async with spool_in(tmp_path) as spool:
        assert await drain(spool) == [b"1", b"2"]


async def test_a_run_belongs_to_one_process_while_it_lives(tmp_path):
    async with spool_in(tmp_path) as living:
        await append(living, b"living")
        async with spool_in(tmp_path) as other:
            await append(other, b"other")

            assert (await drain(other), await drain(living)) == ([b"other"], [b"living"])


async def test_what_another_process_leaves_is_taken_over_by_those_that_live(tmp_path):
    async with spool_in(tmp_path, adoption_s=0.01) as heir:
        async with spool_in(tmp_path) as mortal:
            await append(mortal, b"left")
        await append(heir, b"own")
        watching = asyncio.create_task(heir.run())
        async with asyncio.timeout(10):
            while heir.left_count < 2:  # noqa: ASYNC110  # a thread looks around
                await asyncio.sleep(0.01)
        watching.cancel()

        assert sorted(await drain(heir)) == [b"left", b"own"]


async def test_a_segment_ends_at_its_size_and_the_next_one_begins(tmp_path):
    async with spool_in(tmp_path, SpoolLimits(max_bytes=1_000_000, segment_bytes=300)) as spool:
        bodies = [b"%d" % number * 50 for number in range(9)]
        await append(spool, *bodies)
        count = len(segments(tmp_path))

        assert count > 2
        assert await drain(spool) == bodies
    assert list(tmp_path.iterdir()) == []


async def test_a_callback_larger_than_a_piece_is_read_whole(tmp_path):
    large = os.urandom(1024 * 1024)
    async with spool_in(tmp_path, SpoolLimits(max_bytes=8_000_000)) as spool:
        await append(spool, b"small", large, b"small again")

        assert await drain(spool) == [b"small", large, b"small again"]


async def test_a_full_spool_says_no_and_takes_again_when_there_is_room(tmp_path):
    async with spool_in(tmp_path, SpoolLimits(max_bytes=1000)) as spool:
        await append(spool, b"1" * 400)
        with pytest.raises(NotDurable, match="the spool"):
            await append(spool, b"2" * 600)
        occupied = spool.occupied_bytes()
        before = await drain(spool)
        await append(spool, b"3" * 600)

        assert occupied <= 1000
        assert (before, await drain(spool)) == ([b"1" * 400], [b"3" * 600])


async def test_one_connection_cannot_fill_the_spool_for_the_others(tmp_path):
    async with spool_in(tmp_path, SpoolLimits(max_bytes=10_000)) as spool:
        with pytest.raises(NotDurable, match="other connections"):
            await append(spool, *[b"x" * 100] * 100)
        taken = spool.left_count
        await append(spool, b"y" * 1000, origin=[("provider", b"postbox"), ("connection", b"quiet")])
        await drain(spool)
        await append(spool, b"x" * 100)

        assert 15 < taken < 35


async def test_the_bound_is_that_of_all_processes_together(tmp_path):
    limits = SpoolLimits(max_bytes=1000)
    async with spool_in(tmp_path, limits) as one, spool_in(tmp_path, limits) as other:
        await append(one, b"1" * 600)
        with pytest.raises(NotDurable, match="full"):
            await append(other, b"2" * 600)


async def test_a_whole_group_shares_one_answer(tmp_path):
    loop = asyncio.get_running_loop()
    async with spool_in(tmp_path) as spool:
        answers = [loop.create_future() for _ in range(100)]
        for number, answer in enumerate(answers):
            spool.append(record(b"%d" % number), answer)
        waiting_count = spool.unsettled_count
        await asyncio.gather(*answers)

        assert (waiting_count, spool.unsettled_count) == (100, 0)
        assert await drain(spool) == [b"%d" % number for number in range(100)]


async def test_an_end_answers_what_waits(tmp_path):
    loop = asyncio.get_running_loop()
    spool = Spool(tmp_path, LIMITS)
    spool.append(record(b"1"), answer := loop.create_future())
    await spool.close()

    assert answer.done()
    async with spool_in(tmp_path) as spool:
        assert await drain(spool) == [b"1"]


async def test_a_damaged_middle_costs_one_callback_and_is_kept_aside_loudly(tmp_path):
    async with spool_in(tmp_path) as spool:
        await append(spool, b"first", b"the one that rots", b"last")
    [segment] = segments(tmp_path)
    segment.write_bytes(segment.read_bytes().replace(b"rots", b"rotz"))
    with structlog.testing.capture_logs() as logs:
        async with spool_in(tmp_path) as spool:
            drained = await drain(spool)

    assert drained == [b"first", b"last"]
    assert [line["log_level"] for line in logs if line["event"] == "spool_damaged"] == ["error"]
    [kept] = [path for path in tmp_path.iterdir() if path.suffix == DAMAGED]
    assert b"rotz" in kept.read_bytes()


async def test_what_kafka_will_never_take_is_kept_aside_loudly(tmp_path):
    with structlog.testing.capture_logs() as logs:
        async with spool_in(tmp_path) as spool:
            await append(spool, b"too large", b"next")
            batch = await spool.take(1)
            assert batch is not None
            await spool.put_aside(batch, "too large")
            drained = await drain(spool)

    assert drained == [b"next"]
    assert [line["ce_id"] for line in logs if line["event"] == "callback_put_aside"] == ["run-too large"]
    [kept] = [path for path in tmp_path.iterdir() if path.suffix == DAMAGED]
    assert b"too large" in kept.read_bytes()


async def test_what_was_kept_aside_is_let_alone(tmp_path):
    (tmp_path / f"1-2{DAMAGED}").write_bytes(b"rotten")
    async with spool_in(tmp_path) as spool:
        assert await drain(spool) == []
    assert left_in(tmp_path) == [f"1-2{DAMAGED}"]


@pytest.mark.parametrize("size", [pytest.param(0, id="nothing"), pytest.param(7, id="half of its first line")])
async def test_a_segment_that_was_just_begun_is_no_damage(tmp_path, size):
    async with spool_in(tmp_path) as spool:
        await append(spool, b"1")
    [segment] = segments(tmp_path)
    os.truncate(segment, size)
    async with spool_in(tmp_path) as spool:
        assert await drain(spool) == []
    assert list(tmp_path.iterdir()) == []


async def test_a_torn_tail_costs_only_itself(tmp_path):
    async with spool_in(tmp_path) as spool:
        await append(spool, b"answered", b"never answered")
    [segment] = segments(tmp_path)
    os.truncate(segment, segment.stat().st_size - 1)
    async with spool_in(tmp_path) as spool:
        assert await drain(spool) == [b"answered"]
    assert list(tmp_path.iterdir()) == []


async def test_size_and_age_can_be_asked(tmp_path):
    async with spool_in(tmp_path) as spool:
        empty = (spool.is_empty, spool.left_count, spool.oldest_at_ms())
        await append(spool, b"1", b"2")
        filled = (spool.is_empty, spool.left_count, spool.oldest_at_ms())
        occupied = spool.occupied_bytes()

        assert (empty, filled) == ((True, 0, None), (False, 2, TIME_MS))
        assert occupied == segments(tmp_path)[0].stat().st_size


async def test_a_directory_that_cannot_be_is_named_at_the_door(tmp_path):
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(ConfigurationInvalid, match=r"ingest\.spool_dir"):
        Spool(tmp_path / "file", LIMITS)


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk", "64k") as disk:
        yield disk


async def test_a_full_disk_says_no_and_takes_again_when_there_is_room(tiny_disk):
    async with spool_in(tiny_disk / "spool") as spool:
        await append(spool, b"1" * 10_000)
        ballast = tiny_disk / "ballast"
        with pytest.raises(OSError, match="No space"):
            ballast.write_bytes(bytes(64 * 1024))
        with pytest.raises(NotDurable, match="No space"):
            await append(spool, b"2" * 10_000)
        with pytest.raises(NotDurable, match="No space"):
            await append(spool, b"3" * 10_000)
        ballast.unlink()
        await append(spool, b"4" * 10_000)

        assert await drain(spool) == [b"1" * 10_000, b"4" * 10_000]
    assert left_in(tiny_disk / "spool") == []


async def test_what_a_full_disk_took_in_part_is_cut_back(tiny_disk):
    async with spool_in(tiny_disk / "spool") as spool:
        await append(spool, b"1" * 1000)
        [segment] = segments(tiny_disk / "spool")
        size = segment.stat().st_size
        with pytest.raises(NotDurable):
            await append(spool, b"2" * 100_000)

        assert segment.stat().st_size == size
