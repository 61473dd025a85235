"""What is known about one attempt: a set of statuses per thing that was reported on, and the status that follows.

A *unit* is the attempt as a whole, a leg of the provider's own cascade, or a part of a long text (of the whole or of a
leg). A message on one channel is a leg that has the attempt's own id, and mostly the only one. All are kept in one
mapping from the unit's key to its evidence; joining is union, so order cannot matter.
"""

from collections.abc import Mapping

from contracts.records import DeliveryReport
from contracts.status import (
    BAD_ENDS,
    LOWEST_END,
    NO_EVIDENCE,
    SUCCESSES,
    DeliveryStatus,
    Evidence,
    evidence,
    is_conflict,
    status_of,
    status_of_cascade,
    status_of_parts,
)
from contracts.vocabulary import Scope

WHOLE = ""
ITSELF = "\x1d"
"""The leg whose id is the attempt's: a message on one channel, or the first of a cascade that has no id of its own."""
OVERFLOW = "\x1e"
"""Where units beyond the limit go, all as one leg."""
MOST_UNITS = 100
"""A provider that gives every message the same root id must not make one state without end."""

_PART = "\x1f"
_ALWAYS_KEPT = frozenset({WHOLE, ITSELF})
_BAD = evidence(*BAD_ENDS)
_SUCCESS = evidence(*SUCCESSES)

Units = Mapping[str, Evidence]


def unit_of(report: DeliveryReport, known: Units) -> str:
    """The key of what `report` is about."""
    if report.scope is Scope.TRANSACTION:
        unit = WHOLE
    else:
        unit = ITSELF if report.provider_message_id == report.root_id else report.provider_message_id
    if report.part is not None:
        unit = f"{unit}{_PART}{report.part}"
    return unit if unit in known or unit in _ALWAYS_KEPT or len(known) < MOST_UNITS else OVERFLOW


def leg_of(unit: str) -> str:
    """The leg that a unit is or belongs to; the whole is a leg without a name."""
    return unit.partition(_PART)[0]


def standing(units: Units, parts_counts: Mapping[str, int]) -> DeliveryStatus:
    """The status of the attempt."""
    if len(units) == 1 and not _ALWAYS_KEPT.isdisjoint(units):
        (known,) = units.values()
        return status_of(known)
    if any(_PART in unit for unit in units):
        legs = {leg: evidence(_of_leg(leg, units, parts_counts)) for leg in dict.fromkeys(map(leg_of, units))}
    else:
        legs = dict(units)
    return status_of_cascade(legs.pop(WHOLE, NO_EVIDENCE), legs.values())


def _of_leg(leg: str, units: Units, parts_counts: Mapping[str, int]) -> DeliveryStatus:
    """The higher of what is said of the leg itself and what follows from its parts."""
    own = units.get(leg)
    parts = [known for unit, known in units.items() if unit.startswith(leg + _PART)]
    statuses = [] if own is None else [status_of(own)]
    if parts:
        statuses.append(status_of_parts(parts, parts_counts.get(leg, 1)))
    return max(statuses, key=lambda status: status.rank)


def have_ended(units: Units) -> bool:
    """Whether there are units and each has a final status."""
    return bool(units) and min(units.values()) >= LOWEST_END


def contradicts(units: Units) -> bool:
    """Whether finals contradict each other: about one unit, or a bad end of the whole beside a leg that arrived.

    Legs of a cascade may end differently; that is what a cascade is for.
    """
    if any(map(is_conflict, units.values())):
        return True
    if len(units) < 2:
        return False
    whole = units.get(WHOLE, NO_EVIDENCE)
    return bool(whole & _BAD) and any(known & _SUCCESS for unit, known in units.items() if leg_of(unit) != WHOLE)
