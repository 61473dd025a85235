"""How simulated providers err, one fault at a time."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from contracts.errors import ConfigurationInvalid
from contracts.status import DeliveryStatus
from contracts.vocabulary import Channel
from providers._kit.script import SimulatedCallback, Step
from tidings.simulation.faults import FAULTS, Due, Faults, contradict, hindrances, lie, sent, told

S = DeliveryStatus
START = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
ALL = frozenset(S)


def life(*path):
    return tuple(Step(status, START + timedelta(seconds=place), Channel.VIBER) for place, status in enumerate(path))


def due(count=3):
    headers = {"content-type": "application/json", "x-signature": "abc"}
    return [
        Due(START + timedelta(seconds=place), SimulatedCallback("POST", "", headers, b"{}", START, f"r-{place}", 1))
        for place in range(count)
    ]


def statuses(steps):
    return [step.status for step in steps]


def test_faults_are_read_from_text():
    assert Faults.parse("duplicate=3%, lie=0.5") == Faults(duplicate=0.03, lie=0.5)
    assert Faults.parse("") == Faults()


@pytest.mark.parametrize("text", ["dubious=1%", "lie", "lie=2", "lie=-1%", "lie=nan%"])
def test_what_is_no_fault_is_named(text):
    with pytest.raises(ConfigurationInvalid, match=text.partition("=")[0]):
        Faults.parse(text)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        pytest.param((S.ACCEPTED, S.SENT, S.EXPIRED), [S.ACCEPTED, S.SENT, S.DELIVERED], id="a bad end is called good"),
        pytest.param((S.ACCEPTED, S.SENT), [S.ACCEPTED, S.SENT, S.DELIVERED], id="an end is made up"),
        pytest.param((S.ACCEPTED, S.DELIVERED), [S.ACCEPTED, S.DELIVERED], id="the truth is no lie"),
    ],
)
def test_lies(path, said):
    assert statuses(lie(life(*path), ALL, Random(1))) == said


@pytest.mark.parametrize("end", [S.DELIVERED, S.SEEN, S.EXPIRED, S.FAILED])
def test_a_contradiction_cannot_be_true_beside_what_was_said(end):
    *_, first, second = statuses(contradict(life(S.ACCEPTED, end), ALL, Random(1)))

    assert first is end
    assert second is not end
    assert second.is_bad_end or first.is_bad_end


def test_a_message_without_an_end_is_not_contradicted():
    assert statuses(contradict(life(S.ACCEPTED, S.SENT), ALL, Random(1))) == [S.ACCEPTED, S.SENT]


def test_a_provider_is_not_made_to_say_what_it_has_no_word_for():
    mute = frozenset({S.ACCEPTED, S.EXPIRED})

    assert told(life(S.ACCEPTED, S.EXPIRED), Faults(lie=1, contradict=1), mute, Random(1)) == (
        life(S.ACCEPTED, S.EXPIRED),
        [],
    )


def sent_with(**faults):
    return sent(due(), Faults(**faults), Random(1), speed=1.0)


def test_without_faults_all_comes_once_and_in_time():
    assert sent_with() == (due(), [])


def test_silence_is_from_somewhere_on():
    coming, erred = sent_with(silence=1.0)

    assert erred == ["silence"]
    assert coming == due()[: len(coming)]
    assert len(coming) < 3


def test_duplicates_are_the_same_bytes():
    coming, _ = sent_with(duplicate=1.0)

    assert len(coming) == 6
    assert len({id(one.callback) for one in coming}) <= 6
    assert {one.callback.root_id for one in coming} == {"r-0", "r-1", "r-2"}


def test_delays_are_long_and_shrink_with_the_speed():
    slow, _ = sent_with(delay=1.0)
    fast, _ = sent(due(), Faults(delay=1.0), Random(1), speed=600.0)

    assert min(one.at for one in slow) >= START + timedelta(minutes=10)
    assert max(one.at for one in fast) <= START + timedelta(seconds=10)


def test_a_forged_copy_keeps_nothing_that_lets_in():
    coming, _ = sent_with(forge=1.0)
    forged = [one for one in coming if one.is_forged]

    assert len(forged) == 3
    assert {one.callback.headers["x-signature"] for one in forged} == {"cba"}
    assert {one.callback.headers["content-type"] for one in forged} == {"application/json"}


def test_calls_are_befallen_as_often_as_was_said():
    befallen = [hindrances(Faults(throttle=0.5, cut=1.0), Random(number)) for number in range(200)]

    assert all("cut" in one for one in befallen)
    assert 60 < sum("throttle" in one for one in befallen) < 140


def test_every_fault_has_its_place():
    of_messages, of_calls = {"lie", "contradict", "silence"}, {"slow", "throttle", "fail", "cut"}

    assert set(FAULTS) == of_messages | {"reorder", "delay", "duplicate", "forge"} | of_calls
