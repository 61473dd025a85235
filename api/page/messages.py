"""Messages: found by filters, by recipient or by any id; and the life of one."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import RedirectResponse, Response

from api.admission.auditing import Deed, audit
from api.endpoints.messages import get_messages
from api.page.atlas import MESSAGES
from api.page.frame import Frame, Framed
from api.page.picture import picture
from api.questions.listing import MessagesParameters
from api.timelines import tell

router = APIRouter()

LONG_AGO = "30d"
"""How far back an id is looked for."""


@router.get("/messages")
async def show_messages(frame: Framed) -> Response:
    """Attempts by filters, newest first."""
    return await frame.show(MESSAGES, "messages.html", lambda: _list(frame))


@router.get("/find")
async def find_message(frame: Framed, id: Annotated[str, Query(max_length=200)] = "") -> Response:  # noqa: A002  # the form's name
    """Where the search form leads: to the message of that id, or to those of that number, or of that other id."""
    wanted = id.strip()
    if not wanted:
        return RedirectResponse(frame.only_zone("/messages"), 303)
    try:
        return RedirectResponse(frame.only_zone(f"/messages/{UUID(wanted)}"), 303)
    except ValueError:
        member = "recipient" if wanted.startswith("+") else "provider_message_id"
        return RedirectResponse(frame.only_zone("/messages", **{"period": LONG_AGO, member: wanted}), 303)


@router.get("/messages/{id}")
async def show_message(id: UUID, frame: Framed, evidence: bool = False) -> Response:  # noqa: A002, FBT001, FBT002  # names and flags of the address
    """The life of one message."""
    if not evidence:
        return await frame.show(MESSAGES, "message.html", lambda: _life(frame, str(id), with_evidence=False))
    await audit(frame.parts, frame.caller, Deed.EVIDENCE_SHOWN, message=str(id))
    # Each look at the evidence is written down, so it is neither shared nor repeated by itself.
    content = await frame.content("message.html", lambda: _life(frame, str(id), with_evidence=True))
    return frame.framed(MESSAGES, content, is_live=False)


async def _list(frame: Frame) -> dict[str, Any]:
    return {"answer": await get_messages(frame.parts, frame.caller, frame.asked(MessagesParameters))}


async def _life(frame: Frame, message_id: str, *, with_evidence: bool) -> dict[str, Any]:
    told = await tell(frame.parts, frame.caller.accounts, message_id, with_evidence=with_evidence)
    return {"told": told, "asked_for": message_id, "drawn": picture(told)}
