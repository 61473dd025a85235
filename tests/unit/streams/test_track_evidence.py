"""From all that was reported on an attempt, its legs and its parts to one status."""

import pytest

from contracts.records import DeliveryReport
from contracts.status import DeliveryStatus, evidence
from contracts.vocabulary import Scope
from streams.track.evidence import MOST_UNITS, OVERFLOW, contradicts, leg_of, standing, unit_of
from tests.support.reports import ROOT, report


def units_of(*reports: DeliveryReport) -> dict[str, int]:
    units: dict[str, int] = {}
    for one in reports:
        unit = unit_of(one, units)
        units[unit] = units.get(unit, 0) | evidence(one.status)
    return units


WHOLE = {"scope": Scope.TRANSACTION}


@pytest.mark.parametrize(
    ("reports", "status"),
    [
        pytest.param([report("sent"), report("delivered")], "delivered", id="the higher status stands"),
        pytest.param([report("delivered"), report("sent")], "delivered", id="a late report changes nothing"),
        pytest.param([report("expired"), report("delivered")], "delivered", id="success wins over a bad end"),
        pytest.param([report("sent", of="leg"), report("sent", **WHOLE)], "sent", id="the whole is told with its leg"),
        pytest.param(
            [report("failed", of="viber"), report("queued", **WHOLE)], "queued", id="a leg that failed ends no cascade"
        ),
        pytest.param(
            [report("failed", of="viber"), report("delivered", of="sms")],
            "delivered",
            id="one leg that arrives suffices",
        ),
        pytest.param(
            [report("failed", of="viber"), report("sent", of="sms")], "sent", id="an open leg keeps the attempt open"
        ),
        pytest.param(
            [report("undelivered", of="viber"), report("failed", of="sms")],
            "failed",
            id="all legs ended: the strongest end",
        ),
        pytest.param(
            [report("delivered", **WHOLE), report("seen", of="viber")], "seen", id="a leg may succeed further than told"
        ),
        pytest.param(
            [report("undelivered"), report("sent", of="sms")], "sent", id="the first leg may have the attempt's own id"
        ),
        pytest.param([report("delivered", part="1", parts_count=2)], "sent", id="a part not heard of is not final"),
        pytest.param(
            [report("delivered", part="1", parts_count=2), report("delivered", part="2", parts_count=2)],
            "delivered",
            id="all parts arrived",
        ),
        pytest.param(
            [report("delivered", part="1", parts_count=2), report("failed", part="2", parts_count=2)],
            "failed",
            id="one bad part decides",
        ),
        pytest.param(
            [report("accepted"), report("delivered", part="1", parts_count=2)],
            "sent",
            id="parts say more than the whole",
        ),
        pytest.param(
            [
                report("failed", of="viber"),
                report("delivered", of="sms", part="1", parts_count=2),
                report("delivered", of="sms", part="2", parts_count=2),
            ],
            "delivered",
            id="a leg arrives when its parts do",
        ),
    ],
)
def test_standing(reports, status):
    counts: dict[str, int] = {}
    for one in reports:
        leg = leg_of(unit_of(one, {}))
        counts[leg] = max(counts.get(leg, 1), one.parts_count)

    assert standing(units_of(*reports), counts) is DeliveryStatus(status)


@pytest.mark.parametrize(
    ("reports", "contradict"),
    [
        pytest.param([report("sent"), report("delivered"), report("seen")], False, id="a life without trouble"),
        pytest.param([report("expired"), report("delivered")], True, id="a bad end and a success"),
        pytest.param([report("expired"), report("failed")], True, id="two bad ends"),
        pytest.param(
            [report("failed", of="viber"), report("delivered", of="sms")], False, id="legs may end differently"
        ),
        pytest.param(
            [report("failed"), report("delivered", of="sms")], False, id="the first leg may have the attempt's own id"
        ),
        pytest.param(
            [report("failed", of="viber"), report("delivered", of="viber")], True, id="one leg may not end twice"
        ),
        pytest.param(
            [report("failed", **WHOLE), report("delivered", of="sms")],
            True,
            id="a failed whole with a leg that arrived",
        ),
        pytest.param(
            [report("delivered", part="1"), report("failed", part="2")], False, id="parts may end differently"
        ),
        pytest.param([report("failed"), report("delivered", part="1")], False, id="a part may arrive of what failed"),
        pytest.param(
            [report("delivered", part="1"), report("failed", part="1")], True, id="one part may not end twice"
        ),
    ],
)
def test_contradictions(reports, contradict):
    assert contradicts(units_of(*reports)) is contradict


def test_a_transaction_is_about_the_whole_whatever_its_id():
    assert unit_of(report("sent", of="another", **WHOLE), {}) == unit_of(report("sent", of=ROOT, **WHOLE), {})


def test_a_root_id_that_everything_shares_makes_no_endless_state():
    units = units_of(*[report("sent", of=f"leg-{number}") for number in range(MOST_UNITS + 50)])

    assert len(units) == MOST_UNITS + 1
    assert OVERFLOW in units
    assert unit_of(report("sent", of="leg-1"), units) == "leg-1"
