"""A claimed send is called, and called again only where that cannot become a second message."""

import asyncio
from collections.abc import Iterator

import pytest

from contracts.errors import (
    ProviderThrottled,
    ProviderUnavailable,
    RecipientUnreachable,
    RequestInvalid,
    SendError,
    SendInDoubt,
)
from contracts.sends import SendRequest
from providers._kit.sending import Accepted
from streams.dispatch.caller import Caller, ClaimStale, Tries
from streams.dispatch.errand import Errand, Tenure
from streams.dispatch.ledger import Ledger
from tests.support.dispatch_world import commanded
from tests.support.jumping_loop import JumpingLoop, run_jumping

THROTTLED, AWAY, DOUBT = ProviderThrottled("429"), ProviderUnavailable("away"), SendInDoubt("cut")
REFUSED = RequestInvalid("a rule")
TAKEN = None


class Scripted:
    """A sender to which these things befall, one a call; behind them all is taken."""

    def __init__(self, fates: list[Exception | None], *, may_repeat: bool) -> None:
        self._fates: Iterator[Exception | None] = iter(fates)
        self._may_repeat = may_repeat
        self.requests: list[SendRequest] = []

    async def send(self, request: SendRequest) -> Accepted:
        self.requests.append(request)
        if (fate := next(self._fates, None)) is not None:
            raise fate
        return Accepted(root_id="root")

    def may_repeat(self, _request: SendRequest) -> bool:
        return self._may_repeat

    async def find(self, _request: SendRequest) -> Accepted | None:
        raise ValueError("a bug")


def errand_of(loop: JumpingLoop, tenure: Tenure) -> Errand:
    return Errand(commanded(1, loop, lasts_s=600), 0, Ledger("us"), tenure, let_go=lambda _: None)


def caller_of(sender: Scripted, loop: JumpingLoop, *, is_ill: bool = False, base_url: str | None = None) -> Caller:
    tries = Tries(most=3, first_pause_s=0.1, fresh_s=10)
    return Caller(sender, loop, tries, heard=lambda _: None, is_ill=lambda: is_ill, callback_base_url=base_url)


async def called(
    sender: Scripted, *, is_ill: bool = False, is_closing: bool = False, asleep_s: float = 0
) -> Accepted | Exception:
    """What came of it: an acceptance or an error."""
    loop = asyncio.get_running_loop()
    claimed_s = loop.time()
    await asyncio.sleep(asleep_s)
    errand = errand_of(loop, Tenure(is_closing=is_closing))
    try:
        accepted, _ = await caller_of(sender, loop, is_ill=is_ill).call(errand, claimed_s=claimed_s)
    except (SendError, ClaimStale) as exc:
        return exc
    return accepted


@pytest.mark.parametrize(
    ("fates", "may_repeat", "end", "calls_count"),
    [
        pytest.param([TAKEN], False, Accepted, 1, id="what is taken is called once"),
        pytest.param([THROTTLED, TAKEN], False, Accepted, 2, id="what was throttled is called again"),
        pytest.param([AWAY, TAKEN], False, Accepted, 2, id="so is what did not reach it"),
        pytest.param([THROTTLED] * 9, False, ProviderThrottled, 3, id="so often and not more"),
        pytest.param(
            [ProviderThrottled("429", retry_after_s=60)],
            False,
            ProviderThrottled,
            1,
            id="a long wait is not kept",
        ),
        pytest.param([REFUSED], True, RequestInvalid, 1, id="a refusal stands"),
        pytest.param([RecipientUnreachable("off")], True, RecipientUnreachable, 1, id="so does a person out of reach"),
        pytest.param([DOUBT], False, SendInDoubt, 1, id="a doubt is not called again"),
        pytest.param([DOUBT, TAKEN], True, Accepted, 2, id="but where the provider takes an id once"),
        pytest.param([DOUBT, REFUSED, REFUSED], True, SendInDoubt, 3, id="a refusal behind a doubt refuses the second"),
        pytest.param([DOUBT, AWAY, AWAY], True, SendInDoubt, 3, id="a doubt stays one when the next call fails"),
        pytest.param([ValueError("a bug")], False, SendInDoubt, 1, id="a bug in an adapter is a doubt"),
    ],
)
def test_what_befalls_the_calls_decides_how_many_are_made(fates, may_repeat, end, calls_count):
    sender = Scripted(fates, may_repeat=may_repeat)

    assert isinstance(run_jumping(called(sender)), end)
    assert len(sender.requests) == calls_count


@pytest.mark.parametrize(
    ("where", "end", "calls_count"),
    [
        pytest.param({"is_ill": True}, ProviderThrottled, 1, id="an ill connection is not called again"),
        pytest.param({"is_closing": True}, ProviderThrottled, 1, id="nor is a send whose partition goes"),
        pytest.param({"asleep_s": 11}, ClaimStale, 0, id="an old claim is not used"),
        pytest.param({"asleep_s": 9}, Accepted, 2, id="a fresh one is"),
    ],
)
def test_calls_are_made_while_that_makes_sense(where, end, calls_count):
    sender = Scripted([THROTTLED], may_repeat=False)

    assert isinstance(run_jumping(called(sender, **where)), end)
    assert len(sender.requests) == calls_count


def test_a_send_carries_the_address_of_its_connection():
    sender = Scripted([], may_repeat=False)

    async def send() -> None:
        loop = asyncio.get_running_loop()
        caller = caller_of(sender, loop, base_url="https://hooks.example/callbacks/telesign/main")
        await caller.call(errand_of(loop, Tenure()), claimed_s=0)

    run_jumping(send())

    assert [one.callback_base_url for one in sender.requests] == ["https://hooks.example/callbacks/telesign/main"]


def test_a_look_up_that_fails_leaves_the_doubt():
    async def find() -> None:
        loop = asyncio.get_running_loop()
        await caller_of(Scripted([], may_repeat=False), loop).find(errand_of(loop, Tenure()))

    with pytest.raises(SendInDoubt):
        run_jumping(find())
