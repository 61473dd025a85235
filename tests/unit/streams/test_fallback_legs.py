"""Providers that tell of each channel and of the whole: by the end of the whole it is known what may cure it."""

import msgspec
import pytest

from contracts.codec import encode
from contracts.plans import DecisionMade, MessagePlanned, Outcome, Plan, PlanStep, SendOutcome, send_id_of
from contracts.records import Due, StatusChanged
from contracts.sends import TextContent
from contracts.vocabulary import Channel, Scope, Verdict
from streams.engine.moments import ms_of
from streams.fallback.knowledge import Heard
from streams.fallback.policy import Here, Rules, advance
from tests.support.reports import at, report

MESSAGE = "019aa5a1-0000-7000-8000-000000000001"
WAIT_S = 60


def planned():
    steps = tuple(
        PlanStep(
            channel=channel,
            provider="telesign",
            connection="main",
            sender="ExampleShop",
            wait_s=WAIT_S,
            content=TextContent(text="Your parcel waits"),
        )
        for channel in (Channel.VIBER, Channel.SMS)
    )
    plan = Plan(steps=steps)
    return MessagePlanned(message_id=MESSAGE, account="default", recipient="+447700900123", planned_at=at(0), plan=plan)


def taken():
    return SendOutcome(
        message_id=MESSAGE,
        account="default",
        step=0,
        send_id=send_id_of(MESSAGE, 0, 0),
        outcome=Outcome.ACCEPTED,
        provider="telesign",
        connection="main",
        told_at=at(0),
        root_id="the whole",
    )


def said(*, of, may_fall_back, scope=Scope.CHANNEL):
    one = report(
        "undelivered",
        of=of,
        scope=scope,
        provider="telesign",
        root_id="the whole",
        channel=Channel.VIBER,
        may_fall_back=may_fall_back,
        occurred=5,
    )
    update = StatusChanged(verdict=Verdict.APPLIED, attempt_id="an attempt", status=one.status, report=one)
    return msgspec.json.decode(encode(update), type=Heard)


LEG = said(of="a leg", may_fall_back=False)
WHOLE = said(of="the whole", may_fall_back=True, scope=Scope.TRANSACTION)
HOPELESS = said(of="the whole", may_fall_back=False, scope=Scope.TRANSACTION)
ONLY = said(of="the whole", may_fall_back=False)
TIME = Due(due_at=at(WAIT_S))


def decided(*events):
    state, found = None, []
    for event in (planned(), taken(), *events):
        second = WAIT_S if event is TIME else 5
        state, told = advance(state, event, Here(MESSAGE, ms_of(at(second))), Rules())
        found += [(one.decision, one.because) for one in told if isinstance(one, DecisionMade)]
    return found[1:]


@pytest.mark.parametrize(
    ("events", "then"),
    [
        pytest.param([LEG], [], id="the end of a channel alone decides nothing"),
        pytest.param([LEG, WHOLE], [("send", "ended_badly")], id="the end of the whole does"),
        pytest.param([WHOLE, LEG], [("send", "ended_badly")], id="in any order"),
        pytest.param([LEG, HOPELESS], [("stop", "no_other_way_helps")], id="also when nothing cures it"),
        pytest.param([LEG, TIME], [("stop", "no_other_way_helps")], id="what is not cured is not sent when time is up"),
        pytest.param([ONLY], [("stop", "no_other_way_helps")], id="a channel that is the whole decides at once"),
    ],
)
def test_which_end_decides(events, then):
    assert decided(*events) == then
