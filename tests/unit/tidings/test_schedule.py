"""What is posted when."""

from collections import Counter
from dataclasses import replace
from itertools import islice, pairwise

import pytest

from contracts.errors import ConfigurationInvalid
from contracts.identity import attempt_key
from contracts.status import DeliveryStatus
from tests.unit.tidings.conftest import CONNECTIONS
from tidings.simulation.repertoire import items_of
from tidings.simulation.schedule import Posting, Registration, cast_of, schedule


def postings(play, cast):
    return [act for act in schedule(play, cast) if isinstance(act, Posting)]


def first_postings(play, cast):
    return {act.number: act for act in reversed(postings(play, cast))}


def registrations(play, cast):
    return [act for act in schedule(play, cast) if isinstance(act, Registration)]


def bytes_of(acts):
    return [(act.due_s, act.callback.method, dict(act.callback.headers), act.callback.body) for act in acts]


def test_equal_plays_post_the_same_bytes_in_the_same_order(play, cast):
    assert bytes_of(postings(play, cast)) == bytes_of(postings(play, cast_of(CONNECTIONS)))


def test_another_seed_posts_others(play, cast):
    assert bytes_of(postings(play, cast)) != bytes_of(postings(replace(play, seed=8), cast))


def test_the_order_is_that_of_what_is_due(play, cast):
    assert all(one.due_s <= next_.due_s for one, next_ in pairwise(schedule(play, cast)))


def test_without_end_it_is_written_as_it_is_read(play, cast):
    assert len(list(islice(schedule(replace(play, message_count=None), cast), 5000))) == 5000


def test_time_is_compressed_by_the_speed(play, cast):
    first = next(iter(schedule(replace(play, is_shuffled=False, duplicates=0, unregistered=1), cast)))

    assert first.due_s == pytest.approx((first.callback.at - play.start).total_seconds() / play.speed)


def test_a_duplicate_is_the_same_bytes_again(play, cast):
    bodies = Counter(act.callback.body for act in postings(play, cast))
    without = Counter(act.callback.body for act in postings(replace(play, duplicates=0), cast))

    assert set(bodies.values()) == {1, 2}
    assert set(without.values()) == {1}
    assert set(bodies) == set(without)


def test_shuffling_moves_callbacks_and_changes_none(play, cast):
    shuffled, straight = postings(play, cast), postings(replace(play, is_shuffled=False), cast)

    assert [act.callback.body for act in shuffled] != [act.callback.body for act in straight]
    assert Counter(act.callback.body for act in shuffled) == Counter(act.callback.body for act in straight)


def test_a_clock_step_changes_what_callbacks_say_and_not_when_they_come(play, cast):
    stepping = replace(play, message_count=3000, duplicates=0, is_shuffled=False, clock_step_s=3600)
    stepped, right = first_postings(stepping, cast), first_postings(replace(stepping, clock_step_s=0), cast)
    errors = {number: act.callback.at - right[number].callback.at for number, act in stepped.items()}

    assert {number: act.due_s for number, act in stepped.items()} == pytest.approx(
        {number: act.due_s for number, act in right.items()}
    )
    assert errors == {number: stepping.clock_error(number) for number in stepped}
    assert len(set(errors.values())) > 1


def test_only_who_registers_is_registered_and_not_all_of_them(play, cast):
    told = registrations(play, cast)
    attempts = {act.callback.root_id for act in postings(play, cast) if act.actor.is_registering}

    assert {act.actor.connection.provider for act in told} == {"telesign"}
    assert {act.root_id for act in told} < attempts
    assert not registrations(replace(play, unregistered=1), cast)


def test_registrations_come_before_and_after_the_first_callback(play, cast):
    first = {}
    for act in postings(play, cast):
        first.setdefault(act.callback.root_id, act.due_s)

    assert {act.due_s < first[act.root_id] for act in registrations(play, cast)} == {True, False}


def test_a_callback_holds_as_many_items_as_its_provider_says(play, cast):
    for act in postings(play, cast):
        assert len(items_of(act.actor.provider, act.actor.connection, act.callback)) == act.callback.expected_items


def test_our_message_ids_are_all_different(play, cast):
    told = registrations(play, cast)

    assert len({act.message_id for act in told}) == len(told)
    assert len({attempt_key("telesign", "main", act.root_id) for act in told}) == len(told)


def test_a_repertoire_is_found_by_rehearsal(cast):
    repertoires = {actor.connection.provider: actor.repertoire for actor in cast}

    assert repertoires["telesign"].is_cascading
    assert not repertoires["infobip"].is_cascading
    assert DeliveryStatus.FAILED in repertoires["telesign"].sayable
    assert DeliveryStatus.FAILED not in repertoires["infobip"].sayable


def test_a_provider_without_a_connection_is_named():
    with pytest.raises(ConfigurationInvalid, match="no connection of routee"):
        cast_of(CONNECTIONS, ["routee"])
