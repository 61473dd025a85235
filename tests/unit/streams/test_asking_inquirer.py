"""Asking one provider, in health and in illness."""

import asyncio
from datetime import UTC, datetime

import pytest
import stamina
from prometheus_client import REGISTRY

from contracts.errors import CredentialsRefused, ProviderThrottled, ProviderUnavailable, RequestInvalid, SendInDoubt
from contracts.records import LookUpDue
from providers._kit.asking import PolledAnswer
from streams.asking.inquirer import FIRST_REST_S, TRIES, Inquirer

T0 = datetime(2026, 11, 21, 10, tzinfo=UTC)


@pytest.fixture(autouse=True)
def without_pauses():
    with stamina.set_testing(True, attempts=TRIES):
        yield


class Said:
    """A look-up that answers as told, one thing per call, and then for ever the last."""

    def __init__(self, *said, most_at_once=2):
        self.most_at_once = most_at_once
        self.tells_once = False
        self.asked: list[list[str]] = []
        self._said = list(said)

    async def ask(self, silent):
        self.asked.append([one.root_id for one in silent])
        said = self._said.pop(0) if len(self._said) > 1 else self._said[0]
        if isinstance(said, Exception):
            raise said
        return await said(silent) if callable(said) else said


class Counted:
    """What the questions of one test came to."""

    def __init__(self):
        self._before = self._now()

    def _now(self):
        outcomes = ("asked", "resting", "failed", "late")
        name, labels = "tidings_look_ups_total", {"provider": "acme", "connection": "main"}
        return {one: REGISTRY.get_sample_value(name, labels | {"outcome": one}) or 0 for one in outcomes}

    def __eq__(self, other):
        moved = {one: count - self._before[one] for one, count in self._now().items()}
        return {one: count for one, count in moved.items() if count} == other

    __hash__ = None


class Time:
    now = 0.0

    def __call__(self):
        return self.now


def questions(*root_ids):
    return [
        LookUpDue(provider="acme", connection="main", root_id=root_id, sent_at=T0, again_at=T0) for root_id in root_ids
    ]


class Asking:
    """An inquirer whose answers are handed back."""

    def __init__(self, look_up, time=None, **told):
        self._inquirer = Inquirer(("acme", "main"), look_up, monotonic=time or Time(), **told)

    async def ask(self, questions):
        answers = []

        async def keep(some):
            answers.extend(some)

        await self._inquirer.ask(questions, keep)
        return answers


inquirer = Asking


ANSWER = PolledAnswer(body=b"{}")


async def test_as_many_are_asked_about_at_once_as_the_provider_takes():
    look_up = Said([ANSWER])
    answers = await inquirer(look_up).ask(questions("a", "b", "c"))

    assert sorted(map(len, look_up.asked)) == [1, 2]
    assert answers == [ANSWER, ANSWER]


async def test_one_attempt_is_asked_about_once():
    look_up = Said([])
    await inquirer(look_up).ask(questions("a", "a"))

    assert look_up.asked == [["a"]]


@pytest.mark.parametrize(
    "stumble",
    [ProviderUnavailable("away"), SendInDoubt("no answer"), ProviderThrottled("slow", retry_after_s=1)],
    ids=lambda error: type(error).__name__,
)
async def test_who_stumbles_is_asked_once_more(stumble):
    counted = Counted()
    answers = await inquirer(Said(stumble, [ANSWER])).ask(questions("a"))

    assert answers == [ANSWER]
    assert counted == {"asked": 1}


@pytest.mark.parametrize(
    "refusal",
    [CredentialsRefused("no"), ProviderThrottled("later", retry_after_s=3600)],
    ids=lambda error: type(error).__name__,
)
async def test_who_refuses_is_not_asked_again_at_once(refusal):
    look_up = Said(refusal)
    await inquirer(look_up).ask(questions("a"))

    assert look_up.asked == [["a"]]


async def test_who_falls_may_rest_and_the_rest_grows():
    time, look_up = Time(), Said(ProviderUnavailable("away"), most_at_once=1)
    asks = inquirer(look_up, time)
    rests = []
    for _ in range(3):
        await asks.ask(questions("a"))
        begun, tries = time.now, len(look_up.asked)
        while len(look_up.asked) == tries:
            time.now += 1
            await asks.ask(questions("b"))
        rests.append(time.now - begun)

    assert rests[0] >= FIRST_REST_S
    assert rests == sorted(set(rests))


async def test_while_it_rests_it_is_not_asked_and_afterwards_it_is():
    time, counted = Time(), Counted()
    look_up = Said(*[ProviderUnavailable("away")] * TRIES, [ANSWER], most_at_once=1)
    asks = inquirer(look_up, time)
    first, second = await asks.ask(questions("a")), await asks.ask(questions("b", "c"))
    time.now += FIRST_REST_S
    third = await asks.ask(questions("d"))

    assert (first, second, third) == ([], [], [ANSWER])
    assert counted == {"failed": 1, "resting": 2, "asked": 1}


async def test_a_question_that_cannot_be_asked_is_not_the_providers_fault():
    look_up = Said(RequestInvalid("no such id"), [ANSWER], most_at_once=1)
    asks = inquirer(look_up)

    assert await asks.ask(questions("a", "b")) == [ANSWER]


async def test_a_bug_in_an_adapter_costs_its_question_only():
    counted = Counted()
    answers = await inquirer(Said(KeyError("x"), [ANSWER], most_at_once=1)).ask(questions("a", "b"))

    assert answers == [ANSWER]
    assert counted == {"failed": 1, "asked": 1}


async def test_what_is_told_once_is_kept_before_anything_else_is_asked():
    happened = []

    async def answer(silent):
        happened.append(f"asked {silent[0].root_id}")
        return [ANSWER]

    async def keep(_answers):
        await asyncio.sleep(0.01)
        happened.append("kept")

    look_up = Said(answer, most_at_once=1)
    look_up.tells_once = True
    await Inquirer(("acme", "main"), look_up, monotonic=Time()).ask(questions("a", "b"), keep)

    assert happened == ["asked a", "kept", "asked b", "kept"]


async def test_the_time_for_asking_does_not_cut_keeping_short():
    kept = []

    async def keep(answers):
        await asyncio.sleep(0.1)
        kept.extend(answers)

    await Inquirer(("acme", "main"), Said([ANSWER]), monotonic=Time(), limit_s=0.05).ask(questions("a"), keep)

    assert kept == [ANSWER]


async def test_who_is_too_slow_is_left():
    async def never(_silent):
        await asyncio.sleep(60)

    counted = Counted()
    answers = await inquirer(Said(never, most_at_once=1), limit_s=0.05).ask(questions(*map(str, range(20))))

    assert answers == []
    assert counted == {"late": 20}
