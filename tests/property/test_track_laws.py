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
from streams.track.machine import Rules, advance, register, standing_of
from tests.support.reports import OBSERVED_HERE, REGISTERED_HERE, ROOT, at, place, registration, report

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
