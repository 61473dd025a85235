"""The suite for whoever sends and asks: the real sender against its provider's own simulated API. Nothing is named."""

import msgspec
import pytest

from contracts.errors import (
    ConfigurationInvalid,
    ProviderThrottled,
    ProviderUnavailable,
    SendError,
    SendInDoubt,
)
from contracts.status import DeliveryStatus
from contracts.vocabulary import Channel
from providers import load_providers
from providers._kit.asking import SilentAttempt
from providers._kit.facts import InboundFact, StatusFact
from providers._kit.memory_desk import START
from providers._kit.refused import load_refusals
from providers._kit.rehearsal import Mishap, Rehearsal
from providers._kit.sending import HttpAnswer
from providers._kit.specimens import taken
from runtime.settings import Connection

SENDING = [provider for provider in load_providers().values() if provider.make_sender]
ASKING = [provider for provider in load_providers().values() if provider.make_look_up]
ANSWERING = [provider for provider in load_providers().values() if provider.answer and provider.make_sender]
DOOR = "https://callbacks.example.com/callbacks/somebody/main"

every_sender = pytest.mark.parametrize("provider", SENDING, ids=lambda provider: provider.slug)
every_look_up = pytest.mark.parametrize("provider", ASKING, ids=lambda provider: provider.slug)


def connection_of(provider) -> Connection:
    assert provider.example, f"{provider.slug}: its declaration needs `example`, the members of a made-up connection"
    return Connection(provider=provider.slug, name="main", **provider.example)


def rehearsal_of(provider) -> Rehearsal:
    return Rehearsal(provider, provider.settings.of(connection_of(provider)))


async def some_request(provider):
    """A request that the provider takes, of which nobody has heard yet, and a rehearsal that has let us in before."""
    kinds = await taken(rehearsal_of(provider).sender())
    request = next(iter(kinds.values()))[0]
    rehearsal = rehearsal_of(provider)
    sender = rehearsal.sender()
    await sender.send(msgspec.structs.replace(request, send_id="warm-up"))
    return request, rehearsal, sender


def roots(items):
    return {item.root_id or item.message_id for item in items if isinstance(item, StatusFact)}


# The declaration


@every_sender
def test_what_sends_says_what_refusals_mean(provider):
    assert load_refusals(f"providers.{provider.slug}").rows


@every_sender
def test_every_refusal_is_found_as_the_class_it_is(provider):
    table = load_refusals(f"providers.{provider.slug}")
    places = [(row.code, row.http_status) for row in table.rows]

    assert len(set(places)) == len(places)
    for row in table.rows:
        error = table.error("", code=row.code or None, http_status=row.http_status or 400)
        assert type(error) is row.error, row
        assert error.code == (row.code or None)


@every_sender
def test_what_sends_can_be_simulated(provider):
    assert provider.serve
    assert provider.refuse


@every_sender
def test_what_is_called_can_be_somewhere_else(provider):
    assert "base_url" in provider.settings.model_fields
    assert provider.settings.model_fields["base_url"].default.startswith("https://")


@every_look_up
def test_what_can_be_asked_says_when(provider):
    patience = provider.patience

    assert patience
    assert 0 < patience.first_after_s < patience.remembers_s


@pytest.mark.parametrize("provider", load_providers().values(), ids=lambda provider: provider.slug)
def test_retries_are_in_order(provider):
    assert list(provider.retries_s) == sorted(set(provider.retries_s))
    assert all(seconds > 0 for seconds in provider.retries_s)


# What is sent


@every_sender
async def test_something_can_be_sent_over_what_it_reports_on(provider):
    kinds = await taken(rehearsal_of(provider).sender())

    assert {request.channel for request, _ in kinds.values()} & {Channel.VIBER, Channel.VIBER_BOT, Channel.SMS}


@every_sender
async def test_each_kind_comes_back_under_the_id_that_the_send_gave(provider):
    rehearsal = rehearsal_of(provider)
    kinds = await taken(rehearsal.sender(), DOOR)

    for name, (request, accepted) in kinds.items():
        callbacks = rehearsal.callbacks(accepted.root_id)
        items = [item for callback in callbacks for item in rehearsal.items(callback)]
        assert roots(items) == {accepted.root_id}, name
        assert DeliveryStatus.DELIVERED in {item.status for item in items}, name
        assert {item.recipient for item in items} <= {None, request.recipient}, name


@every_sender
async def test_no_two_sends_have_one_id(provider):
    kinds = await taken(rehearsal_of(provider).sender())

    assert len({accepted.root_id for _, accepted in kinds.values()}) == len(kinds)


@pytest.mark.parametrize("provider", ANSWERING, ids=lambda provider: provider.slug)
async def test_a_reply_names_the_message_or_nothing(provider):
    rehearsal = rehearsal_of(provider)

    read = 0
    for name, (request, accepted) in (await taken(rehearsal.sender())).items():
        try:
            callback = rehearsal.reply(accepted.root_id, "Thank you")
        except ConfigurationInvalid:  # nobody can write back over this channel
            continue
        [reply] = rehearsal.items(callback)
        read += 1
        assert isinstance(reply, InboundFact), name
        assert reply.text == "Thank you", name
        assert reply.reply_to in {None, accepted.root_id, request.reply_id}, name
    assert read


@every_sender
async def test_what_may_be_repeated_is_sent_once(provider):
    request, rehearsal, sender = await some_request(provider)
    if not sender.may_repeat(request):
        pytest.skip("it says that a repeat might be a second message")

    first, second = await sender.send(request), await sender.send(request)

    assert (second.root_id, second.is_repeat) == (first.root_id, True)
    assert [order.root_id for order in rehearsal.desk.orders()].count(first.root_id) == 1


# What goes wrong


@every_sender
async def test_a_send_that_was_cut_is_in_doubt_and_never_called_untaken(provider):
    request, rehearsal, sender = await some_request(provider)
    rehearsal.outbound.meet(Mishap.CUT)

    with pytest.raises(SendInDoubt):
        await sender.send(request)

    try:
        found = await sender.find(request)
    except SendInDoubt:
        return
    assert found is not None
    assert rehearsal.desk.order(found.root_id)


@every_sender
async def test_a_send_that_was_lost_is_in_doubt_and_never_called_taken(provider):
    request, rehearsal, sender = await some_request(provider)
    rehearsal.outbound.meet(Mishap.LOST)

    with pytest.raises(SendInDoubt):
        await sender.send(request)

    try:
        assert await sender.find(request) is None
    except SendInDoubt:
        return


@every_sender
async def test_a_send_that_did_not_leave_is_no_doubt(provider):
    request, rehearsal, sender = await some_request(provider)
    rehearsal.outbound.meet(Mishap.UNREACHED)

    with pytest.raises(ProviderUnavailable):
        await sender.send(request)


@every_sender
async def test_429_asks_for_patience(provider):
    request, rehearsal, sender = await some_request(provider)
    rehearsal.outbound.meet(429)

    with pytest.raises(ProviderThrottled) as caught:
        await sender.send(request)
    assert caught.value.may_retry


@every_sender
@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_a_provider_that_fails_is_not_our_fault(provider, status):
    request, rehearsal, sender = await some_request(provider)
    rehearsal.outbound.meet(status)

    with pytest.raises(SendError) as caught:
        await sender.send(request)
    assert not caught.value.permanent
    assert isinstance(caught.value, ProviderUnavailable | SendInDoubt)


@every_sender
async def test_an_answer_without_sense_is_a_doubt(provider):
    request, rehearsal, sender = await some_request(provider)

    for body in (b"", b"<html>", b"[]", b"{}", b'{"a":' * 100, b"\xff"):
        rehearsal.outbound.meet(HttpAnswer(status=200, headers={}, body=body))
        with pytest.raises(SendInDoubt):
            await sender.send(request)


# What is asked


@every_look_up
async def test_what_is_asked_is_the_same_fact_as_what_is_told(provider):
    if provider.make_sender is None:
        pytest.skip("it has no sender")
    rehearsal = rehearsal_of(provider)
    kinds = await taken(rehearsal.sender(), DOOR)
    rehearsal.desk.let_pass(60)

    answered = 0
    for request, accepted in kinds.values():
        told = {item for callback in rehearsal.callbacks(accepted.root_id) for item in named(rehearsal.items(callback))}
        silent = SilentAttempt(
            root_id=accepted.root_id, sent_at=START, channel=request.channel, recipient=request.recipient
        )
        for answer in await rehearsal.look_up().ask([silent]):
            items = rehearsal.polled(answer)
            asked = {one for one in named(items) if one[0] == accepted.root_id}
            answered += bool(asked)
            assert asked <= told
    assert answered


def named(items):
    """What the identity of a report is made of."""
    return {
        (
            item.root_id or item.message_id,
            item.message_id,
            item.part,
            item.channel,
            item.status,
            item.provider_code,
            item.occurred_at,
        )
        for item in items
        if isinstance(item, StatusFact)
    }


@every_look_up
async def test_nobody_knows_what_was_never_sent(provider):
    rehearsal = rehearsal_of(provider)

    answers = await rehearsal.look_up().ask([SilentAttempt(root_id="1234567890123456789", sent_at=START)])

    assert [item for answer in answers for item in rehearsal.polled(answer) if isinstance(item, StatusFact)] == []


@every_look_up
async def test_a_question_that_is_too_much_is_asked_later(provider):
    rehearsal = rehearsal_of(provider)
    look_up = rehearsal.look_up()
    silent = [SilentAttempt(root_id="1234567890123456789", sent_at=START, channel=Channel.VIBER)]
    await look_up.ask(silent)
    rehearsal.outbound.meet(429)

    with pytest.raises(ProviderThrottled):
        await look_up.ask(silent)
