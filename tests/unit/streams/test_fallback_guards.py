"""What keeps a step from being sent, or puts it off; and what a command says."""

import pytest

from contracts.codec import decode, encode
from contracts.plans import (
    Guards,
    SendCommanded,
)
from streams.fallback.guards import Circumstances
from streams.fallback.policy import due_ms
from tests.support.planned_life import (
    CANCEL,
    FALLEN,
    FIRST,
    LONDON_NIGHT,
    RULES,
    SENT,
    TAKEN,
    came,
    curable,
    due,
    lived,
    planned,
    short,
    step,
    told,
)
from tests.support.reports import T0, T0_MS, at


@pytest.mark.parametrize(
    ("guards", "around", "decided"),
    [
        pytest.param({"quiet_hours": LONDON_NIGHT}, {}, ["wait 1: quiet_hours"], id="quiet hours: later"),
        pytest.param(
            {"quiet_hours": LONDON_NIGHT, "send_before": at(900)},
            {},
            ["refuse 1: too_late"],
            id="and later is too late",
        ),
        pytest.param({"send_before": T0}, {}, ["refuse 1: too_late"], id="the last time to send"),
        pytest.param({}, {"opted_out": {"Example"}}, ["refuse 1: opted_out"], id="an opt-out"),
        pytest.param({}, {"opted_out": {"Other"}}, ["send 1: ended_badly"], id="of another sender"),
        pytest.param(
            {"respects_opt_out": False}, {"opted_out": {"Example"}}, ["send 1: ended_badly"], id="that does not count"
        ),
        pytest.param({"budget": "day"}, {"spent_budgets": {"day"}}, ["refuse 1: budget_spent"], id="a spent budget"),
        pytest.param(
            {},
            {"ill_connections": {("telesign", "main")}},
            ["skip 1: connection_ill", "send 2: connection_ill"],
            id="an ill connection is skipped",
        ),
        pytest.param(
            {},
            {"ill_connections": {("telesign", "main"), ("infobip", "main")}},
            ["skip 1: connection_ill", "send 2: connection_ill"],
            id="the last step is tried all the same",
        ),
    ],
)
def test_guards(guards, around, decided):
    plan = planned(step(0), step(1), step(2), sent=SENT, guards=Guards(**guards))
    now = Circumstances(**{name: frozenset(members) for name, members in around.items()})

    assert short(lived(plan, curable("expired", external_id=None), plan, around=now)[1]) == decided


def test_a_step_put_off_is_sent_when_the_quiet_hours_end_and_not_before():
    plan = planned(sent=SENT, guards=Guards(quiet_hours=LONDON_NIGHT))
    events = [plan, curable("expired", external_id=None)]
    state, _ = lived(*events)

    assert due_ms(state, RULES) == T0_MS + 1800 * 1000
    assert short(lived(*events, due(1799), due(1800))[1]) == ["wait 1: quiet_hours", "send 1: ended_badly"]


def test_a_step_put_off_is_not_sent_when_the_one_before_arrives_meanwhile():
    plan = planned(sent=SENT, guards=Guards(quiet_hours=LONDON_NIGHT))
    news = lived(plan, due(60), told("delivered", external_id=None), due(1800))[1]

    assert short(news) == ["wait 1: quiet_hours", "stop 0: arrived"]


def test_a_doubt_that_is_told_late_makes_nothing_doubtful_that_is_known():
    plan = planned(guards=Guards(quiet_hours=LONDON_NIGHT))
    news = lived((plan, -3600), (came("refused", may_fall_back=True), 0), came("in_doubt"))[1]

    assert short(news) == [FIRST, "wait 1: quiet_hours"]


def test_a_step_without_content_is_refused():
    assert short(lived(planned(step(0), step(1, content=None), sent=SENT), due(60))[1]) == ["refuse 1: no_content"]


@pytest.mark.parametrize(
    ("events", "kept"),
    [
        pytest.param([planned()], [True, True], id="until it was taken it may be sent again"),
        pytest.param([planned(), TAKEN], [False, True], id="taken: the next may be needed"),
        pytest.param(FALLEN, [False, True], id="the next is on its way"),
        pytest.param([planned(), TAKEN, told("delivered")], [False, False], id="arrived: none is needed"),
        pytest.param([planned(), CANCEL], [False, False], id="cancelled: none is wanted"),
        pytest.param([planned(), came("refused")], [False, False], id="closed: none is sent"),
    ],
)
def test_contents_are_kept_for_as_long_as_they_may_be_sent(events, kept):
    state, _ = lived(*events)

    assert [one.content is not None for one in state.plan.steps] == kept


def test_a_command_says_all_that_is_needed_and_when_to_give_up():
    commanded = next(one for one in lived(planned())[1] if isinstance(one, SendCommanded))

    assert commanded.give_up_at == at(60)
    assert (commanded.request.recipient, commanded.request.send_id) == ("+447700900123", commanded.send_id)
    assert decode(SendCommanded, encode(commanded)) == commanded


def test_nothing_is_commanded_to_leave_after_the_last_time_to_send():
    news = lived(planned(guards=Guards(send_before=at(20))))[1]

    assert news[1].give_up_at == at(20)
