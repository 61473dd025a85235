"""What tests of senders lean on has to be right itself."""

from datetime import timedelta

import pytest

from contracts.errors import ConfigurationInvalid, ProviderUnavailable, SendInDoubt
from contracts.status import DeliveryStatus
from contracts.vocabulary import Channel
from providers._kit.desk import ApiCall, ApiReply, Order
from providers._kit.memory_desk import MemoryDesk, life
from providers._kit.rehearsal import Mishap, Rehearsal
from providers._kit.sending import HttpAnswer
from tests.support.fake_provider import KEY, POSTBOX, PostboxSettings

S = DeliveryStatus


def order(root_id="r-1", name=""):
    return Order(root_id=root_id, channels=(Channel.SMS,), recipient="+447700900123", sender="ExampleShop", name=name)


def test_drawn_ids_are_the_same_for_the_same_seed_and_never_twice():
    one, other = MemoryDesk(), MemoryDesk()
    drawn = [one.draw_id(8) for _ in range(255)]

    assert drawn == [other.draw_id(8) for _ in range(255)]
    assert sorted(drawn) == list(range(1, 256))


def test_steps_are_told_as_time_passes():
    desk, taken = MemoryDesk(life(S.ACCEPTED, S.SENT, S.DELIVERED)), order()
    desk.take(taken)

    told = [len(desk.steps(taken))]
    for _ in range(3):
        desk.let_pass(2)
        told.append(len(desk.steps(taken)))

    assert told == [1, 2, 3, 3]


def test_what_is_handed_out_is_handed_out_once():
    desk, taken = MemoryDesk(), order()
    desk.take(taken)
    first = desk.hand_out(taken)
    desk.let_pass(3600)

    assert [step.status for step in first] == [S.ACCEPTED]
    assert [step.status for step in desk.hand_out(taken)] == [S.SENT, S.DELIVERED]
    assert desk.hand_out(taken) == []


def test_an_order_is_found_by_its_id_and_by_its_name():
    desk, taken = MemoryDesk(), order(name="spring")
    desk.take(taken)

    assert (desk.order("r-1"), desk.named("spring")) == (taken, taken)
    assert (desk.order("r-2"), desk.named("")) == (None, None)


def test_an_id_that_is_given_twice_is_a_fault_of_the_simulated_api():
    desk = MemoryDesk()
    desk.take(order())

    with pytest.raises(ConfigurationInvalid, match="twice"):
        desk.take(order())


def _serve(call: ApiCall, desk, settings) -> ApiReply:
    desk.take(order(f"r-{desk.draw_id()}"))
    return ApiReply(status=200, body=f"{call.path}?{call.query}".encode())


@pytest.fixture
def rehearsal():
    provider = type(POSTBOX)(**{**vars(POSTBOX), "serve": _serve})
    return Rehearsal(provider, PostboxSettings(key=KEY))


async def called(rehearsal):
    return await rehearsal.outbound.call("POST", "https://api.example/v1/send?x=1", headers={"X-One": "1"})


async def test_a_call_ends_at_the_simulated_api(rehearsal):
    answer = await called(rehearsal)

    assert (answer.status, answer.body) == (200, b"/v1/send?x=1")
    assert len(rehearsal.desk.orders()) == 1


@pytest.mark.parametrize(
    ("mishap", "error", "taken", "left"),
    [
        (Mishap.UNREACHED, ProviderUnavailable, 0, 0),
        (Mishap.LOST, SendInDoubt, 0, 1),
        (Mishap.CUT, SendInDoubt, 1, 1),
    ],
)
async def test_a_mishap_is_told_as_the_way_out_tells_it(rehearsal, mishap, error, taken, left):
    rehearsal.outbound.meet(mishap)

    with pytest.raises(error):
        await called(rehearsal)
    assert (len(rehearsal.desk.orders()), len(rehearsal.outbound.calls)) == (taken, left)


async def test_answers_are_as_told_and_then_the_providers_own(rehearsal):
    rehearsal.outbound.meet(429, HttpAnswer(status=302, headers={}, body=b"elsewhere"))

    assert [(await called(rehearsal)).status for _ in range(3)] == [429, 302, 200]


def test_the_script_of_an_order_is_its_whole_life(rehearsal):
    rehearsal.desk.take(order())

    script = rehearsal.desk.script(rehearsal.desk.orders()[0])

    assert script.root_id == "r-1"
    assert script.steps[-1].at - script.sent_at == timedelta(seconds=4)
