"""Sessions with people: which are open, what they are about to run out of, and what the next message would do."""

from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict

from api.answers.sessions import ConversationAnswer
from api.endpoints.sessions import Page as Which
from api.endpoints.sessions import SessionsParameters, get_conversation, get_sessions
from api.page.address import checked
from api.page.atlas import SESSIONS
from api.page.frame import Frame, Framed
from api.people import Person
from api.texts import Text

router = APIRouter()


class Asked(BaseModel):
    """A conversation, by both of its sides."""

    model_config = ConfigDict(frozen=True)

    sender: Text
    recipient: Person


@router.get("/sessions")
async def show_sessions(frame: Framed) -> Response:
    """The sessions of a period, the newest first; and one conversation, when both its sides are named."""
    return await frame.show(SESSIONS, "sessions.html", lambda: _facts(frame))


async def _facts(frame: Frame) -> dict[str, Any]:
    asked = frame.asked(SessionsParameters, without=["recipient"])
    return {
        "answer": await get_sessions(frame.parts, frame.caller, asked),
        "talk": await _conversation(frame),
    }


async def _conversation(frame: Frame) -> ConversationAnswer | None:
    if not frame.one("recipient"):
        return None
    asked = checked(Asked, {"sender": frame.one("sender"), "recipient": frame.one("recipient")})
    return await get_conversation(frame.parts, frame.caller, asked.sender, asked.recipient, Which(limit=20))
