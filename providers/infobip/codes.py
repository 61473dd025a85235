"""What a status and an error of Infobip mean together. The group decides the status, the id explains it."""

from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from contracts.errors import PayloadInvalid
from contracts.status import DeliveryStatus
from contracts.vocabulary import Reason
from providers._kit.codes import Code, load_codes
from providers._kit.facts import StatusFact
from providers._kit.reading import as_int, as_text
from providers.infobip.payloads import ErrorPayload, StatusPayload, Word

CODES = load_codes("providers.infobip")
"""Scales are `status:<group>` and `error:<group>`: an id alone is not unique. Status 87 means one thing in group 4 and
another in group 5; error 4102 is listed in two groups."""

GROUPS = MappingProxyType(
    {
        0: DeliveryStatus.ACCEPTED,
        1: DeliveryStatus.QUEUED,
        2: DeliveryStatus.UNDELIVERED,
        3: DeliveryStatus.DELIVERED,
        4: DeliveryStatus.EXPIRED,
        5: DeliveryStatus.REJECTED,
    }
)
"""What a group says of an id that is not in the table."""

_OPENAPI = "Infobip's OpenAPI description of the Viber API, version 3.210.0"

_GROUP_NAMES = MappingProxyType(
    {"ACCEPTED": 0, "OK": 0, "PENDING": 1, "UNDELIVERABLE": 2, "DELIVERED": 3, "EXPIRED": 4, "REJECTED": 5}
)

# A provider may send an id before it documents it. That the message did not arrive is certain then, why is not: a
# refusal may be an opt-out or a duplicate, so only the first two let another channel try.
_MAY_FALL_BACK_UNEXPLAINED = frozenset({DeliveryStatus.UNDELIVERED, DeliveryStatus.EXPIRED})


class _Said(NamedTuple):
    """What a status says."""

    group_id: Word
    group_name: Word
    id: Word
    name: Word


class _Why(NamedTuple):
    """What an error says."""

    group_id: Word
    id: Word


@dataclass(frozen=True, slots=True)
class Ruling:
    """What one report's status and error amount to."""

    status: DeliveryStatus
    provider_code: str
    error_code: str | None
    reason: Reason | None
    may_fall_back: bool
    is_known_code: bool


def rule(status: StatusPayload, error: ErrorPayload | None) -> Ruling:
    """The meaning of a status and its error; raises `PayloadInvalid` when the status says nothing at all."""
    return _ruled(
        _Said(status.group_id, status.group_name, status.id, status.name), error and _Why(error.group_id, error.id)
    )


# All reports of a day hold a few dozen pairs of status and error, and a ruling takes longer than reading the report.
@lru_cache(maxsize=512)
def _ruled(said: _Said, error: _Why | None) -> Ruling:
    group, code = _group_of(said), _code_of(said)
    row = CODES.find(f"status:{group}", code)
    meaning = row.status if row and row.status else GROUPS.get(group, DeliveryStatus.UNKNOWN)
    error_code, error_row = _explained(error) if error else (None, None)
    return Ruling(
        status=meaning,
        provider_code=code,
        error_code=error_code,
        reason=_reason(row, error_row) if meaning.is_bad_end else None,
        may_fall_back=_may_fall_back(meaning, row, error_row),
        is_known_code=row is not None and (error_code is None or error_row is not None),
    )


def deciding_rows(fact: StatusFact) -> list[Code]:
    """What decided `fact`: the row of its status, else the rule for its group or kind; then the row of its error."""
    known = (row for row in CODES.rows if row.code == fact.provider_code and row.status is fact.status)
    by_status = next(known, None) or _RULES.get(fact.status)
    by_error = _ANY_GROUP.get(fact.error_code or "")
    return [row for row in (by_status, by_error) if row]


def _group_of(said: _Said) -> int:
    """The group by its number, else by its name; -1 when neither is known."""
    number = as_int(said.group_id)
    if number is not None:
        return number
    return _GROUP_NAMES.get((as_text(said.group_name) or "").upper(), -1)


def _code_of(said: _Said) -> str:
    """The id, else the nearest thing to one that the report has."""
    code = next(
        (code for member in (said.id, said.name, said.group_name, said.group_id) if (code := _code(member))), None
    )
    if code is None:
        raise PayloadInvalid("status has neither an id, a name nor a group")
    return code


def _code(member: int | str | None) -> str | None:
    """An id as text, the same for 5, "5" and "5.0"."""
    number = as_int(member)
    return as_text(member) if number is None else str(number)


def _explained(error: _Why) -> tuple[str | None, Code | None]:
    """The error's code and its row; no code for "no error", whose id is 0."""
    group_id, code = error.group_id, _code(error.id)
    if code is None or code == "0":
        return None, None
    return code, CODES.find(f"error:{_code(group_id)}", code) or _ANY_GROUP.get(code)


def _reason(row: Code | None, error_row: Code | None) -> Reason | None:
    return (error_row.reason if error_row else None) or (row.reason if row else None)


def _may_fall_back(status: DeliveryStatus, row: Code | None, error_row: Code | None) -> bool:
    """Whether neither the status nor the error forbids another channel."""
    by_status = row.may_fall_back if row else status in _MAY_FALL_BACK_UNEXPLAINED
    return by_status and (error_row is None or error_row.may_fall_back)


# Groups of errors are renamed and moved between the lists of the channels; the ids stay. 4102, which stands in two,
# means the same in both.
_ANY_GROUP = MappingProxyType({row.code: row for row in CODES.rows if row.scale.startswith("error:")})


def _group_rule(group: int, status: DeliveryStatus) -> Code:
    return Code(
        scale="group",
        code=str(group),
        meaning="The id is in no list, so the group alone decides",
        status=status,
        reason=None,
        is_permanent=None,
        may_fall_back=status in _MAY_FALL_BACK_UNEXPLAINED,
        source=_OPENAPI,
    )


_SEEN_RULE = Code(
    scale="kind",
    code="SEEN",
    meaning="A seen report has no code; that it came says all",
    status=DeliveryStatus.SEEN,
    reason=None,
    is_permanent=None,
    may_fall_back=False,
    source=_OPENAPI,
)
_RULES = MappingProxyType(
    {status: _group_rule(group, status) for group, status in GROUPS.items()} | {DeliveryStatus.SEEN: _SEEN_RULE}
)
