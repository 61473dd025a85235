"""The work that all streams are given: the status of an attempt is the highest reported, and a report counts once.

What is remembered of an attempt is the rank of its status and eight bytes of each report. This is the least that the
track stage does; legs, parts, registrations, conflicts and times are left out. Runs in the peers' environment.
"""

import msgspec

from contracts.status import ORDER, RANKS, DeliveryStatus

ID_BYTES = 8


class Report(msgspec.Struct, gc=False):
    """Of a report, what decides."""

    event_id: str
    status: DeliveryStatus


class Update(msgspec.Struct, gc=False, omit_defaults=True):
    """What is told of it, with the report as it came."""

    verdict: str
    status: DeliveryStatus
    report: msgspec.Raw
    previous_status: DeliveryStatus | None = None


_read = msgspec.json.Decoder(Report).decode
_write = msgspec.json.Encoder().encode


def advance(state: bytes | None, value: bytes) -> tuple[bytes | None, bytes]:
    """What is remembered from now on, null where nothing changes, and the update."""
    report = _read(value)
    event, rank = bytes.fromhex(report.event_id[: 2 * ID_BYTES]), RANKS[report.status]
    before = None if state is None else state[0]
    told = None if before is None else ORDER[before]
    if state is not None and event in [state[at : at + ID_BYTES] for at in range(1, len(state), ID_BYTES)]:
        return None, _write(Update("repeated", ORDER[state[0]], msgspec.Raw(value), told))
    is_higher = before is None or rank > before
    after = rank if before is None else max(rank, before)
    update = Update("applied" if is_higher else "outranked", ORDER[after], msgspec.Raw(value), told)
    return bytes((after,)) + (state or b"\0")[1:] + event, _write(update)
