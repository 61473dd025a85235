"""What would be made of a callback is asked of the stages, by whoever knows no provider."""

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from api.problems import Refused
from api.rehearsal import StreamsRehearsal
from contracts.archived import Archived, Item
from contracts.raw import origin_headers
from runtime.settings import ApiSettings, Connection, Settings
from streams.engine.admin import LARGEST_QUESTION
from streams.normalise.stage import NORMALISE
from streams.rehearsing import routes_of
from streams.track.stage import TRACK

CONNECTIONS = (Connection(provider="telesign", name="main", customer_id="c", api_key="a2V5"),)
DELIVERED = b'{"reference_id":"35C8","status":{"code":3000,"description":"Delivered"}}'


def callback(body: bytes) -> Archived:
    headers = (*origin_headers("telesign", "main"), ("content-type", b"application/json"), ("empty", None))
    return Archived(3, 1207, 1_795_000_000_000, None, body, headers)  # type: ignore[arg-type]  # Kafka has such headers


@pytest.fixture
async def port():
    """Where the stages answer."""
    app = web.Application(client_max_size=LARGEST_QUESTION)
    app.add_routes(routes_of((NORMALISE,), Settings(connections=CONNECTIONS)))
    async with TestServer(app) as server:
        yield f"http://{server.host}:{server.port}"


def asking(port: str) -> StreamsRehearsal:
    return StreamsRehearsal(Settings(api=ApiSettings(streams_url=port)))


async def test_each_callback_is_answered_with_its_items(port):
    report, letter = await asking(port).rehearse([callback(DELIVERED), callback(b"{")])

    assert [(one.kind, one.said) for one in report] == [("report", "delivered (code 3000)")]
    assert letter[0].is_aside
    assert letter[0].said.startswith("unreadable: ")


async def test_many_are_asked_a_few_at_a_time_and_answered_in_their_order(port):
    large = callback(DELIVERED + b" " * (1024 * 1024 - len(DELIVERED)))
    asked = [callback(DELIVERED) if number % 3 else callback(b"{") for number in range(250)]
    answered = await asking(port).rehearse([*asked, large])

    assert [items[0].is_aside for items in answered] == [number % 3 == 0 for number in range(250)] + [False]


async def test_where_nobody_normalises_the_answer_says_what_to_see_to():
    with pytest.raises(Refused, match=r"127\.0\.0\.1:1 did not answer"):
        await asking("http://127.0.0.1:1").rehearse([callback(DELIVERED)])


async def test_what_is_no_list_of_callbacks_is_refused(port):
    with pytest.raises(Refused, match="did not answer"):
        await asking(port).rehearse([callback(DELIVERED)._replace(partition="three")])


def test_only_who_normalises_can_rehearse():
    assert routes_of((TRACK,), Settings()) == []
    assert Item("dead letter", 0, None, "").is_aside
