"""Sends of messages with plans at the simulated providers: each meets what its mark says, and the books say so."""

from contextlib import suppress
from urllib.parse import urlencode

import msgspec
import pytest

from contracts.errors import ProviderThrottled, SendError, SendInDoubt
from contracts.sends import SendRequest, TextContent
from contracts.status import BAD_ENDS, DeliveryStatus
from contracts.vocabulary import Channel
from providers import load_providers
from providers._kit.desk import Order
from providers._kit.facts import StatusFact
from tests.support.rehearsing import rehearsing
from tidings.simulation.fates import Fate, Fates, Mark, mark_in
from tidings.simulation.played import Staging
from tidings.simulation.sends import Books
from tidings.simulation.truth import Message

SENDING = [slug for slug, provider in load_providers().items() if provider.make_sender and provider.example]
MARK = Mark(17, 0)

every_sender = pytest.mark.parametrize("slug", SENDING)


def fates(fate, **members):
    return Fates(7, first={fate: 1}, later={fate: 1}, **members)


def request(mark, number=0):
    return SendRequest(
        send_id=f"a-send-{mark.number}-{mark.step}-{number}",
        channel=Channel.SMS if mark.step else Channel.VIBER,
        recipient="+447700900123",
        sender="ExampleShop",
        content=TextContent(text=f"Your parcel {mark} is on its way"),
    )


async def play(slug, fate, *, tries=1, mark=MARK):
    """What the tries of one send come to, what the door heard of it, and the books."""
    async with rehearsing(Staging(seed=7, speed=1e6, fates=fates(fate, late_s=0.0)), slug) as stage:
        sender, came = stage.sender(slug), []
        for _ in range(tries):
            try:
                came.append(await sender.send(request(mark)))
            except SendError as exc:
                came.append(exc)
        await stage.stand_in.quiet()
        said = [item for item in stage.door.items if isinstance(item, StatusFact)]
        return came, said, stage.stand_in.messages


@pytest.mark.parametrize(
    ("body", "mark"),
    [
        pytest.param(msgspec.json.encode({"text": f"parcel {MARK}."}), MARK, id="in JSON"),
        pytest.param(urlencode({"message": f"parcel {MARK} is"}).encode(), MARK, id="in a form"),
        pytest.param(b'{"text":"parcel ref-1 is","to":"447700900123"}', None, id="half of one"),
        pytest.param(b'{"messageId":"019aa5a1-0000-7000-8000-000000000001-0-1"}', None, id="an id of ours is none"),
    ],
)
def test_a_mark_is_found_however_the_provider_spells_the_text(body, mark):
    assert mark_in(body) == mark


def test_the_same_seed_gives_a_send_the_same_fate():
    drawn = [[Fates(seed).of(Mark(number, 0)) for number in range(300)] for seed in (1, 1, 2)]

    assert drawn[0] == drawn[1] != drawn[2]
    assert set(drawn[0]) == set(Fate)


@every_sender
@pytest.mark.parametrize("step", [0, 1])
async def test_what_arrives_is_taken_once_and_told(slug, step):
    mark = Mark(3, step)

    came, said, messages = await play(slug, Fate.ARRIVES, mark=mark)

    assert [message.mark for message in messages] == [mark]
    assert came[0].root_id == messages[0].order.root_id
    assert DeliveryStatus.DELIVERED in {fact.status for fact in said}


@every_sender
async def test_what_fails_is_told_to_have_ended_badly(slug):
    _, said, messages = await play(slug, Fate.FAILS)

    assert {fact.status for fact in said} & BAD_ENDS
    assert messages[0].status in BAD_ENDS


@every_sender
async def test_of_what_is_silent_no_end_is_told(slug):
    _, said, messages = await play(slug, Fate.SILENT)

    assert len(messages) == 1
    assert not [fact for fact in said if fact.status.is_final]


@every_sender
async def test_what_meets_a_busy_provider_is_taken_the_second_time(slug):
    came, _, messages = await play(slug, Fate.BUSY, tries=2)

    assert isinstance(came[0], ProviderThrottled)
    assert came[1].root_id == messages[0].order.root_id


@every_sender
@pytest.mark.parametrize(("fate", "taken"), [(Fate.CUT, 1), (Fate.LOST, 0)])
async def test_a_doubt_is_one_whether_it_was_taken_or_not(slug, fate, taken):
    came, _, messages = await play(slug, fate)

    assert isinstance(came[0], SendInDoubt)
    assert len(messages) == taken


@every_sender
async def test_a_send_that_is_made_twice_where_that_is_harmless_is_in_the_books_once(slug):
    async with rehearsing(Staging(seed=7, speed=1e6, fates=fates(Fate.CUT)), slug) as stage:
        sender = stage.sender(slug)
        for _ in range(2):
            with suppress(SendInDoubt):
                await sender.send(request(MARK))
        doubles = Books.of(stage.stand_in.messages).doubles
        may_repeat = sender.may_repeat(request(MARK))

    assert doubles == ([] if may_repeat else [MARK])


@pytest.mark.parametrize(
    ("fate", "taken", "wanted"),
    [
        pytest.param(Fate.ARRIVES, {0}, {0}, id="what arrives needs no second way"),
        pytest.param(Fate.BUSY, {0}, {0}, id="patience is no second way"),
        pytest.param(Fate.CUT, {0}, {0}, id="a doubt about what arrived ends without a second way"),
        pytest.param(Fate.FAILS, {0}, {0, 1}, id="a bad end that another way cures"),
        pytest.param(Fate.SILENT, {0}, {0, 1}, id="nothing is heard in time"),
        pytest.param(Fate.LATE, {0}, {0}, id="it arrives too late to know, unless nobody looked in time"),
        pytest.param(Fate.LOST, {0}, {0}, id="lost, and made again where that is harmless"),
        pytest.param(Fate.LOST, set(), {1}, id="lost, and a person says so"),
        pytest.param(Fate.ARRIVES, set(), {1}, id="not sent in its time"),
    ],
)
def test_which_steps_have_to_leave(fate, taken, wanted):
    books = Books({Mark(1, step): [] for step in taken})

    assert books.wanted(1, fates(fate)) == wanted


def test_a_bad_end_that_no_other_way_cures_is_the_end():
    order = Order(root_id="r", channels=(Channel.VIBER,), recipient="+447700900123", sender="ExampleShop")
    hopeless = Message("a", "main", order, (), mark=MARK, forbids_fallback=True)

    assert Books.of([hopeless]).wanted(MARK.number, fates(Fate.FAILS)) == {0}


@pytest.mark.parametrize(
    ("fate", "is_needless"),
    [
        pytest.param(Fate.ARRIVES, 1, id="it had arrived"),
        pytest.param(Fate.LATE, 0, id="it arrived too late to know"),
        pytest.param(Fate.SILENT, 0, id="nothing was told"),
    ],
)
def test_a_second_step_is_needless_when_the_first_was_heard_of_in_time(fate, is_needless):
    books = Books({Mark(1, step): [] for step in (0, 1)})

    assert books.needless([1], fates(fate)) == is_needless
