"""Dead letters: what could not be understood and why, its bytes, and trying it again."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from api.admission.access import Caller
from api.admission.keys import Scope
from api.answers.dead_letters import RetryAnswer
from api.endpoints.dead_letters import get_dead_letter_counts, get_dead_letters, retry_dead_letter
from api.page.address import checked
from api.page.atlas import DEAD_LETTERS
from api.page.forms import form_of, then, told
from api.page.frame import Frame, Framed
from api.page.notices import Notice
from api.parts import Parts
from api.questions.dead_letters import LETTER_ID, How, LettersFilter, LettersParameters

router = APIRouter()

REHEARSE = "rehearse"
"""The letter of which it is told what would come of trying it again."""
LIST_ONLY = (REHEARSE, "bytes", "retried", "cursor", "limit")
"""Members of the list that counts do not have."""


class Rehearsed(BaseModel):
    """A letter by its id."""

    model_config = ConfigDict(frozen=True)

    rehearse: Annotated[str, Field(pattern=LETTER_ID)]


@router.get("/dead-letters")
async def show_dead_letters(frame: Framed) -> Response:
    """By reason, and one by one; and what would come of trying one again."""
    if not {"bytes", REHEARSE} & set(frame.members):
        return await frame.show(DEAD_LETTERS, "dead_letters.html", lambda: _facts(frame))
    # Each look at the bytes is written down, and what is rehearsed is read by a person: neither is repeated by itself.
    content = await frame.content("dead_letters.html", lambda: _facts(frame))
    return frame.framed(DEAD_LETTERS, content, is_live=False)


@router.post("/dead-letters/{id}/retry")
async def retry(
    frame: Framed, request: Request, letter_id: Annotated[str, Path(alias="id", pattern=LETTER_ID)]
) -> Response:
    """Tries one letter again."""
    form, caller = await form_of(request), frame.require(Scope.REPLAY)
    return then(form, await told(_tried(frame.parts, caller, letter_id)))


async def _tried(parts: Parts, caller: Caller, letter_id: str) -> Notice:
    answer = await retry_dead_letter(parts, caller, How(), Response(), letter_id)
    if why := next((letter.absent_because for letter in answer.letters if letter.absent_because), None):
        return Notice(f"Not tried again. {why}", is_good=False)
    return Notice("Its callback is on its way through the stages once more. What came of it will stand at the letter.")


async def _facts(frame: Frame) -> dict[str, Any]:
    parts, caller = frame.parts, frame.caller
    return {
        "answer": await get_dead_letters(parts, caller, frame.asked(LettersParameters, without=[REHEARSE])),
        "rehearsed": await _rehearsed(frame),
        "counts": (await get_dead_letter_counts(parts, caller, frame.asked(LettersFilter, without=LIST_ONLY))).counts,
        "may_retry": frame.may(Scope.REPLAY),
    }


async def _rehearsed(frame: Frame) -> RetryAnswer | None:
    if not frame.one(REHEARSE):
        return None
    asked = checked(Rehearsed, {REHEARSE: frame.one(REHEARSE)})
    caller = frame.require(Scope.REPLAY)
    return await retry_dead_letter(frame.parts, caller, How(dry_run=True), Response(), asked.rehearse)
