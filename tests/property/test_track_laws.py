"""Whatever the order, whatever comes twice: what track knows in the end is the same."""

import random
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.records import AttemptRegistered, DeliveryReport, StatusChanged
from contracts.status import DeliveryStatus
from contracts.vocabulary import Scope, Verdict
from streams.track.attempt import AttemptState
from streams.track.evidence import standing
from streams.track.machine import (
    DAY_MS,
    Place,
    Rules,
    advance,
    is_finished,
    is_parked,
    register,
    standing_of,
    time_is_up,
)
from tests.support.reports import KEY, OBSERVED_HERE, REGISTERED_HERE, ROOT, T0_MS, at, place, registration, report

PARTS = st.sampled_from([None, "1", "2"])
REPORTS = st.builds(
    lambda said, of, occurred, part, sent, scope: report(
        said,
        of=of,
        occurred=occurred,
        part=part,
        parts_count=2 if part else 1,
        sent_at=None if sent is None else at(sent),
        scope=scope if of == ROOT else Scope.CHANNEL,
        provider_code=f"{said}/{scope}/{sent}",  # reports that differ in anything are different facts
    ),
    st.sampled_from([status.value for status in DeliveryStatus]),
    st.sampled_from([ROOT, ROOT, "leg-1", "leg-2"]),
    st.none() | st.integers(0, 5),
    PARTS,
    st.none() | st.integers(1, 3),
    st.sampled_from(Scope),
)
RULES = st.sampled_from([REGISTERED_HERE, OBSERVED_HERE])
REGISTRATION = st.builds(
    lambda sent: registration(sent_at=None if sent is None else at(sent)), st.none() | st.integers(0, 3)
)

Said = list[DeliveryReport | AttemptRegistered]


def lived(said: Said, rules: Rules) -> tuple[AttemptState | None, list[StatusChanged]]:
    state, told = None, []
    for one in said:
        step = advance if isinstance(one, DeliveryReport) else register
        state, update = step(state, one, place(), rules)
        told.append(update)
    return state, told


@st.composite
def two_orders(draw: st.DrawFn) -> tuple[Said, Said]:
    """The same reports and the same registration, some of them more than once, in two orders."""
    reports = draw(st.lists(REPORTS, min_size=1, max_size=8))
    said: Said = [*reports, *draw(st.lists(st.sampled_from(reports), max_size=4)), draw(REGISTRATION)]
    return said, draw(st.permutations(said))


def known(state: AttemptState | None) -> tuple[object, ...]:
    assert state is not None
    return (
        standing_of(state),
        state.sent_at,
        state.delivered_at,
        state.units,
        state.parts_counts,
        state.registered,
        state.is_latency_told,
        {state.seen[at + 4 : at + 12] for at in range(0, len(state.seen), 12)},
    )


@given(two_orders(), RULES)
def test_order_and_repetition_do_not_matter(orders, rules):
    one, other = (lived(said, rules)[0] for said in orders)

    assert known(one) == known(other)


@given(two_orders(), RULES)
def test_as_many_are_new_and_as_many_repeated_in_any_order(orders, rules):
    counts = [Counter(update.verdict is Verdict.REPEATED for update in lived(said, rules)[1]) for said in orders]

    assert counts[0] == counts[1]


@given(two_orders(), RULES)
def test_each_is_answered_once_and_each_new_fact_is_new_once(orders, rules):
    said, _ = orders
    told = lived(said, rules)[1]
    new = Counter(update.report.event_id for update in told if update.report and update.verdict is not Verdict.REPEATED)

    assert len(told) == len(said)
    assert set(new.values()) <= {1}
    assert set(new) == {one.event_id for one in said if isinstance(one, DeliveryReport)}


@given(two_orders(), RULES)
def test_latency_is_told_once_where_both_ends_are_known_and_never_else(orders, rules):
    state, told = lived(orders[1], rules)
    times = sum(update.latency_ms is not None for update in told)

    assert times == (state.sent_at is not None and state.delivered_at is not None)


@given(two_orders())
def test_what_was_parked_is_released_and_nothing_is_left(orders):
    _, told = lived(orders[1], REGISTERED_HERE)
    parked = sum(update.verdict is Verdict.PARKED for update in told)
    released = sum(update.released_applied_count + update.released_outranked_count for update in told)

    assert parked == released


@given(two_orders(), RULES)
def test_a_conflict_appears_once_and_stays(orders, rules):
    told = lived(orders[1], rules)[1]
    flags = [update.is_conflict for update in told]

    assert flags == sorted(flags)
    assert sum(update.is_new_conflict for update in told) == any(flags)


@given(two_orders(), RULES)
def test_what_moved_was_applied_or_parked(orders, rules):
    """A reader that looks only at applied, registered and parked updates sees each change of the status."""
    for update in lived(orders[1], rules)[1]:
        if update.status is not update.previous_status and update.previous_status is not None:
            assert update.verdict in {Verdict.APPLIED, Verdict.PARKED, Verdict.REGISTERED}


@settings(max_examples=50)
@given(st.lists(REPORTS, min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_a_replayed_report_changes_nothing(reports, chance: random.Random):
    state, _ = lived(list(reports), OBSERVED_HERE)
    for one in chance.sample(reports, len(reports)):
        again, update = advance(state, one, place(), OBSERVED_HERE)

        assert again is state
        assert update.verdict is Verdict.REPEATED


@given(two_orders())
def test_the_status_is_that_of_the_evidence_or_accepted(orders):
    state, told = lived(orders[0], OBSERVED_HERE)
    said = standing(state.units, state.parts_counts)

    assert told[-1].status is (DeliveryStatus.ACCEPTED if said is DeliveryStatus.UNKNOWN else said)


@given(st.lists(REPORTS, max_size=8), RULES)
def test_what_is_finished_stands_at_an_end(reports, rules):
    state = lived(list(reports), rules)[0]

    assert state is None or not is_finished(state) or standing_of(state).status.is_final


TIME = "time"
"""A time that was set comes, on any day before an attempt is forgotten; it may be late, stale or there twice."""


def lived_in_time(said: list[DeliveryReport | AttemptRegistered | str], day_of: dict[int, int], rules: Rules):
    """As `lived`, one day or more after the other where the times come."""
    state, told, day = None, [], 0
    for number, one in enumerate(said):
        here = Place(KEY, T0_MS + day * DAY_MS)
        if isinstance(one, str):
            day += day_of.get(number, 0)
            state, update = time_is_up(state, Place(KEY, T0_MS + day * DAY_MS), rules) if state else (state, None)
        else:
            state, update = (advance if isinstance(one, DeliveryReport) else register)(state, one, here, rules)
        told += [update] if update else []
    return state, told


@st.composite
def with_times(draw: st.DrawFn):
    """Reports, a registration or none, and times that come in between, none so late that the attempt is forgotten."""
    reports = draw(st.lists(REPORTS, min_size=1, max_size=6))
    registrations = draw(st.lists(REGISTRATION, max_size=2))
    said = [*reports, *draw(st.lists(st.sampled_from(reports), max_size=3)), *registrations[:1] * len(registrations)]
    timed = draw(st.permutations([*said, *[TIME] * draw(st.integers(0, 5))]))
    jump = draw(st.integers(0, len(timed) - 1))
    return (
        said,
        timed,
        {jump: draw(st.integers(7, 13)), **{number: 0 for number in range(len(timed)) if number != jump}},
    )


PATIENT = Rules(is_observed_only=False, keep_s=30 * 86_400, keep_final_ms=28 * DAY_MS)


@given(with_times())
def test_times_that_come_in_between_change_nothing_of_what_is_known(given_):
    said, timed, days = given_
    plain, in_time = lived(said, PATIENT)[0], lived_in_time(timed, days, PATIENT)[0]

    assert known(in_time) == known(plain)


@given(with_times())
def test_what_was_parked_is_released_once_by_whichever_comes_first(given_):
    _, timed, days = given_
    state, told = lived_in_time([*timed, TIME], {**days, len(timed): 7}, PATIENT)
    parked = sum(update.verdict is Verdict.PARKED for update in told)
    released = sum(update.released_applied_count + update.released_outranked_count for update in told)

    assert parked == released
    assert not is_parked(state, PATIENT)
    assert sum(update.verdict is Verdict.UNCLAIMED for update in told) <= 1


@given(with_times())
def test_each_report_is_answered_once_whatever_times_come(given_):
    _, timed, days = given_
    told = lived_in_time(timed, days, PATIENT)[1]

    assert sum(update.report is not None for update in told) == sum(isinstance(one, DeliveryReport) for one in timed)
    assert all(
        (update.verdict is Verdict.UNCLAIMED) == (not update.report and not update.registration) for update in told
    )
