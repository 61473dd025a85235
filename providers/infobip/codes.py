"""What a status and an error of Infobip mean together. The group decides the status, the id explains it."""

from dataclasses import dataclass
from types import MappingProxyType

from contracts.errors import PayloadInvalid
from contracts.status import DeliveryStatus
from contracts.vocabulary import Reason
from providers._kit.codes import Code, load_codes
from providers._kit.facts import StatusFact
from providers._kit.reading import as_int, as_text
from providers.infobip.payloads import ErrorPayload, StatusPayload

CODES = load_codes("providers.infobip")
"""Scales are `status:<group>` and `error:<group>`: an id alone is not unique. Status 87 and error 4102 each stand in
two groups with two meanings."""

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

_GROUP_NAMES = MappingProxyType(
    {"ACCEPTED": 0, "OK": 0, "PENDING": 1, "UNDELIVERABLE": 2, "DELIVERED": 3, "EXPIRED": 4, "REJECTED": 5}
)

# A provider may send an id before it documents it. That the message did not arrive is certain then, why is not: a
# refusal may be an opt-out or a duplicate, so only the first two let another channel try.
_MAY_FALL_BACK_UNEXPLAINED = frozenset({DeliveryStatus.UNDELIVERED, DeliveryStatus.EXPIRED})


@dataclass(frozen=True, slots=True)
class Ruling:
    """What one report's status and error amount to."""

    status: DeliveryStatus
    provider_code: str
    error_code: str | None
    reason: Reason | None
    is_permanent: bool | None
    may_fall_back: bool
    is_known_code: bool


def rule(status: StatusPayload, error: ErrorPayload | None) -> Ruling:
    """The meaning of a status and its error; raises `PayloadInvalid` when the status says nothing at all."""
    group, code = _group_of(status), _code_of(status)
    row = CODES.find(f"status:{group}", code)
    meaning = row.status if row and row.status else GROUPS.get(group, DeliveryStatus.UNKNOWN)
    error_code, error_row = _explained(error)
    is_bad_end = meaning.is_bad_end
    return Ruling(
        status=meaning,
        provider_code=code,
        error_code=error_code,
        reason=_reason(row, error_row) if is_bad_end else None,
        is_permanent=as_flag(error.permanent) if error else None,
        may_fall_back=is_bad_end and _may_fall_back(meaning, row, error_row),
        is_known_code=row is not None and (error_code is None or error_row is not None),
    )


def deciding_rows(fact: StatusFact) -> list[Code]:
    """The rows that decided `fact`: of its status, and of its error when it has one."""
    by_status = [
        row
        for row in CODES.rows
        if row.scale.startswith("status:") and (row.code, row.status) == (fact.provider_code, fact.status)
    ]
    error_row = _ANY_GROUP.get(fact.error_code or "")
    return by_status + ([error_row] if error_row else [])


def as_flag(value: object) -> bool | None:
    """True or false, also as text in any case; null for all else."""
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().lower())
    return value if isinstance(value, bool) else None


def _group_of(status: StatusPayload) -> int:
    """The group by its number, else by its name; -1 when neither is known."""
    number = as_int(status.group_id)
    if number is not None:
        return number
    return _GROUP_NAMES.get((as_text(status.group_name) or "").upper(), -1)


def _code_of(status: StatusPayload) -> str:
    """The id as text, the same for 5, "5" and 5.0; the name where there is no id."""
    number = as_int(status.id)
    code = str(number) if number is not None else as_text(status.id) or as_text(status.name)
    code = code or as_text(status.group_name) or as_text(status.group_id)
    if code is None:
        raise PayloadInvalid("status has neither an id, a name nor a group")
    return code


def _explained(error: ErrorPayload | None) -> tuple[str | None, Code | None]:
    """The error's code and its row; no code for "no error", whose id is 0."""
    if error is None:
        return None, None
    number = as_int(error.id)
    code = str(number) if number is not None else as_text(error.id)
    if code is None or code == "0":
        return None, None
    return code, CODES.find(f"error:{as_int(error.group_id)}", code) or _ANY_GROUP.get(code)


def _reason(row: Code | None, error_row: Code | None) -> Reason | None:
    return (error_row.reason if error_row else None) or (row.reason if row else None)


def _may_fall_back(status: DeliveryStatus, row: Code | None, error_row: Code | None) -> bool:
    """Whether neither the status nor the error forbids another channel."""
    by_status = row.may_fall_back if row else status in _MAY_FALL_BACK_UNEXPLAINED
    return by_status and (error_row is None or error_row.may_fall_back)


# Groups of errors are renamed and moved between the lists of the channels; the ids stay. 4102, which stands in two,
# means the same in both.
_ANY_GROUP = MappingProxyType({row.code: row for row in CODES.rows if row.scale.startswith("error:")})
