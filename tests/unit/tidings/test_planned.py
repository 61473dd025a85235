"""Messages with plans, as the simulator registers them."""

from itertools import count

import pytest
from aiohttp import web

from api.submissions.plans import NewMessage
from runtime.clock import SystemClock
from runtime.settings import Connection
from tidings.simulation.fates import Fates, Mark, mark_in
from tidings.simulation.planned import AT_ONCE, Campaign, Planner
from tidings.simulation.post import Doors

CONNECTIONS = [Connection(provider=slug, name="plans") for slug in ("telesign", "infobip", "routee")]
CAMPAIGN = Campaign(connections=CONNECTIONS, fates=Fates(7), waits_s=(6, 60))
MESSAGE = "019aa5a1-0000-7000-8000-000000000001"


class Api:
    """Takes plans, and now and then does not."""

    def __init__(self, *statuses):
        self._statuses = iter(statuses)
        self.posted = []

    async def answer(self, request):
        self.posted.append(await request.json())
        return web.json_response({}, status=next(self._statuses, 202))


@pytest.fixture
async def register():
    """Registers so many messages at an API that answers like this."""
    runners = []

    async def go(many, *statuses):
        api, application = Api(*statuses), web.Application()
        application.router.add_post("/v1/messages", api.answer)
        runners.append(web.AppRunner(application))
        await runners[-1].setup()
        await web.TCPSite(runners[-1], "127.0.0.1", 0).start()
        doors = Doors("", "http://{}:{}".format(*runners[-1].addresses[0]), "a key")
        planner = Planner(CAMPAIGN, doors, SystemClock())
        await planner.register(1e6, lambda number: number >= many)
        return api, planner

    yield go
    for runner in runners:
        await runner.cleanup()


async def test_each_is_planned_once_in_lists_of_some(register):
    api, planner = await register(AT_ONCE + 3)

    assert [len(body) for body in api.posted] == [AT_ONCE, 3]
    assert sorted(planner.numbers.values()) == list(range(AT_ONCE + 3))
    assert set(planner.numbers) == {message["message_id"] for body in api.posted for message in body}


async def test_what_was_not_taken_is_posted_again_under_the_same_ids(register):
    api, planner = await register(2, 503, 500)

    assert api.posted[0] == api.posted[1] == api.posted[2]
    assert planner.doubtful == {}


def test_a_message_is_one_that_the_api_reads_and_each_step_says_which_it_is():
    body = CAMPAIGN.body(17, MESSAGE)

    steps = NewMessage.model_validate(body).steps
    assert [(step.channel, step.provider, step.wait_s) for step in steps] == [
        ("viber", "routee", 6),
        ("sms", "telesign", 60),
    ]
    assert [mark_in(step.content.text.encode()) for step in steps] == [Mark(17, 0), Mark(17, 1)]


def test_no_step_goes_over_the_provider_of_the_one_before():
    pairs = [[CAMPAIGN.connection(Mark(number, step)).provider for step in (0, 1)] for number in range(30)]

    assert all(first != second for first, second in pairs)
    assert {first for first, _ in pairs} == {one.provider for one in CONNECTIONS}


@pytest.mark.parametrize("seed", [1, 2])
def test_the_same_seed_plans_the_same(seed):
    campaign = Campaign(connections=CONNECTIONS, fates=Fates(seed), waits_s=(6, 60))

    assert [campaign.body(n, MESSAGE) for n in range(5)] == [campaign.body(n, MESSAGE) for n in range(5)]
    assert next(n for n in count() if campaign.body(n, MESSAGE) != CAMPAIGN.body(n, MESSAGE)) < 10
