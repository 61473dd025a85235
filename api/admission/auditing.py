"""What a request does that has to be answered for later, written down before it is done."""

import asyncio
from datetime import datetime

import msgspec
import structlog

from api.admission.access import Caller
from api.admission.audit_log import Deed, Doer
from api.parts import Parts

__all__ = ["Deed", "audit"]

log = structlog.get_logger()


async def audit(parts: Parts, caller: Caller, deed: Deed, **details: str | int | bool | None) -> None:
    """Write down that `caller` is about to do this; call it before it is done, with what it is done to.

    `await audit(parts, caller, Deed.EXPORT_ASKED, export=export_id, format="parquet")`. Details are words, counts and
    ids, never a number of a person. Raises `AuditUnavailable`, which is answered with 503.
    """
    doer = Doer(caller.key_id, caller.name, caller.address)
    record = await asyncio.to_thread(parts.audit.write, doer, deed, details)
    told = msgspec.to_builtins(record, builtin_types=(datetime,))
    log.info("audit", **{name: value for name, value in told.items() if name != "at"})
