"""The laws of the join: order and repetition do not matter, and nothing known is ever forgotten."""

from hypothesis import given
from hypothesis import strategies as st

from contracts.status import DeliveryStatus, Evidence, evidence, is_conflict, join, status_of, status_of_parts

statuses = st.sampled_from(DeliveryStatus)
known = st.lists(statuses).map(lambda reported: evidence(*reported))


@given(known)
def test_idempotent(one: Evidence):
    assert join(one, one) == one


@given(known, known)
def test_commutative(one: Evidence, other: Evidence):
    assert join(one, other) == join(other, one)


@given(known, known, known)
def test_associative(one: Evidence, other: Evidence, third: Evidence):
    assert join(join(one, other), third) == join(one, join(other, third))


@given(known, known)
def test_monotone(one: Evidence, other: Evidence):
    joined = join(one, other)

    assert status_of(joined).rank >= status_of(one).rank
    assert is_conflict(joined) or not is_conflict(one)


@given(known, known)
def test_the_status_of_a_join_is_the_higher_of_the_two(one: Evidence, other: Evidence):
    higher = max(status_of(one), status_of(other), key=lambda status: status.rank)

    assert status_of(join(one, other)) is higher


@given(st.lists(statuses, min_size=1), st.randoms())
def test_any_order_and_repetition_of_the_same_reports_ends_the_same(reported, random):
    again = [*reported, *random.choices(reported, k=3)]
    random.shuffle(again)

    assert evidence(*again) == evidence(*reported)


@given(st.lists(statuses))
def test_a_conflict_is_two_bad_ends_or_a_bad_end_beside_a_success(reported):
    """Against a definition written another way: over pairs."""
    bad = {status for status in reported if status.is_bad_end}
    good = {status for status in reported if status.is_success}

    assert is_conflict(evidence(*reported)) is (len(bad) > 1 or bool(bad and good))


@given(st.lists(known.filter(bool), min_size=1, max_size=5), st.randoms())
def test_the_order_of_parts_does_not_matter(parts, random):
    shuffled = random.sample(parts, len(parts))

    assert status_of_parts(shuffled, 5) is status_of_parts(parts, 5)
