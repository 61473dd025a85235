"""Dead letters: what could not be understood and why, its bytes, and trying it again."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response

from api.admission.keys import Scope
from api.endpoints.dead_letters import get_dead_letter_counts, get_dead_letters, retry_dead_letter
from api.page.address import checked
from api.page.atlas import DEAD_LETTERS
from api.page.forms import form_of, own_path, then
from api.page.frame import Content, Frame, Framed
from api.page.view import rendered
from api.questions.dead_letters import LETTER_ID, How, LettersFilter, LettersParameters

router = APIRouter()

LIST_ONLY = ("bytes", "retried", "cursor", "limit")
"""Members of the list that counts do not have."""


@router.get("/dead-letters")
async def show_dead_letters(frame: Framed) -> Response:
    """By reason, and one by one."""
    if not frame.one("bytes"):
        return await frame.show(DEAD_LETTERS, "dead_letters.html", lambda: _facts(frame))
    # Each look at the bytes is written down, so it is neither shared nor repeated by itself.
    content = await frame.content("dead_letters.html", lambda: _facts(frame))
    return frame.framed(DEAD_LETTERS, content, is_live=False)


@router.post("/dead-letters/{id}/retry")
async def retry(
    frame: Framed, request: Request, letter_id: Annotated[str, Path(alias="id", pattern=LETTER_ID)]
) -> Response:
    """Tries one letter again, or says what would come of it."""
    form = await form_of(request)
    how = checked(How, {"dry_run": "dry_run" in form}, "body")
    answer = await retry_dead_letter(frame.parts, frame.require(Scope.REPLAY), how, Response(), letter_id)
    if not how.dry_run:
        return then(form)
    html = rendered("rehearsal.html", frame.zone, answer=answer, back=own_path(form.get("then", DEAD_LETTERS.path)))
    return frame.framed(DEAD_LETTERS, Content(200, html), is_live=False)


async def _facts(frame: Frame) -> dict[str, Any]:
    parts, caller = frame.parts, frame.caller
    return {
        "answer": await get_dead_letters(parts, caller, frame.asked(LettersParameters)),
        "counts": (await get_dead_letter_counts(parts, caller, frame.asked(LettersFilter, without=LIST_ONLY))).counts,
        "may_retry": frame.may(Scope.REPLAY),
    }
