"""Which way a message goes next, rule by rule."""

from datetime import time

import msgspec
import pytest
from msgspec import structs

from contracts.codec import decode, encode
from contracts.plan_words import words_of
from contracts.plans import (
    DecisionMade,
    Guards,
    InDoubt,
    MessageCancelled,
    MessagePlanned,
    Outcome,
    Plan,
    PlanStep,
    QuietHours,
    SendCommanded,
    SendOutcome,
    SendWithdrawn,
    SentElsewhere,
    SucceedOn,
    send_id_of,
    step_and_try,
)
from contracts.records import AttemptRegistered, Due, EarlyEnd, StatusChanged
from contracts.sends import TextContent
from contracts.status import DeliveryStatus
from contracts.vocabulary import Channel, Verdict
from streams.fallback.guards import Circumstances
from streams.fallback.knowledge import MOST_ATTEMPTS, Heard
from streams.fallback.policy import Here, Rules, advance, due_ms
from streams.fallback.state import decode_message, encode_message
from tests.support.reports import T0, T0_MS, at, report

MESSAGE, ATTEMPT = "019aa5a1-0000-7000-8000-000000000001", "019aa5a1-0000-7000-8000-00000000000a"
PROVIDERS = ("routee", "telesign", "infobip")
RULES = Rules()
MINUTE = 60


def step(number=0, **members):
    """Viber, then SMS, then voice; a minute each."""
    given = {
        "channel": (Channel.VIBER, Channel.SMS, Channel.VOICE)[number],
        "provider": PROVIDERS[number],
        "connection": "main",
        "sender": "Example",
        "content": TextContent(text="Your parcel waits"),
        "wait_s": MINUTE,
    }
    return PlanStep(**given | members)


def planned(*steps, sent=None, in_doubt=InDoubt.HOLD, guards=None, recipient="+447700900123"):
    plan = Plan(steps=steps or (step(0), step(1)), in_doubt=in_doubt, guards=guards or Guards(), version=3)
    return MessagePlanned(message_id=MESSAGE, account="shop", recipient=recipient, planned_at=T0, plan=plan, sent=sent)


SENT = SentElsewhere(root_id="r-0-0", sent_at=T0)


def place(of, number=0):
    return {"provider": PROVIDERS[of], "connection": "main", "root_id": f"r-{of}-{number}"}


def told(said, of=0, number=0, **members):
    """An update about a try of a step, as track writes it and as this stage reads it."""
    given = place(of, number) | {"external_id": send_id_of(MESSAGE, of, number)} | members
    one = report(said, of=given["root_id"], **given)
    return heard(StatusChanged(verdict=Verdict.APPLIED, attempt_id=ATTEMPT, status=one.status, report=one))


def curable(said, of=0, number=0, **members):
    return told(said, of, number, may_fall_back=True, **members)


def registered(of=0, number=0, status="accepted", early_end=None, **members):
    known = {"account": "shop", "registered_at": T0, "external_id": send_id_of(MESSAGE, of, number)}
    one = AttemptRegistered(**place(of, number), **known | members)
    return heard(
        StatusChanged(
            verdict=Verdict.REGISTERED,
            attempt_id=ATTEMPT,
            status=DeliveryStatus(status),
            registration=one,
            early_end=early_end,
        )
    )


def heard(update):
    return msgspec.json.decode(encode(update), type=Heard)


def came(outcome, of=0, number=0, *, second=0, may_fall_back=False, **members):
    where = place(of, number)
    root = where["root_id"] if outcome == "accepted" else None
    return SendOutcome(
        message_id=MESSAGE,
        account="shop",
        step=of,
        send_id=send_id_of(MESSAGE, of, number),
        outcome=Outcome(outcome),
        told_at=at(second),
        may_fall_back=may_fall_back,
        **where | {"root_id": root} | members,
    )


CANCEL = MessageCancelled(message_id=MESSAGE, account="shop", cancelled_at=T0)


def due(second):
    return Due(due_at=at(second)), second


def lived(*events, around=None):
    """The state after all of it, each at the second given beside it, else at the second of the one before."""
    state, news, second = None, [], 0
    for one in events:
        event, second = one if isinstance(one, tuple) else (one, second)
        here = Here(MESSAGE, T0_MS + int(second * 1000), around or Circumstances())
        state, now = advance(state, event, here, RULES)
        state = None if state is None else decode_message(encode_message(state))
        news += now
    return state, news


def short(news):
    """`send 1: ended_badly`, and what was withdrawn."""
    return [
        f"withdraw {one.step}" if isinstance(one, SendWithdrawn) else f"{one.decision} {one.step}: {one.because}"
        for one in news
        if not isinstance(one, SendCommanded)
    ]


UNCURED = EarlyEnd(status=DeliveryStatus.EXPIRED, provider_code="3056", channel=Channel.VIBER)
CURED = structs.replace(UNCURED, may_fall_back=True)
FIRST = "send 0: first_step"
ELSEWHERE = planned(sent=SENT)
DOUBTFUL = planned(in_doubt=InDoubt.RESEND)
THREE = planned(step(0), step(1), step(2))
SEEN = planned(step(0, succeed_on=SucceedOn.SEEN), step(1))
ENOUGH_SENT = planned(step(0, succeed_on=SucceedOn.SENT), step(1))
CASCADE = planned(step(0, provider_cascades=True), step(1))
TAKEN = came("accepted")
FALLEN = [planned(), TAKEN, curable("expired")]


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


LONDON_NIGHT = QuietHours(start=time(9, 30), end=time(10, 30))  # T0 is ten o'clock


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


@pytest.mark.parametrize(
    ("events", "seconds"),
    [
        pytest.param([told("sent")], 600, id="no plan came"),
        pytest.param([planned(), TAKEN, told("delivered")], 7 * 86_400, id="all is decided"),
    ],
)
def test_when_a_message_is_forgotten(events, seconds):
    assert lived(*events, due(seconds - 1))[0] is not None
    assert lived(*events, due(seconds))[0] is None


def test_a_tick_for_a_message_that_is_forgotten_is_nothing():
    assert lived(due(0)) == (None, [])


def test_what_is_heard_without_a_plan_is_bounded():
    strangers = [told("sent", root_id=f"r-{number}", external_id=None) for number in range(MOST_ATTEMPTS + 9)]

    assert len(lived(*strangers)[0].attempts) == MOST_ATTEMPTS


def test_a_typical_state_is_small():
    words = TextContent(text="Your order 4711 has been sent and will be with you on Thursday, 26 November. Thanks")
    steps = step(0, content=words, connection="viber"), step(1, content=words, connection="sms")
    plan = planned(*steps, guards=Guards(quiet_hours=LONDON_NIGHT))
    waiting, _ = lived((plan, 3600))
    under_way, _ = lived((plan, 3600), came("accepted", second=3600), told("sent"), told("sent", channel=Channel.VIBER))

    assert len(words.text) >= 80
    assert len(encode_message(waiting)) <= 400
    assert len(encode_message(under_way)) <= 400


def sentence(*events):
    return words_of([one for one in lived(*events)[1] if isinstance(one, DecisionMade)][-1])


@pytest.mark.parametrize(
    ("events", "words"),
    [
        pytest.param([planned()], "Viber sent at 10:00:00 because it is the first step; plan v3", id="first"),
        pytest.param(
            [planned(), TAKEN, (curable("expired", occurred=298, provider_code="3056"), 300)],
            "SMS sent at 10:05:00 because Viber reported expired (3056) at 10:04:58; plan v3",
            id="fallen back",
        ),
        pytest.param(
            [planned(), came("refused", error="RecipientUnreachable", code="7", may_fall_back=True)],
            "SMS sent at 10:00:00 because Viber was not taken, RecipientUnreachable (7), at 10:00:00; plan v3",
            id="refused",
        ),
        pytest.param(
            [planned(guards=Guards(quiet_hours=LONDON_NIGHT))],
            "Viber put off at 10:00:00 until 2026-11-21 10:30:00"
            " because these are quiet hours where the recipient is; plan v3",
            id="put off",
        ),
    ],
)
def test_a_decision_in_words(events, words):
    assert sentence(*events) == words


@pytest.mark.parametrize("message_id", [MESSAGE, "order-1", "ordre n° 1", "x" * 300, "a-1-0"])
def test_the_id_of_a_send_names_its_try(message_id):
    send_id = send_id_of(message_id, 1, 2)

    assert step_and_try(message_id, send_id) == (1, 2)
    assert len(send_id) <= 100
    assert send_id.replace("-", "").isalnum()
    assert step_and_try("another", send_id) is None
