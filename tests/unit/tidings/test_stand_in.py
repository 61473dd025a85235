"""The stand-in for the providers, over real HTTP, with the real senders before it and the checks of the door behind."""

import json
from collections import Counter
from io import StringIO

import msgspec
import pytest
from rich.console import Console

from contracts.errors import ConfigurationInvalid, ProviderThrottled, ProviderUnavailable, SendInDoubt
from contracts.sends import SendRequest, TextContent
from contracts.status import DeliveryStatus
from contracts.vocabulary import Channel
from providers import load_providers
from providers._kit.desk import Order
from providers._kit.facts import InboundFact, RejectedItem, StatusFact
from tests.support.rehearsing import rehearsing
from tidings.simulation import calling_back
from tidings.simulation.faults import Faults
from tidings.simulation.ledger import Tally
from tidings.simulation.played import Staging
from tidings.simulation.server import StandIn
from tidings.simulation.stand_in import account_table
from tidings.simulation.truth import Account, Message, as_lines

SENDING = [slug for slug, provider in load_providers().items() if provider.make_sender and provider.example]
FAST = 1e6
"""Lives are over at once."""

NOT_CERTAIN = (ProviderUnavailable, SendInDoubt)

every_sender = pytest.mark.parametrize("slug", SENDING)


def staging(**members):
    return Staging(**{"seed": 7, "speed": FAST, **members})


def request(number=0, door=None):
    return SendRequest(
        send_id=f"a-send-{number}",
        channel=Channel.SMS,
        recipient="+447700900123",
        sender="ExampleShop",
        content=TextContent(text="Your order is ready"),
        callback_base_url=door,
    )


async def play(slug, told, *, count=12, is_own_door=True):
    """So many messages, with all that comes of them."""
    async with rehearsing(told, slug) as stage:
        sender = stage.sender(slug)
        door = stage.door_of(slug) if is_own_door else None
        accepted = []
        for number in range(count):
            try:
                accepted.append(await sender.send(request(number, door)))
            except (ProviderThrottled, ProviderUnavailable, SendInDoubt) as exc:
                accepted.append(exc)
        await stage.stand_in.quiet()
        return stage, accepted


def said_of(stage):
    return {
        root: {
            item.status
            for item in stage.door.items
            if isinstance(item, StatusFact) and (item.root_id or item.message_id) == root
        }
        for root in {message.order.root_id for message in stage.stand_in.messages}
    }


@every_sender
@pytest.mark.parametrize("is_own_door", [True, False], ids=["the send's own address", "the usual address"])
async def test_what_is_sent_comes_back(slug, is_own_door):
    stage, accepted = await play(slug, staging(), is_own_door=is_own_door)

    assert [one.root_id for one in accepted] == [message.order.root_id for message in stage.stand_in.messages]
    assert all(message.taken == message.callbacks > 0 for message in stage.stand_in.messages)
    assert all(said_of(stage).values())
    assert stage.door.refused == []
    assert not [item for item in stage.door.items if isinstance(item, RejectedItem)]


@every_sender
async def test_the_same_seed_tells_the_same_lives(slug):
    lives = []
    for _ in range(2):
        stage, _ = await play(slug, staging())
        lives.append([(m.order.root_id, m.status, m.told_status, m.faults) for m in stage.stand_in.messages])

    assert lives[0] == lives[1]


@every_sender
async def test_a_callback_that_is_not_taken_comes_again_as_its_provider_has_it(slug):
    async with rehearsing(staging(), slug) as stage:
        stage.door.sick_for = 1
        await stage.sender(slug).send(request())
        await stage.stand_in.quiet()

        [message] = stage.stand_in.messages
        is_retried = bool(load_providers()[slug].retries_s)

    assert (message.taken, message.given_up) == (message.callbacks - (not is_retried), int(not is_retried))


async def test_who_keeps_books_asks_until_it_is_known_what_was_taken(monkeypatch):
    monkeypatch.setattr(calling_back, "AGAIN_S", 0.01)
    retries = len(load_providers()["telesign"].retries_s)
    async with rehearsing(staging(), "telesign", ledger=Tally()) as stage:
        stage.door.sick_for = 50 * (1 + retries)
        await stage.sender("telesign").send(request())
        await stage.stand_in.quiet()

        [message] = stage.stand_in.messages

    assert (message.taken, message.given_up) == (message.callbacks, 0)


@every_sender
async def test_forged_callbacks_are_never_let_in(slug):
    stage, _ = await play(slug, staging(faults=Faults(forge=1.0)), count=4)

    forged = sum(message.forged for message in stage.stand_in.messages)
    assert forged
    assert len(stage.door.refused) == forged
    assert not sum(message.forged_taken for message in stage.stand_in.messages)
    assert set(stage.door.refused) <= {401, 403, 404}


@every_sender
async def test_a_lie_is_told_and_known(slug):
    stage, _ = await play(slug, staging(faults=Faults(lie=1.0)), count=40)

    lies = [message for message in stage.stand_in.messages if "lie" in message.faults]
    assert lies
    assert {message.told_status.is_success for message in lies} == {True}
    assert {message.status.is_success for message in lies} == {False}
    assert all(DeliveryStatus.DELIVERED in said_of(stage)[message.order.root_id] for message in lies)


@every_sender
async def test_silence_keeps_callbacks_back_and_not_the_truth(slug):
    stage, _ = await play(slug, staging(faults=Faults(silence=1.0)), count=20)

    told = [message.told_status in said_of(stage)[message.order.root_id] for message in stage.stand_in.messages]
    assert not all(told)


@every_sender
async def test_duplicates_come_twice(slug):
    once, _ = await play(slug, staging())
    twice, _ = await play(slug, staging(faults=Faults(duplicate=1.0)))

    assert len(twice.door.taken) == 2 * len(once.door.taken)


@pytest.mark.parametrize("slug", [slug for slug in SENDING if load_providers()[slug].answer])
async def test_people_write_back(slug):
    stage, _ = await play(slug, staging(replies=1.0), count=20)

    answered = [message for message in stage.stand_in.messages if message.is_answered]
    replies = [item for item in stage.door.items if isinstance(item, InboundFact)]
    assert len(replies) == len(answered)


@every_sender
@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("throttle", ProviderThrottled),
        ("fail", (ProviderUnavailable, SendInDoubt)),
        ("cut", (ProviderUnavailable, SendInDoubt)),
    ],
)
async def test_an_api_that_errs_is_told_apart(slug, fault, error):
    stage, told = await play(slug, staging(faults=Faults(**{fault: 1.0})), count=3)

    assert all(isinstance(one, error) for one in told)
    # A cut before the send itself, as of a call for a token, leaves no doubt.
    assert sum(isinstance(one, SendInDoubt) for one in told) >= len(stage.stand_in.messages)
    assert stage.stand_in.accounts[f"{slug}/main"].calls >= 3


async def test_a_connection_that_is_not_simulated_is_not_there():
    async with rehearsing(staging(), SENDING[0]) as stage:
        out = stage.client.outbound(SENDING[0], "main", stage.actors[SENDING[0]].settings)
        answer = await out.call("GET", f"{stage.stand_in.url}/nobody/main/x", headers={})

    assert answer.status == 404


async def test_a_port_that_is_taken_is_a_setting_that_is_wrong():
    async with rehearsing(staging(), SENDING[0]) as stage:
        port = int(stage.stand_in.url.rpartition(":")[2])
        with pytest.raises(ConfigurationInvalid, match=str(port)):
            await StandIn([], staging(), callbacks_url=stage.door.url, port=port).__aenter__()


async def test_the_truth_is_a_line_for_each_message_and_names_nobody():
    stage, _ = await play(SENDING[0], staging(), count=3)

    lines = [json.loads(line) for line in as_lines(stage.stand_in.messages).splitlines()]

    assert [line["root_id"] for line in lines] == [message.order.root_id for message in stage.stand_in.messages]
    assert b"7700900123" not in as_lines(stage.stand_in.messages)
    assert msgspec.json.encode(lines)


def test_the_account_tells_what_was_true_and_shows_a_forgery_that_was_let_in():
    order = Order(root_id="r-1", channels=(Channel.SMS,), recipient="+447700900123", sender="ExampleShop")
    message = Message(
        "a", "main", order, (), faults=["forge"], callbacks=3, taken=2, given_up=1, forged=1, forged_taken=1
    )
    account = Account(calls=5, answers=Counter({200: 4, 0: 1}), messages=[message])
    console = Console(width=200, record=True, file=StringIO())

    console.print(account_table({"a/main": account}))
    told = console.export_text()

    assert "1 cut, 4 200" in told
    assert "1, 1 let in" in told
    assert "1 unknown" in told
