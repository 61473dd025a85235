"""The status order, parts and cascades as rows."""

import pytest

from contracts.status import (
    DeliveryStatus,
    evidence,
    is_conflict,
    join,
    status_of,
    status_of_cascade,
    status_of_parts,
)

UNKNOWN, ACCEPTED, QUEUED, SENT, UNDELIVERED, EXPIRED, REJECTED, FAILED, DELIVERED, SEEN = DeliveryStatus


@pytest.mark.parametrize(
    ("reported", "stands", "conflicts"),
    [
        pytest.param([], UNKNOWN, False, id="nothing reported is unknown"),
        pytest.param([SENT], SENT, False, id="the first report is taken"),
        pytest.param([DELIVERED, SENT], DELIVERED, False, id="a late report changes nothing"),
        pytest.param([SEEN, DELIVERED], SEEN, False, id="seen beats delivered and does not contradict it"),
        pytest.param([EXPIRED, DELIVERED], DELIVERED, True, id="success wins over a bad end and is a conflict"),
        pytest.param([DELIVERED, EXPIRED], DELIVERED, True, id="a bad end after success changes nothing but conflicts"),
        pytest.param([EXPIRED, FAILED], FAILED, True, id="two different bad ends conflict"),
        pytest.param([EXPIRED, EXPIRED], EXPIRED, False, id="the same bad end twice is no conflict"),
        pytest.param([SENT, UNKNOWN], SENT, False, id="an unknown code takes nothing back"),
    ],
)
def test_evidence_decides(reported, stands, conflicts):
    known = evidence()
    for status in reported:
        known = join(known, evidence(status))

    assert status_of(known) is stands
    assert is_conflict(known) is conflicts


@pytest.mark.parametrize(
    ("parts", "expected_count", "stands"),
    [
        pytest.param([DELIVERED, DELIVERED], 2, DELIVERED, id="all parts delivered"),
        pytest.param([DELIVERED], 2, SENT, id="a part not heard of is not final"),
        pytest.param([ACCEPTED], 2, ACCEPTED, id="an early part keeps the whole early"),
        pytest.param([DELIVERED, SENT], 2, SENT, id="the lowest part stands"),
        pytest.param([DELIVERED, UNDELIVERED], 2, UNDELIVERED, id="any bad part decides"),
        pytest.param([EXPIRED, FAILED], 2, FAILED, id="the strongest bad end decides"),
        pytest.param([], 2, UNKNOWN, id="no part heard of"),
    ],
)
def test_parts_decide_the_whole(parts, expected_count, stands):
    assert status_of_parts([evidence(part) for part in parts], expected_count) is stands


@pytest.mark.parametrize(
    ("whole", "legs", "stands"),
    [
        pytest.param([SENT], [EXPIRED, SENT], SENT, id="what is said of the whole stands while it goes on"),
        pytest.param([SENT], [EXPIRED, DELIVERED], DELIVERED, id="a leg that arrived is ahead of the whole"),
        pytest.param([DELIVERED], [EXPIRED, SEEN], SEEN, id="seen on a leg is seen"),
        pytest.param([], [EXPIRED, SENT], SENT, id="an open leg keeps the cascade open"),
        pytest.param([], [EXPIRED, UNDELIVERED], EXPIRED, id="all legs ended badly: the strongest bad end"),
        pytest.param([EXPIRED], [EXPIRED], EXPIRED, id="the whole ended badly"),
        pytest.param([], [], UNKNOWN, id="nothing heard"),
    ],
)
def test_a_cascade_is_the_whole_and_its_legs(whole, legs, stands):
    assert status_of_cascade(evidence(*whole), [evidence(leg) for leg in legs]) is stands


@pytest.mark.parametrize("status", list(DeliveryStatus))
def test_a_status_is_open_a_bad_end_or_a_success_and_only_ends_are_final(status):
    assert status.is_final == (status.is_bad_end or status.is_success)
    assert not (status.is_bad_end and status.is_success)
