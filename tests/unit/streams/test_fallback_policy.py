"""Which way a message goes next, rule by rule."""

import pytest
from msgspec import structs

from contracts.plans import (
    InDoubt,
    SentElsewhere,
    SucceedOn,
)
from contracts.records import EarlyEnd
from contracts.status import DeliveryStatus
from contracts.vocabulary import Channel
from tests.support.planned_life import (
    CANCEL,
    ELSEWHERE,
    FALLEN,
    FIRST,
    TAKEN,
    came,
    curable,
    due,
    lived,
    planned,
    registered,
    short,
    step,
    told,
)
from tests.support.reports import T0

UNCURED = EarlyEnd(status=DeliveryStatus.EXPIRED, provider_code="3056", channel=Channel.VIBER)
CURED = structs.replace(UNCURED, may_fall_back=True)
DOUBTFUL = planned(in_doubt=InDoubt.RESEND)
THREE = planned(step(0), step(1), step(2))
SEEN = planned(step(0, succeed_on=SucceedOn.SEEN), step(1))
ENOUGH_SENT = planned(step(0, succeed_on=SucceedOn.SENT), step(1))
CASCADE = planned(step(0, provider_cascades=True), step(1))


@pytest.mark.parametrize(
    ("events", "decided"),
    [
        pytest.param([planned()], [FIRST], id="the first step is sent at once"),
        pytest.param([planned(), planned()], [FIRST], id="a plan told twice is one plan"),
        pytest.param([ELSEWHERE], [], id="a first step sent elsewhere is waited for"),
        pytest.param(FALLEN, [FIRST, "send 1: ended_badly"], id="a bad end that another way cures: the next step"),
        pytest.param([*FALLEN, *FALLEN], [FIRST, "send 1: ended_badly"], id="all of it again: nothing new"),
        pytest.param(
            [planned(), TAKEN, told("expired")],
            [FIRST, "stop 0: no_other_way_helps"],
            id="a bad end that no other way cures: stop",
        ),
        pytest.param([planned(), TAKEN, told("delivered"), due(600)], [FIRST, "stop 0: arrived"], id="success: stop"),
        pytest.param([planned(), TAKEN, told("sent")], [FIRST], id="under way: nothing"),
        pytest.param([planned(), TAKEN, due(59)], [FIRST], id="before its time: nothing"),
        pytest.param(
            [planned(), TAKEN, due(60)], [FIRST, "send 1: no_success_in_time"], id="no success in its time: the next"
        ),
        pytest.param(
            [planned(), TAKEN, due(60), due(60), due(61)],
            [FIRST, "send 1: no_success_in_time"],
            id="double and late ticks do nothing more",
        ),
        pytest.param(
            [planned(), TAKEN, (told("sent"), 600)], [FIRST], id="only a tick lets time come, not what is read late"
        ),
        pytest.param([planned(), due(60), due(300)], [FIRST], id="no time runs out while nobody knows whether it left"),
        pytest.param(
            [planned(), came("accepted", second=50), due(60)], [FIRST], id="the time runs from when it was taken"
        ),
        pytest.param(
            [planned(), registered(status="expired"), due(59), due(60)],
            [FIRST, "send 1: no_success_in_time"],
            id="a bad end without its report: wait for the report, then for the time",
        ),
        pytest.param(
            [planned(), registered(status="expired", early_end=CURED)],
            [FIRST, "send 1: ended_badly"],
            id="a bad end that came before the registration: the next step",
        ),
        pytest.param(
            [planned(), registered(status="expired", early_end=UNCURED)],
            [FIRST, "stop 0: no_other_way_helps"],
            id="one that no other way cures: stop",
        ),
        pytest.param(
            [planned(), came("refused", may_fall_back=True)],
            [FIRST, "send 1: not_taken"],
            id="refused, cured elsewhere",
        ),
        pytest.param([planned(), came("refused")], [FIRST, "stop 0: no_other_way_helps"], id="refused for good: stop"),
        pytest.param(
            [planned(), came("throttled", may_fall_back=True)], [FIRST, "send 1: not_taken"], id="throttled: the next"
        ),
        pytest.param(
            [planned(), came("withdrawn")], [FIRST, "send 1: not_sent_in_time"], id="did not leave in time: the next"
        ),
        pytest.param(
            [*FALLEN, came("accepted", 1), curable("undelivered", 1)],
            [FIRST, "send 1: ended_badly", "stop 1: no_step_left"],
            id="the last step ends badly: stop",
        ),
        pytest.param(
            [*FALLEN, came("accepted", 1), due(90)],
            [FIRST, "send 1: ended_badly", "stop 1: no_step_left"],
            id="the time of the last step passes: stop",
        ),
        pytest.param(
            [*FALLEN, came("accepted", 1), due(90), told("delivered", 1)],
            [FIRST, "send 1: ended_badly", "stop 1: no_step_left", "stop 1: arrived"],
            id="a success after the stop is told",
        ),
        pytest.param(
            [THREE, TAKEN, due(60), came("accepted", 1, second=60), due(119), due(120)],
            [FIRST, "send 1: no_success_in_time", "send 2: no_success_in_time"],
            id="each step has its own time",
        ),
        pytest.param([SEEN, TAKEN, told("delivered"), due(59)], [FIRST], id="delivered is not seen"),
        pytest.param([SEEN, TAKEN, told("seen")], [FIRST, "stop 0: arrived"], id="seen is"),
        pytest.param([ENOUGH_SENT, TAKEN, told("sent")], [FIRST, "stop 0: arrived"], id="sent, where that is enough"),
        pytest.param([planned(), TAKEN, told("unknown")], [FIRST], id="an unknown status decides nothing"),
    ],
)
def test_steps(events, decided):
    assert short(lived(*events)[1]) == decided


@pytest.mark.parametrize(
    ("events", "decided"),
    [
        pytest.param([*FALLEN, came("accepted", 1), told("delivered")], True, id="the first arrives after all"),
        pytest.param(
            [*FALLEN, told("delivered"), came("accepted", 1)], True, id="and that is heard before the outcome"
        ),
        pytest.param([*FALLEN, told("delivered"), registered(1)], True, id="or the later is known by its registration"),
        pytest.param([*FALLEN, told("delivered"), came("withdrawn", 1)], False, id="not when the later never left"),
        pytest.param([*FALLEN, told("delivered"), came("refused", 1)], False, id="not when the later was refused"),
        pytest.param([*FALLEN, came("accepted", 1), told("delivered", 1)], False, id="not when only the later arrives"),
    ],
)
def test_a_double_delivery_is_told_once(events, decided):
    news = short(lived(*events, *events)[1])

    assert news.count("double_delivery 1: earlier_arrived") == decided


@pytest.mark.parametrize(
    ("events", "decided"),
    [
        pytest.param([planned(), came("in_doubt")], [FIRST, "hold 0: in_doubt"], id="held, where the plan says so"),
        pytest.param(
            [planned(), came("in_doubt"), came("in_doubt"), due(600)], [FIRST, "hold 0: in_doubt"], id="held once"
        ),
        pytest.param(
            [planned(), came("in_doubt"), came("accepted", second=50), due(109), due(110)],
            [FIRST, "hold 0: in_doubt", "send 1: no_success_in_time"],
            id="found taken: waited for from then",
        ),
        pytest.param(
            [planned(), came("in_doubt"), came("refused", may_fall_back=True)],
            [FIRST, "hold 0: in_doubt", "send 1: not_taken"],
            id="found not taken: the next",
        ),
        pytest.param(
            [planned(), came("in_doubt"), told("delivered")],
            [FIRST, "hold 0: in_doubt", "stop 0: arrived"],
            id="resolved by a report of it",
        ),
        pytest.param([planned(), registered(), came("in_doubt")], [FIRST], id="no doubt of what is registered"),
        pytest.param(
            [DOUBTFUL, came("in_doubt")], [FIRST, "send 0: in_doubt"], id="sent again, where the plan says so"
        ),
        pytest.param(
            [DOUBTFUL, came("in_doubt"), came("in_doubt", 0, 1), came("in_doubt", 0, 2)],
            [FIRST, "send 0: in_doubt", "send 0: in_doubt", "hold 0: in_doubt"],
            id="three times at most, then held",
        ),
        pytest.param(
            [DOUBTFUL, came("in_doubt"), TAKEN],
            [FIRST, "send 0: in_doubt", "withdraw 0"],
            id="the first found taken: the second is not wanted any more",
        ),
        pytest.param(
            [DOUBTFUL, came("in_doubt"), TAKEN, due(60)],
            [FIRST, "send 0: in_doubt", "withdraw 0", "send 1: no_success_in_time"],
            id="and is not waited for",
        ),
        pytest.param(
            [DOUBTFUL, came("in_doubt"), came("refused", 0, 1, may_fall_back=True)],
            [FIRST, "send 0: in_doubt", "hold 0: in_doubt"],
            id="the second refused: the first is still in doubt",
        ),
        pytest.param(
            [planned(), due(359), due(360), due(361)],
            [FIRST, "hold 0: outcome_missing"],
            id="an outcome that never comes is held, long after it should have been given up",
        ),
        pytest.param(
            [planned(), came("in_doubt"), due(30 * 86_400)],
            [FIRST, "hold 0: in_doubt", "expired 0: nobody_resolved"],
            id="nobody resolves it",
        ),
    ],
)
def test_doubt(events, decided):
    assert short(lived(*events)[1]) == decided


@pytest.mark.parametrize(
    ("events", "decided"),
    [
        pytest.param([planned(), CANCEL], [FIRST, "cancelled 0: by_request", "withdraw 0"], id="what has not left"),
        pytest.param([CANCEL, planned()], ["cancelled 0: by_request"], id="before the plan: nothing leaves"),
        pytest.param(
            [planned(), TAKEN, CANCEL, curable("expired"), due(60)],
            [FIRST, "cancelled 0: by_request"],
            id="no step after it",
        ),
        pytest.param([planned(), CANCEL, CANCEL], [FIRST, "cancelled 0: by_request", "withdraw 0"], id="twice is once"),
    ],
)
def test_cancelling(events, decided):
    assert short(lived(*events)[1]) == decided


@pytest.mark.parametrize(
    ("events", "decided"),
    [
        pytest.param(
            [CASCADE, TAKEN, curable("expired"), due(60)], [FIRST, "silent 0: provider_cascades"], id="declared"
        ),
        pytest.param(
            [CASCADE, came("refused", may_fall_back=True)], [FIRST, "send 1: not_taken"], id="declared, and not taken"
        ),
        pytest.param(
            [planned(sent=SentElsewhere(root_id="r-0-0", sent_at=T0, provider_cascades=True)), curable("expired")],
            ["silent 0: provider_cascades"],
            id="declared of what was sent elsewhere",
        ),
        pytest.param(
            [planned(), TAKEN, told("sent", channel=Channel.SMS), curable("expired"), due(60)],
            [FIRST, "silent 0: provider_cascades"],
            id="seen: a leg of another channel",
        ),
        pytest.param(
            [*FALLEN, told("sent", channel=Channel.SMS)],
            [FIRST, "send 1: ended_badly", "silent 0: provider_cascades", "withdraw 1"],
            id="seen late: what has not left is not wanted any more",
        ),
        pytest.param(
            [planned(), TAKEN, curable("expired", channel=Channel.VIBER_BOT)],
            [FIRST, "send 1: ended_badly"],
            id="a bot's Viber is Viber",
        ),
    ],
)
def test_never_two_falling_back(events, decided):
    assert [line.replace("silent 1", "silent 0") for line in short(lived(*events)[1])] == decided


@pytest.mark.parametrize(
    ("events", "decided"),
    [
        pytest.param(
            [ELSEWHERE, curable("expired", external_id=None)], ["send 1: ended_badly"], id="known by the provider's id"
        ),
        pytest.param(
            [curable("expired", external_id=None), ELSEWHERE], ["send 1: ended_badly"], id="heard of before its plan"
        ),
        pytest.param(
            [planned(), curable("expired", external_id=None), TAKEN],
            [FIRST, "send 1: ended_badly"],
            id="heard of before its outcome",
        ),
        pytest.param(
            [planned(), curable("expired", external_id=None), registered()],
            [FIRST, "send 1: ended_badly"],
            id="heard of before its registration",
        ),
        pytest.param(
            [planned(), curable("expired", external_id="of somebody else")], [FIRST], id="an attempt of somebody else"
        ),
        pytest.param([planned(), registered(2), due(60)], [FIRST], id="an id of a step that the plan has not"),
        pytest.param([registered(0), planned()], [], id="what was taken is not sent again, though it was forgotten"),
        pytest.param([ELSEWHERE, due(60)], ["send 1: no_success_in_time"], id="its time runs from when it was sent"),
    ],
)
def test_which_step_an_update_is_about(events, decided):
    assert short(lived(*events)[1]) == decided
