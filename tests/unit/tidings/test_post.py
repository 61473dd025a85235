"""Posting as a provider would, against doors that answer as a test says."""

import asyncio
from collections import Counter
from dataclasses import replace
from typing import Self

import pytest
import stamina.instrumentation
from aiohttp import web

from tidings.simulation.ledger import Ledger
from tidings.simulation.post import CONNECTIONS, Doors, Poster
from tidings.simulation.schedule import Posting, Registration, schedule

CUT = "cut"
"""Instead of an answer: the connection ends."""


@pytest.fixture(autouse=True)
def _quiet():
    before = stamina.instrumentation.get_on_retry_hooks()
    stamina.instrumentation.set_on_retry_hooks([])
    yield
    stamina.instrumentation.set_on_retry_hooks(before)


class FakeServer:
    """Both doors. Answers with `answers` in turn, then as is right."""

    def __init__(self, *answers: int | str) -> None:
        self._answers = list(answers)
        self.requests: list[tuple[str, str, dict[str, str], bytes]] = []
        self.at_once = 0
        self._now = 0

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, shutdown_timeout=0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self._runner.cleanup()

    def doors(self, patience_s: float = 10.0) -> Doors:
        return Doors(self.url, self.url, "tidings_key", patience_s)

    async def _answer(self, request: web.Request) -> web.Response:
        self._now += 1
        self.at_once = max(self.at_once, self._now)
        body = await request.read()
        await asyncio.sleep(0)
        self.requests.append((request.method, request.path, dict(request.headers), body))
        answer = self._answers.pop(0) if self._answers else 202 if request.path == "/v1/attempts" else 200
        self._now -= 1
        if answer == CUT:
            assert request.transport
            request.transport.abort()
        return web.Response(status=200 if isinstance(answer, str) else answer)


@pytest.fixture
def posting(play, cast):
    acts = schedule(replace(play, unregistered=1), cast)
    return next(act for act in acts if isinstance(act, Posting) and act.callback.method == "POST")


@pytest.fixture
def get_posting(play, cast):
    acts = schedule(replace(play, unregistered=1), cast)
    return next(act for act in acts if isinstance(act, Posting) and act.callback.method == "GET")


@pytest.fixture
def registration(play, cast):
    return next(act for act in schedule(replace(play, unregistered=0), cast) if isinstance(act, Registration))


async def ledger_after(server, *acts, patience_s=10.0):
    ledger = Ledger()
    await Poster(server.doors(patience_s), ledger).play([replace(act, due_s=0.0) for act in acts])
    return ledger


def doubtful(ledger):
    return sum(account.doubtful_items for account in ledger.outcome().providers.values())


async def test_a_callback_goes_out_byte_for_byte_to_its_connection(posting):
    async with FakeServer() as server:
        await ledger_after(server, posting)

    ((method, path, headers, body),) = server.requests
    connection = posting.actor.connection
    assert (method, body) == (posting.callback.method, posting.callback.body)
    assert path == f"/callbacks/{connection.provider}/{connection.name}/{posting.callback.hint}"
    assert posting.callback.headers.items() <= {name.lower(): value for name, value in headers.items()}.items()


@pytest.mark.parametrize(
    ("answers", "tries", "doubts"),
    [
        pytest.param([], 1, 0, id="200 is taken"),
        pytest.param([429, 401], 3, 0, id="a refusal is tried again and was surely not stored"),
        pytest.param([503], 2, 1, id="after a 503 nobody knows"),
        pytest.param([CUT, CUT], 3, 2, id="after a cut nobody knows"),
    ],
)
async def test_a_callback_is_posted_until_it_is_taken(posting, answers, tries, doubts):
    async with FakeServer(*answers) as server:
        ledger = await ledger_after(server, posting)

    assert len(server.requests) == tries
    assert ledger.callbacks == 1
    assert doubtful(ledger) == doubts * posting.callback.expected_items


async def test_every_answer_is_told_with_its_status_and_none_with_zero(posting):
    told = []
    async with FakeServer(503, CUT) as server:
        poster = Poster(server.doors(), Ledger(), on_answer=lambda status, took_s: told.append((status, took_s)))
        await poster.play([replace(posting, due_s=0.0)])

    assert [status for status, _ in told] == [503, 0, 200]
    assert all(took_s > 0 for _, took_s in told)


async def test_a_get_that_the_client_repeats_by_itself_is_a_doubt_too(posting, get_posting):
    # The first takes the connection into the pool; only on a pooled one does the client try again unasked.
    async with FakeServer(200, CUT) as server:
        ledger = Ledger()
        poster = Poster(server.doors(), ledger)
        await poster.play([replace(posting, due_s=0.0), replace(get_posting, due_s=0.5)])

    assert len(server.requests) == 3
    assert doubtful(ledger) == get_posting.callback.expected_items


async def test_where_nobody_listens_nothing_is_in_doubt(posting):
    async with FakeServer() as server:
        pass

    ledger = await ledger_after(server, posting, patience_s=0.5)

    assert ledger.given_up == 1
    assert doubtful(ledger) == 0


async def test_patience_ends(posting):
    async with FakeServer(*[503] * 1000) as server:
        ledger = await ledger_after(server, posting, patience_s=0.5)

    assert ledger.given_up == 1
    assert ledger.callbacks == 0


async def test_a_registration_says_what_was_sent_and_who_asks(registration):
    async with FakeServer(503) as server:
        ledger = await ledger_after(server, registration)

    (_, path, headers, body) = server.requests[-1]
    assert path == "/v1/attempts"
    assert {name.lower(): value for name, value in headers.items()}["authorization"] == "Bearer tidings_key"
    assert registration.root_id.encode() in body
    assert ledger.outcome().attempts[0].message_id == registration.message_id


async def test_everything_is_posted_over_few_connections(play, cast):
    acts = list(schedule(replace(play, message_count=60), cast))
    done = Counter()
    async with FakeServer() as server:
        ledger = Ledger()
        poster = Poster(server.doors(), ledger, on_done=lambda act: done.update([type(act)]))
        await poster.play([replace(act, due_s=0.0) for act in acts])

    assert len(server.requests) == len(acts) == done.total()
    assert server.at_once <= CONNECTIONS
    assert ledger.callbacks == done[Posting]


async def test_nothing_is_posted_before_it_is_due(posting):
    clock = asyncio.get_running_loop()
    began = clock.time()
    async with FakeServer() as server:
        await Poster(server.doors(), Ledger()).play([replace(posting, due_s=0.3)])

    assert clock.time() - began >= 0.3
