"""Who may write is asked of the group, as often as it must be and no oftener."""

from types import SimpleNamespace

import pytest

from contracts.errors import WorldMoved
from streams.engine import lease as module
from streams.engine.faust_names import is_member
from streams.engine.lease import Lease

SESSION_S = 10.0


class Group:
    """Answers from a list; each answer takes a while."""

    def __init__(self, answers, *, takes_s=0.0):
        self.answers, self.takes_s = answers, takes_s
        self.now, self.asked_at = 100.0, []

    async def ask(self):
        self.asked_at.append(self.now)
        self.now += self.takes_s
        return self.answers.pop(0)

    def lease(self):
        return Lease(SESSION_S, self.ask, clock=lambda: self.now)


async def test_the_group_is_asked_at_first_and_then_each_half_session():
    group = Group([True, True])
    lease = group.lease()
    for _ in range(9):
        await lease.check()
        group.now += 1

    assert group.asked_at == [100.0, 106.0]


async def test_who_is_counted_out_may_not_write():
    with pytest.raises(WorldMoved):
        await Group([False]).lease().check()


async def test_while_nobody_answers_it_waits(monkeypatch):
    monkeypatch.setattr(module, "PAUSE_S", 0)
    group = Group([None, None, True])
    await group.lease().check()

    assert len(group.asked_at) == 3


async def test_an_answer_that_was_long_under_way_is_too_old():
    group = Group([True, False], takes_s=6.0)
    with pytest.raises(WorldMoved):
        await group.lease().check()


def a_member(generation, *, is_answered):
    async def heartbeat():
        return is_answered

    async def call_thread(function):
        return await function()

    coordinator = SimpleNamespace(_do_heartbeat=heartbeat, generation=generation)
    client = SimpleNamespace(_coordinator=coordinator)
    return SimpleNamespace(_thread=SimpleNamespace(_consumer=client, call_thread=call_thread))


@pytest.mark.parametrize(
    ("member", "is_counted_in"),
    [
        pytest.param(a_member(7, is_answered=True), True, id="a heartbeat that is answered"),
        pytest.param(
            a_member(-1, is_answered=False), False, id="a refusal, which makes the client forget its generation"
        ),
        pytest.param(a_member(7, is_answered=False), None, id="a coordinator that is away is no answer"),
    ],
)
async def test_the_client_is_asked_by_a_heartbeat(member, is_counted_in):
    assert await is_member(member) is is_counted_in
