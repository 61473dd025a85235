"""What must be true afterwards."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from contracts.status import DeliveryStatus
from contracts.vocabulary import Channel
from providers import load_providers
from providers._kit.memory_desk import life
from providers._kit.rehearsal import Rehearsal
from providers._kit.script import Script, Step
from providers._kit.specimens import taken
from runtime.settings import Connection
from tidings.simulation.ledger import Ledger, status_told
from tidings.simulation.schedule import Posting, Registration, cast_of, schedule

SENT_AT = datetime(2026, 11, 21, 9, tzinfo=UTC)
_S = DeliveryStatus


def postings_of(actor, *statuses, channel=Channel.VIBER, then=()):
    moments = [SENT_AT.replace(second=second) for second in range(1, 60)]
    path = [(status, channel) for status in statuses] + [(status, Channel.SMS) for status in then]
    script = Script(
        number=1,
        seed=7,
        recipient="+447700900105",
        sender="ExampleShop",
        sent_at=SENT_AT,
        steps=tuple(Step(status, at, channel) for (status, channel), at in zip(path, moments, strict=False)),
    )
    return [Posting(0.0, 1, actor, callback) for callback in actor.provider.simulate(script, actor.settings)], script


def ledger_of(postings):
    ledger = Ledger()
    for posting in postings:
        ledger.taken(posting)
    return ledger


def actor_of(cast, provider):
    return next(actor for actor in cast if actor.connection.provider == provider)


def test_one_part_of_a_text_may_not_end_twice():
    cast = cast_of([Connection(provider="routee", name="main", tokens=("made-up-for-this-test",))])
    postings, _ = postings_of(actor_of(cast, "routee"), _S.SENT, _S.UNDELIVERED, _S.DELIVERED, channel=Channel.SMS)

    (attempt,) = ledger_of(postings).outcome().attempts

    assert attempt.is_conflict


@pytest.mark.parametrize(
    ("statuses", "end", "is_conflict"),
    [
        pytest.param([_S.ACCEPTED, _S.SENT, _S.DELIVERED], _S.DELIVERED, False, id="the highest stands"),
        pytest.param([_S.SEEN, _S.DELIVERED, _S.ACCEPTED], _S.SEEN, False, id="whatever came first"),
        pytest.param([_S.SENT, _S.EXPIRED, _S.DELIVERED], _S.DELIVERED, True, id="a success after a bad end"),
        pytest.param([_S.SENT, _S.UNDELIVERED, _S.EXPIRED], _S.EXPIRED, True, id="two bad ends"),
        pytest.param([_S.UNKNOWN], _S.UNKNOWN, False, id="an unheard-of code says nothing"),
    ],
)
def test_where_an_attempt_ends(cast, statuses, end, is_conflict):
    postings, _ = postings_of(actor_of(cast, "infobip"), *statuses)

    (attempt,) = ledger_of(postings).outcome().attempts

    assert (attempt.status, attempt.is_conflict) == (end, is_conflict)


def test_a_cascade_ends_as_its_whole_says(cast):
    postings, _ = postings_of(actor_of(cast, "telesign"), _S.SENT, _S.EXPIRED, then=(_S.SENT, _S.DELIVERED))

    (attempt,) = ledger_of(postings).outcome().attempts

    assert attempt.status is DeliveryStatus.DELIVERED


def test_the_same_bytes_again_are_repeats(cast):
    postings, _ = postings_of(actor_of(cast, "infobip"), _S.ACCEPTED, _S.SENT, _S.DELIVERED)

    once, twice = ledger_of(postings).outcome(), ledger_of([*postings, *postings]).outcome()

    assert twice.providers["infobip"].items == 2 * once.providers["infobip"].items
    assert twice.providers["infobip"].distinct == once.providers["infobip"].distinct == 3
    assert twice.providers["infobip"].repeated == 3
    assert twice.attempts == once.attempts


def test_a_growing_account_repeats_what_it_said_before(cast):
    postings, _ = postings_of(actor_of(cast, "telesign"), _S.SENT, _S.EXPIRED, then=(_S.SENT, _S.DELIVERED))

    outcome = ledger_of(postings).outcome().providers["telesign"]

    assert outcome.items == sum(posting.callback.expected_items for posting in postings)
    assert 0 < outcome.repeated < outcome.items


def test_what_nobody_registers_is_parked(cast):
    actor = actor_of(cast, "telesign")
    postings, script = postings_of(actor, _S.ACCEPTED, _S.DELIVERED, channel=Channel.SMS)
    ledger = ledger_of([*postings, postings[0]])

    assert ledger.outcome().providers["telesign"].parked == 2
    assert ledger.outcome().attempts[0].message_id is None

    ledger.registered(Registration(0.0, 1, actor, postings[0].callback.root_id, "ours", script))

    assert ledger.outcome().providers["telesign"].parked == 0
    assert ledger.outcome().attempts[0].message_id == "ours"


def test_a_registration_is_evidence_that_the_send_was_accepted(cast):
    actor = actor_of(cast, "telesign")
    postings, script = postings_of(actor, _S.UNKNOWN, channel=Channel.SMS)
    ledger = ledger_of(postings)
    ledger.registered(Registration(0.0, 1, actor, postings[0].callback.root_id, "ours", script))

    assert ledger.outcome().attempts[0].status is DeliveryStatus.ACCEPTED


def test_what_is_only_observed_is_never_parked(cast):
    postings, _ = postings_of(actor_of(cast, "infobip"), _S.ACCEPTED)

    assert ledger_of(postings).outcome().providers["infobip"].parked == 0


def test_a_doubt_counts_items_apart(cast):
    postings, _ = postings_of(actor_of(cast, "infobip"), _S.ACCEPTED)
    ledger = ledger_of(postings)
    ledger.doubted(postings[0], 2)

    outcome = ledger.outcome().providers["infobip"]

    assert (outcome.items, outcome.doubtful_items) == (1, 2)


def test_a_body_that_its_provider_cannot_read_is_quarantined(cast):
    (posting, *_), _ = postings_of(actor_of(cast, "infobip"), _S.ACCEPTED)
    torn = replace(posting, callback=replace(posting.callback, body=b'{"results":'))

    outcome = ledger_of([torn]).outcome().providers["infobip"]

    assert (outcome.quarantined, outcome.distinct, outcome.repeated) == (1, 0, 0)


def test_the_order_of_posts_does_not_matter(play, cast):
    acts = [act for act in schedule(play, cast) if isinstance(act, Posting)]

    assert ledger_of(acts).outcome() == ledger_of(reversed(acts)).outcome()


@pytest.mark.parametrize("slug", load_providers())
async def test_a_message_that_went_one_way_ends_as_that_way_ended(slug):
    """Also where its provider tells of the leg alone: that the send was accepted is no later word than its end."""
    [actor] = cast_of([Connection(provider=slug, name="main", **load_providers()[slug].example)])
    rehearsal = Rehearsal(actor.provider, actor.settings, life(_S.ACCEPTED, _S.SENT, _S.UNDELIVERED))

    ends = {
        name: status_told(actor, accepted.root_id, rehearsal.callbacks(accepted.root_id))
        for name, (_, accepted) in (await taken(rehearsal.sender())).items()
    }

    assert {name: end for name, end in ends.items() if end is not _S.UNDELIVERED} == {}
