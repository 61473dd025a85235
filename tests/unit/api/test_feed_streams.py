"""Streams over a log in memory: nothing missing, nothing twice, and a clear end."""

import asyncio
import json
import random
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta

import pytest

from api.feed.bookmarks import Bookmark
from api.feed.events import Dimension
from api.feed.feed import RETENTION_S, Feed
from api.feed.listener import End
from api.feed.response import FeedResponse
from api.feed.stream import Stream
from api.feed.tail import Times
from api.feed.wishes import Wanted
from api.problems import FEED_FULL, FEED_SILENT, POSITION_GONE, Refused
from contracts.errors import QueryInvalid
from contracts.filters import parse_filter
from runtime.clock import FixedClock
from runtime.settings import FeedSettings
from tests.support.feed_log import ORIGIN, FakeLog
from tests.support.feeding import NOON, Said, some

EVERYTHING = Wanted()
QUICK = Times(begins_within_s=0.5, linger_s=0.2, pause_s=0.02)
USUAL = {"heartbeat_s": 30, "catch_up_wait_s": 0}


@pytest.fixture
def log() -> FakeLog:
    return FakeLog()


@asynccontextmanager
async def feeding(log: FakeLog, *, times: Times = QUICK, **settings):
    feed = Feed(FeedSettings(**USUAL | settings), log, FixedClock(NOON), times=times)
    running = asyncio.create_task(feed.run())
    try:
        async with asyncio.timeout(20):
            yield feed
    finally:
        running.cancel()


class Told:
    """A client: what it was told, and the id it would come back with."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self._chunks = stream.chunks()
        self.numbers: list[int] = []
        self.beats = 0
        self.last_id = ""
        self.end: dict | None = None

    async def hear_chunk(self) -> "Told":
        self._read(await anext(self._chunks))
        return self

    async def hear(self, *, until: int = 10**9) -> "Told":
        """Until that many changes were told, or the stream has ended; of a chunk all is heard."""
        while len(self.numbers) < until and (chunk := await anext(self._chunks, None)) is not None:
            self._read(chunk)
        return self

    async def leave(self) -> None:
        await self._chunks.aclose()
        await self.stream.close()

    def _read(self, chunk: bytes) -> None:
        for block in chunk.decode().split("\n\n")[:-1]:
            self._take(dict(line.split(": ", 1) for line in block.split("\n")))

    def _take(self, block: dict[str, str]) -> None:
        self.last_id = block["id"]
        self.beats += block.get("") == "still here"
        data = json.loads(block.get("data", "null"))
        if block.get("event") == "status-changed":
            self.numbers.append(int(data["update_id"].split("/")[2]))
        elif block.get("event") == "dropped":
            self.end = data


async def opened(feed: Feed, since=None, wanted: Wanted = EVERYTHING, may_go_on=lambda: True) -> Told:
    return await Told(await feed.open(wanted, since, may_go_on)).hear_chunk()


async def opened_in_time(feed: Feed) -> Told:
    """By a client that comes back until it is let in."""
    while True:
        try:
            return await opened(feed)
        except Refused:
            await asyncio.sleep(0.02)


async def test_without_a_place_a_stream_begins_now(log):
    log.write(0, *some(3))
    async with feeding(log) as feed:
        told = await opened(feed)
        log.write(1, *some(2, first=3))

        assert (await told.hear(until=2)).numbers == [3, 4]


async def test_a_stream_goes_on_behind_its_id_and_from_the_past_into_the_present(log):
    log.write(0, *some(3))
    log.write(1, *some(3, first=3))
    async with feeding(log) as feed:
        told = await opened(feed, str(Bookmark(ORIGIN, (1, 2))))
        await told.hear(until=3)
        log.write(1, *some(1, first=6))
        await told.hear(until=4)

        assert sorted(told.numbers[:3]) == [1, 2, 5]
        assert told.numbers[3] == 6


async def test_whoever_was_farther_than_the_tail_is_told_nothing_again(log):
    async with feeding(log, heartbeat_s=0.05) as feed:
        first = await opened(feed)
        log.is_late = True
        log.write(0, *some(5))
        told = await opened(feed, str(Bookmark(ORIGIN, (3, 0))))
        while not told.beats:
            await told.hear_chunk()
        log.is_late = False
        await first.hear(until=5)
        log.write(1, Said(5))
        await told.hear(until=3)

        assert told.numbers == [3, 4, 5]


async def test_the_reader_of_the_past_is_given_back_when_the_present_is_reached(log):
    log.write(0, *some(3))
    async with feeding(log) as feed:
        told = await opened(feed, str(Bookmark(ORIGIN, (0, 0))))
        with_reader = log.reader_count
        await told.hear(until=3)
        log.write(0, *some(1, first=3))
        await told.hear(until=4)

        assert (with_reader, log.reader_count) == (2, 1)


async def test_whoever_comes_back_at_once_needs_no_reader(log):
    async with feeding(log, catch_up_readers=1) as feed:
        first = await opened(feed)
        second = await opened(feed, str(Bookmark(ORIGIN, (0, 0))))

        assert log.reader_count == 1
        await first.leave()
        await second.leave()


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    "wanted", [pytest.param(EVERYTHING, id="all"), pytest.param(Wanted(accounts=("ours",)), id="own account only")]
)
async def test_however_often_it_is_cut_a_stream_misses_nothing_and_repeats_nothing(log, seed, wanted):
    rng = random.Random(seed)
    said = [Said(number, account=rng.choice(["ours", "theirs"])) for number in range(300)]
    due = [one.number for one in said if wanted.accounts is None or one.account in wanted.accounts]

    async def write() -> None:
        for one in said:
            log.write(rng.randrange(2), one)
            if rng.random() < 0.2:
                await asyncio.sleep(rng.random() * 0.004)

    async with feeding(log, heartbeat_s=0.05) as feed:
        told = await opened(feed, wanted=wanted)
        heard = []
        writing = asyncio.create_task(write())
        while len(heard) + len(told.numbers) < len(due):
            await told.hear(until=min(rng.randint(0, 20), len(due) - len(heard)))
            heard += told.numbers
            await told.leave()
            told = await opened(feed, told.last_id, wanted)
        await writing

    heard += told.numbers
    assert sorted(heard) == due
    for partition in (0, 1):
        here = {int(dict(one.headers)["ce_id"].split(b"/")[2]) for one in log.logs[partition]}
        own = [number for number in heard if number in here]
        assert own == sorted(own)


async def test_a_slow_client_is_told_where_to_go_on_and_misses_nothing(log):
    async with feeding(log, most_waiting=5) as feed:
        slow, quick = await opened(feed), await opened(feed)
        for number in range(20):
            log.write(0, Said(number))
            await quick.hear(until=number + 1)
        await slow.hear()
        again = await opened(feed, slow.end["resume_id"])
        await again.hear(until=20 - len(slow.numbers))

        assert slow.end["reason"] == "too_slow"
        assert slow.end["resume_id"] == slow.last_id
        assert slow.numbers + again.numbers == quick.numbers == list(range(20))


async def test_where_nothing_happens_a_heartbeat_carries_the_newest_id(log):
    nothing_of_it = Wanted(filters=((Dimension.STATUS, parse_filter(["seen"])),))
    async with feeding(log, heartbeat_s=0.02) as feed:
        told = await opened(feed, wanted=nothing_of_it)
        log.write(0, *some(3))
        while told.last_id != str(Bookmark(ORIGIN, (3, 0))):
            await told.hear_chunk()

        assert told.beats
        assert not told.numbers
        assert told.last_id == str(Bookmark(ORIGIN, (3, 0)))


async def test_a_revoked_key_ends_the_stream(log):
    works = True
    async with feeding(log, heartbeat_s=0.05) as feed:
        told = await opened(feed, may_go_on=lambda: works)
        works = False
        await told.hear()

        assert told.end["reason"] == "key_revoked"


@pytest.mark.parametrize("since", [None, str(Bookmark(ORIGIN, (0, 0)))], ids=["in the present", "in the past"])
async def test_when_the_process_stops_streams_end_with_the_id_to_go_on_from(log, since):
    log.write(0, *some(5))
    async with feeding(log) as feed:
        told = await opened(feed, since)
        hearing = asyncio.create_task(told.hear())
        await asyncio.sleep(0.05)
        feed.end_streams()
        await hearing

        assert told.end["reason"] == "stopping"
        assert told.end["resume_id"] == told.last_id
        with pytest.raises(Refused) as refused:
            await opened(feed)
        assert refused.value.kind is FEED_FULL


async def test_whoever_is_behind_what_kafka_has_hears_of_it(log):
    log.write(0, *some(5))
    async with feeding(log) as feed:
        told = await opened(feed, str(Bookmark(ORIGIN, (0, 0))))
        log.firsts = [5, 0]
        await told.hear()

        assert told.end["reason"] == "records_gone"


async def test_when_the_tail_itself_is_behind_all_hear_of_it_and_the_next_begins_anew(log):
    async with feeding(log) as feed:
        told = await opened(feed)
        log.is_late = True
        log.write(0, *some(5))
        log.firsts = [5, 0]
        log.is_late = False
        await told.hear()
        await told.leave()
        again = await opened_in_time(feed)
        log.write(0, Said(5))

        assert told.end["reason"] == "records_gone"
        assert (await again.hear(until=1)).numbers == [5]


@pytest.mark.parametrize(
    ("firsts", "since", "oldest"),
    [
        pytest.param([2, 0], (1, 1), (2, 1), id="one partition is cut: the others go on where they were"),
        pytest.param([2, 3], (2, 2), (2, 3), id="the first that is there is no gap"),
    ],
)
async def test_an_id_below_what_kafka_has_is_answered_with_the_oldest_there_is(log, firsts, since, oldest):
    log.write(0, *some(4))
    log.write(1, *some(4))
    log.firsts = firsts
    async with feeding(log) as feed:
        with pytest.raises(Refused) as refused:
            await opened(feed, str(Bookmark(ORIGIN, since)))
        told = await opened(feed, refused.value.members["oldest_id"])
        await told.hear(until=8 - sum(oldest))

        assert refused.value.kind is POSITION_GONE
        assert refused.value.members == {"oldest_id": str(Bookmark(ORIGIN, oldest))}


async def test_an_id_that_is_none_of_this_feed_is_refused(log):
    async with feeding(log) as feed:
        with pytest.raises(QueryInvalid, match="another installation"):
            await opened(feed, "ffffffffffff-0.0")


def ms(**ago) -> int:
    return int((NOON - timedelta(**ago)).timestamp() * 1000)


async def test_a_time_begins_with_the_first_that_is_not_older(log):
    log.write(0, *(Said(number, at_ms=ms(minutes=10 - number)) for number in range(5)))
    async with feeding(log) as feed:
        told = await opened(feed, NOON - timedelta(minutes=7))

        assert (await told.hear(until=2)).numbers == [3, 4]


@pytest.mark.parametrize(
    ("first", "ago", "is_refused"),
    [
        pytest.param(0, timedelta(seconds=RETENTION_S + 60), False, id="old, and nothing was ever removed"),
        pytest.param(1, timedelta(seconds=RETENTION_S + 60), True, id="older than what is kept, and some is gone"),
        pytest.param(1, timedelta(minutes=20), False, id="young: what is gone was older"),
    ],
)
async def test_a_time_from_before_the_retention_is_refused_when_something_is_gone(log, first, ago, is_refused):
    log.write(0, *(Said(number, at_ms=ms(minutes=5)) for number in range(3)))
    log.firsts = [first, 0]
    async with feeding(log) as feed:
        if is_refused:
            with pytest.raises(Refused) as refused:
                await opened(feed, NOON - ago)
            assert refused.value.kind is POSITION_GONE
        else:
            assert len((await (await opened(feed, NOON - ago)).hear(until=3 - first)).numbers) == 3 - first


async def test_more_clients_than_it_serves_are_asked_to_come_later(log):
    async with feeding(log, most_clients=1) as feed:
        first = await opened(feed)
        with pytest.raises(Refused) as refused:
            await opened(feed)
        await first.leave()
        await opened(feed)

        assert refused.value.kind is FEED_FULL
        assert refused.value.headers["Retry-After"]


async def test_more_readers_of_the_past_than_there_may_be_are_asked_to_come_later(log):
    log.write(0, *some(3))
    past = str(Bookmark(ORIGIN, (0, 0)))
    async with feeding(log, catch_up_readers=1) as feed:
        first = await opened(feed, past)
        with pytest.raises(Refused) as refused:
            await opened(feed, past)
        await opened(feed)
        await first.leave()
        second = await opened(feed, past)

        assert refused.value.kind is FEED_FULL
        assert (await second.hear(until=3)).numbers == [0, 1, 2]


async def test_while_kafka_is_silent_nobody_is_let_in(log):
    log.is_silent = True
    async with feeding(log) as feed:
        with pytest.raises(Refused) as refused:
            await opened(feed)

        assert refused.value.kind is FEED_SILENT
        assert "nobody answers" in str(refused.value)


async def test_whoever_comes_after_an_outage_that_nobody_waited_out_is_told_what_is_new(log):
    async with feeding(log) as feed:
        told = await opened(feed)
        log.is_silent = True
        await told.leave()
        log.write(0, *some(3))
        await asyncio.sleep(0.1)
        log.is_silent = False
        again = await opened_in_time(feed)
        log.write(0, Said(3))

        assert (await again.hear(until=1)).numbers == [3]


async def test_an_outage_ends_no_stream_of_the_present_and_loses_nothing(log):
    async with feeding(log) as feed:
        told = await opened(feed)
        log.is_silent = True
        log.write(0, *some(3))
        await asyncio.sleep(0.1)
        log.is_silent = False

        assert (await told.hear(until=3)).numbers == [0, 1, 2]


async def test_without_clients_kafka_is_left_alone(log):
    async with feeding(log) as feed:
        before = log.reader_count
        told = await opened(feed)
        during = log.reader_count
        await told.leave()
        async with asyncio.timeout(5):
            while log.reader_count:  # noqa: ASYNC110  # a list has no event to wait for
                await asyncio.sleep(0.01)
        log.write(0, *some(2))
        after = log.reader_count
        again = await opened(feed)
        log.write(0, Said(2))

        assert (before, during, after) == (0, 1, 0)
        assert (await again.hear(until=1)).numbers == [2]


async def test_a_client_that_takes_nothing_is_cut_off_and_its_place_given_back(log):
    async with feeding(log, most_clients=1) as feed:
        stream = await feed.open(EVERYTHING, None, lambda: True)
        gone = asyncio.Event()

        async def send(message) -> None:
            await gone.wait()

        async def receive():
            await gone.wait()
            return {"type": "http.disconnect"}

        await FeedResponse(stream, patience_s=0.05)({"type": "http"}, receive, send)

        assert stream.end is None
        await (await opened(feed)).leave()


async def test_a_client_that_takes_a_little_at_a_time_is_not_cut_off(log):
    async with feeding(log) as feed:
        stream, taken = await feed.open(EVERYTHING, None, lambda: True), list[bytes]()

        async def send(message) -> None:
            await asyncio.sleep(0.2)
            taken.append(message.get("body", b""))
            log.write(0, Said(len(taken)))
            if len(taken) == 6:
                feed.end_streams()

        async def receive():
            await asyncio.Event().wait()

        await FeedResponse(stream, patience_s=0.5)({"type": "http"}, receive, send)

        assert b"stopping" in taken[-2]
        assert stream.end is End.STOPPING


async def test_a_stream_in_which_much_happens_has_heartbeats_too(log):
    async with feeding(log, heartbeat_s=0.05) as feed:
        told = await opened(feed)
        number = 0
        while told.beats < 2:
            log.write(0, Said(number))
            number += 1
            await told.hear(until=number)

        assert told.last_id == str(Bookmark(ORIGIN, (number, 0)))


async def test_a_client_that_goes_gives_its_place_back(log):
    async with feeding(log, most_clients=1) as feed:
        sent = asyncio.Event()

        async def send(message) -> None:
            if message["type"] == "http.response.body":
                sent.set()

        async def receive():
            await sent.wait()
            return {"type": "http.disconnect"}

        stream = await feed.open(EVERYTHING, None, lambda: True)
        await FeedResponse(stream, patience_s=5)({"type": "http"}, receive, send)

        await (await opened(feed)).leave()


async def test_a_stream_that_never_began_can_be_closed(log):
    async with feeding(log, most_clients=1) as feed, AsyncExitStack():
        await (await feed.open(EVERYTHING, None, lambda: True)).close()

        assert (await opened(feed)).stream.end is not End.STOPPING
