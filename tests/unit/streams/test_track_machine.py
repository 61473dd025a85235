"""What a report or a registration does to an attempt, rule by rule."""

import pytest

from contracts.identity import attempt_id, derived_message_id
from contracts.records import AttemptRegistered, DeliveryReport, StatusChanged
from contracts.status import DeliveryStatus, evidence
from contracts.vocabulary import Channel, Scope
from streams.engine.moments import DAY_MS
from streams.track.attempt import AttemptState, decode_attempt, encode_attempt
from streams.track.evidence import have_ended
from streams.track.machine import Place, Rules, advance, due_ms, register, time_is_up
from tests.support.reports import (
    KEY,
    OBSERVED_HERE,
    REGISTERED_HERE,
    T0_MS,
    at,
    place,
    registration,
    report,
)


def lived(
    *said: DeliveryReport | AttemptRegistered, rules: Rules = OBSERVED_HERE
) -> tuple[AttemptState, list[StatusChanged]]:
    """The state after all of it, one second after another, and what was told each time."""
    state, told = None, []
    for second, one in enumerate(said):
        step = advance if isinstance(one, DeliveryReport) else register
        state, update = step(state, one, place(second), rules)
        state = decode_attempt(encode_attempt(state))
        told.append(update)
    return state, told


def last(*said: DeliveryReport | AttemptRegistered, rules: Rules = OBSERVED_HERE) -> StatusChanged:
    return lived(*said, rules=rules)[1][-1]


WHOLE = {"scope": Scope.TRANSACTION}


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        pytest.param([report("unknown")], "applied", id="the first report is applied, whatever it says"),
        pytest.param([report("sent"), report("delivered")], "applied", id="a status that moves is applied"),
        pytest.param([report("sent"), report("sent")], "repeated", id="the same report again is repeated"),
        pytest.param([report("delivered"), report("sent")], "outranked", id="a late report is outranked"),
        pytest.param(
            [report("sent", occurred=1), report("sent", occurred=2)],
            "outranked",
            id="the same status anew is outranked",
        ),
        pytest.param(
            [report("delivered"), report("expired")], "applied", id="a conflict that appears is applied though lower"
        ),
        pytest.param(
            [report("delivered"), report("expired"), report("failed")],
            "outranked",
            id="a further conflict moves nothing",
        ),
        pytest.param(
            [report("sent"), report("sent", of="leg")], "applied", id="a leg heard of for the first time is applied"
        ),
        pytest.param(
            [report("sent", **WHOLE), report("queued", of="leg"), report("sent", of="leg")],
            "applied",
            id="a leg that moves is applied though the whole stands",
        ),
        pytest.param(
            [report("delivered", part="1"), report("delivered", part="2")], "applied", id="another part is applied"
        ),
        pytest.param(
            [registration(), report("unknown")], "applied", id="the first report after a registration is applied"
        ),
        pytest.param(
            [registration(), report("unknown"), report("accepted")], "applied", id="a registration hides no movement"
        ),
        pytest.param([registration()], "registered", id="a registration is answered"),
        pytest.param([registration(), registration()], "registered", id="a repeated registration is answered too"),
    ],
)
def test_verdicts(said, verdict):
    assert last(*said).verdict == verdict


@pytest.mark.parametrize(
    ("said", "verdict", "released"),
    [
        pytest.param([report("sent")], "parked", (0, 0), id="unregistered is parked"),
        pytest.param([report("sent"), report("sent")], "repeated", (0, 0), id="a repeat is repeated, parked or not"),
        pytest.param(
            [report("sent"), report("queued"), registration()], "registered", (1, 1), id="a registration frees them"
        ),
        pytest.param(
            [report("sent"), registration(), registration(message_id="another")],
            "registered",
            (0, 0),
            id="a further registration frees nothing",
        ),
        pytest.param(
            [report("sent"), report("sent"), registration()], "registered", (1, 0), id="repeats were never parked"
        ),
        pytest.param([registration(), report("sent")], "applied", (0, 0), id="registered before: never parked"),
    ],
)
def test_parking(said, verdict, released):
    update = last(*said, rules=REGISTERED_HERE)

    assert update.verdict == verdict
    assert (update.released_applied_count, update.released_outranked_count) == released


EARLY = report("undelivered", provider_code="12", occurred=5, may_fall_back=True)
LATER = report("undelivered", provider_code="12", occurred=6, may_fall_back=True)
STRONGER = report("failed", provider_code="7", may_fall_back=True)
FORBIDDING = report("expired", provider_code="30")


@pytest.mark.parametrize(
    ("said", "code"),
    [
        pytest.param([report("sent"), registration()], None, id="no bad end was parked"),
        pytest.param([EARLY, registration()], "12", id="a bad end that was parked is told"),
        pytest.param([registration(), EARLY], None, id="one that was not parked has been told itself"),
        pytest.param([EARLY, registration(), registration()], None, id="told once"),
        pytest.param([EARLY, STRONGER, registration()], "7", id="of two the stronger"),
        pytest.param([STRONGER, FORBIDDING, registration()], "30", id="of two the one that no other way cures"),
        pytest.param([LATER, EARLY, registration()], "12", id="of two alike the earlier"),
    ],
)
def test_a_registration_tells_the_bad_end_that_was_parked(said, code):
    for order in (said, [*said[:-1][::-1], said[-1]] if isinstance(said[-1], AttemptRegistered) else said):
        end = last(*order, rules=REGISTERED_HERE).early_end

        assert (end and end.provider_code) == code
    if LATER in said:
        assert end.occurred_at == EARLY.occurred_at


def test_a_bad_end_is_told_also_when_nobody_had_claimed_it_in_time():
    state, _ = lived(EARLY, rules=REGISTERED_HERE)
    state, _ = time_is_up(state, place(8 * 86_400), REGISTERED_HERE)
    _, update = register(state, registration(), place(9 * 86_400), REGISTERED_HERE)

    assert (update.early_end.status, update.early_end.may_fall_back) == ("undelivered", True)


@pytest.mark.parametrize(
    ("said", "status", "previous"),
    [
        pytest.param([report("sent")], "sent", None, id="nothing stood before the first"),
        pytest.param([report("sent"), report("delivered")], "delivered", "sent", id="from one to the next"),
        pytest.param([registration()], "accepted", None, id="a registration says that it was accepted"),
        pytest.param(
            [report("unknown"), registration()], "accepted", "unknown", id="also of a report that says nothing"
        ),
        pytest.param([registration(), report("failed", of="leg")], "failed", "accepted", id="legs decide all the same"),
    ],
)
def test_where_the_attempt_stands(said, status, previous):
    update = last(*said)

    assert (update.status, update.previous_status) == (status, previous)


def test_the_item_has_its_own_status():
    update = last(report("queued", **WHOLE), report("failed", of="viber"))

    assert (update.status, update.item_status) == ("queued", "failed")


def test_a_conflict_is_new_once():
    told = lived(report("expired"), report("delivered"), report("seen"))[1]

    assert [(update.is_conflict, update.is_new_conflict) for update in told] == [
        (False, False),
        (True, True),
        (True, False),
    ]


@pytest.mark.parametrize(
    ("said", "sent", "delivered"),
    [
        pytest.param([report("sent", occurred=5)], 5, None, id="the report of sending stands in"),
        pytest.param([report("sent", occurred=9), report("queued", occurred=5)], 5, None, id="the earliest of them"),
        pytest.param([report("sent", occurred=5, sent_at=at(7))], 7, None, id="a told time of sending wins over it"),
        pytest.param(
            [report("sent", sent_at=at(7)), registration(sent_at=at(6))], 6, None, id="the earliest of told times"
        ),
        pytest.param([registration(), report("delivered", occurred=9)], None, 9, id="a registration may not know"),
        pytest.param([report("seen", occurred=9), report("delivered", occurred=8)], None, 8, id="seen has arrived too"),
        pytest.param([report("delivered")], None, 3600, id="our clock where the provider tells no time"),
        pytest.param([report("failed", occurred=9)], None, None, id="what failed never arrived"),
    ],
)
def test_times(said, sent, delivered):
    update = last(*said)

    assert update.sent_at == (None if sent is None else at(sent))
    assert update.delivered_at == (None if delivered is None else at(delivered))


@pytest.mark.parametrize(
    ("said", "latencies"),
    [
        pytest.param(
            [report("sent", occurred=1), report("delivered", occurred=3.5), report("seen", occurred=9)],
            [None, 2500, None],
            id="on the update that makes both known, once",
        ),
        pytest.param(
            [report("delivered", occurred=3), registration(sent_at=at(1))], [None, 2000], id="also on a registration"
        ),
        pytest.param(
            [report("delivered", occurred=3), report("sent", occurred=5)],
            [None, 0],
            id="clocks that disagree give zero",
        ),
        pytest.param([report("delivered", occurred=3)], [None], id="never while one is not known"),
    ],
)
def test_latency(said, latencies):
    assert [update.latency_ms for update in lived(*said)[1]] == latencies


def test_ids_come_from_the_first_record_about_the_attempt():
    told = lived(report("sent", received_at=at(7)), report("delivered", received_at=at(9)))[1]

    assert {update.attempt_id for update in told} == {attempt_id(T0_MS + 7000, KEY)}
    assert {update.message_id for update in told} == {derived_message_id(T0_MS + 7000, KEY)}


def test_a_replay_gives_the_ids_that_were_given_then():
    """It comes with a new time of Kafka's and with its own old one."""
    _, then = advance(None, report("sent", received_at=at(1)), place(1), OBSERVED_HERE)
    _, again = advance(None, report("sent", received_at=at(1)), place(9 * 86_400), OBSERVED_HERE)

    assert (again.attempt_id, again.message_id) == (then.attempt_id, then.message_id)


def test_a_replay_of_what_is_old_pushes_out_nothing_that_is_younger():
    """A dead letter can be read at last, and comes days after the reports that followed it."""
    day = 86_400
    state, _ = advance(None, report("delivered", received_at=at(0)), place(0), OBSERVED_HERE)
    state, _ = advance(state, report("sent", received_at=at(-1)), place(9 * day), OBSERVED_HERE)

    assert (
        advance(state, report("delivered", received_at=at(0)), place(9 * day), OBSERVED_HERE)[1].verdict == "repeated"
    )


@pytest.mark.parametrize(
    ("said", "rules", "message_id"),
    [
        pytest.param([report("sent")], REGISTERED_HERE, None, id="parked: none"),
        pytest.param([registration()], REGISTERED_HERE, "our-message", id="the registration's"),
        pytest.param([registration()], OBSERVED_HERE, "our-message", id="the registration's where nobody expects one"),
        pytest.param(
            [registration(message_id=None)],
            REGISTERED_HERE,
            derived_message_id(T0_MS, KEY),
            id="derived when the registration has none",
        ),
        pytest.param(
            [registration(), registration(message_id="another")], REGISTERED_HERE, "our-message", id="the first stands"
        ),
    ],
)
def test_message_id(said, rules, message_id):
    assert last(*said, rules=rules).message_id == message_id


def test_a_report_is_completed_from_the_registration_and_keeps_what_it_says():
    known = registration(recipient="+447700900105", country="GB", campaign="autumn", channel=Channel.VIBER)

    told = last(known, report("sent", campaign="spring"), rules=REGISTERED_HERE).report

    assert (told.recipient, told.country, told.campaign, told.channel) == (
        "+447700900105",
        "GB",
        "spring",
        Channel.VIBER,
    )


@pytest.mark.parametrize(
    "one", [pytest.param(report("sent", of="leg"), id="a leg"), pytest.param(report("sent", **WHOLE), id="a cascade")]
)
def test_how_legs_and_cascades_travel_is_the_providers_to_say(one):
    assert last(registration(channel=Channel.VIBER), one).report.channel is None


def test_a_repeat_changes_nothing_that_is_kept():
    state, _ = lived(report("sent", occurred=1), rules=REGISTERED_HERE)

    again, _ = advance(state, report("sent", occurred=1), Place(KEY, T0_MS), REGISTERED_HERE)

    assert again is state


def test_a_state_is_small():
    state, _ = lived(
        registration(message_id="019aa5a1-0000-7000-8000-000000000001", recipient="+447700900105", country="GB"),
        *[report(said, occurred=1.5) for said in ("accepted", "sent", "delivered", "seen")],
    )

    assert len(encode_attempt(state)) < 200


DAY = DAY_MS // 1000
FINISHED = [report("sent"), report("delivered")]
HALF_DELIVERED = [report("delivered", part="1", parts_count=2), report("delivered", part="2"), report("sent", part="3")]


def ticked(state: AttemptState, seconds: float, rules: Rules = REGISTERED_HERE):
    return time_is_up(state, place(seconds), rules)


@pytest.mark.parametrize(
    ("said", "rules", "days"),
    [
        pytest.param([report("delivered")], REGISTERED_HERE, 7, id="parked: when it is given up"),
        pytest.param([registration(), *FINISHED], REGISTERED_HERE, 7, id="finished: soon"),
        pytest.param(FINISHED, OBSERVED_HERE, 7, id="finished where nobody registers"),
        pytest.param([registration()], REGISTERED_HERE, 30, id="registered and never heard of: late"),
        pytest.param([report("sent")], OBSERVED_HERE, 30, id="under way: late"),
        pytest.param(HALF_DELIVERED, OBSERVED_HERE, 30, id="a part that has not ended: late"),
        pytest.param([report("delivered", part="1", parts_count=2)], OBSERVED_HERE, 30, id="a part not heard of: late"),
        pytest.param(
            [report("delivered", scope=Scope.TRANSACTION), report("sent", of="leg")],
            OBSERVED_HERE,
            30,
            id="a leg that has not ended: late",
        ),
        pytest.param(
            [report("delivered", scope=Scope.TRANSACTION), report("failed", of="leg")],
            OBSERVED_HERE,
            7,
            id="all legs ended: soon",
        ),
    ],
)
def test_when_the_time_of_an_attempt_comes(said, rules, days):
    state, _ = lived(*said, rules=rules)
    heard_last = 0 if state.parked_ms else len(said) - 1

    assert due_ms(state, rules) == T0_MS + 1000 * heard_last + days * DAY_MS


def test_all_that_is_new_moves_the_time_and_repeats_do_not():
    state, _ = lived(report("sent"))
    later, _ = advance(state, report("queued"), place(50), OBSERVED_HERE)
    same, _ = advance(later, report("queued"), place(90), OBSERVED_HERE)

    assert due_ms(later, OBSERVED_HERE) == T0_MS + 50_000 + 30 * DAY_MS
    assert same is later


def test_an_attempt_that_nobody_registers_is_told_as_unclaimed_and_frees_what_was_parked():
    state, _ = lived(report("sent"), report("queued"), report("sent"), rules=REGISTERED_HERE)
    after, told = ticked(state, 7 * DAY)

    assert (told.verdict, told.released_applied_count, told.released_outranked_count) == ("unclaimed", 1, 1)
    assert (told.status, told.previous_status, told.report, told.registration) == ("sent", "sent", None, None)
    assert told.message_id == derived_message_id(state.first_ms, KEY)
    assert advance(after, report("delivered"), place(8 * DAY), REGISTERED_HERE)[1].verdict == "applied"


def test_a_registration_after_that_joins_all_the_same_and_frees_nothing_more():
    state, _ = lived(report("delivered"), rules=REGISTERED_HERE)
    unclaimed, _ = ticked(state, 7 * DAY)
    after, told = register(unclaimed, registration(), place(8 * DAY), REGISTERED_HERE)

    assert (told.verdict, told.message_id, told.status) == ("registered", "our-message", "delivered")
    assert told.released_applied_count + told.released_outranked_count == 0
    assert after.registered is not None


@pytest.mark.parametrize(
    ("said", "rules", "seconds"),
    [
        pytest.param([report("sent")], REGISTERED_HERE, 7 * DAY - 1, id="before its time"),
        pytest.param([report("sent"), registration()], REGISTERED_HERE, 8 * DAY, id="parked no more"),
        pytest.param([report("sent"), report("delivered")], OBSERVED_HERE, 7 * DAY, id="moved by what came since"),
    ],
)
def test_a_stale_time_changes_nothing(said, rules, seconds):
    state, _ = lived(*said, rules=rules)

    assert ticked(state, seconds, rules) == (state, None)


def test_a_second_time_of_the_same_changes_nothing():
    state, _ = lived(report("sent"), rules=REGISTERED_HERE)
    unclaimed, _ = ticked(state, 7 * DAY)

    assert ticked(unclaimed, 7 * DAY) == (unclaimed, None)


def test_a_late_time_does_what_it_would_have_done():
    state, _ = lived(report("sent"), rules=REGISTERED_HERE)

    assert ticked(state, 300 * DAY)[1].verdict == "unclaimed"


def test_what_was_parked_before_its_connection_was_declared_to_be_observed_is_freed_too():
    state, _ = lived(report("sent"), rules=REGISTERED_HERE)

    assert ticked(state, 7 * DAY, OBSERVED_HERE)[1].released_applied_count == 1


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        pytest.param(FINISHED, 7 * DAY + 1, id="finished"),
        pytest.param([report("sent")], 30 * DAY, id="silent for too long"),
    ],
)
def test_an_attempt_that_is_silent_for_long_enough_is_forgotten_and_nothing_is_told(said, seconds):
    state, _ = lived(*said)

    assert ticked(state, seconds, OBSERVED_HERE) == (None, None)


def test_what_is_unclaimed_is_remembered_for_its_registration_before_it_is_forgotten():
    state, _ = lived(report("delivered"), rules=REGISTERED_HERE)
    unclaimed, _ = ticked(state, 20 * DAY)

    assert ticked(unclaimed, 26 * DAY) == (unclaimed, None)
    assert ticked(unclaimed, 27 * DAY) == (None, None)


@pytest.mark.parametrize("status", list(DeliveryStatus))
def test_a_unit_has_ended_when_its_status_is_final(status):
    assert have_ended({"": evidence(status, DeliveryStatus.UNKNOWN)}) is status.is_final
