"""Plans at work: what fell back and why, what waits for a person, what arrived twice, what another plan had done."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response

from analytics.asking.words import Dimension
from api.admission.access import Caller
from api.admission.keys import Scope
from api.endpoints.reports import get_fallbacks_report
from api.endpoints.sends import DoubtsParameters, SendsParameters, get_in_doubt, get_sends, resolve_doubt
from api.page.address import checked
from api.page.atlas import FALLBACKS
from api.page.forms import form_of, then, told
from api.page.frame import Frame, Framed
from api.page.notices import Notice
from api.page.replays import PLAN, Replays, fields, replayed
from api.parts import Parts
from api.questions.reporting import GroupedParameters
from api.submissions.doubts import Resolution

router = APIRouter()

DOUBTS_SHOWN = 100
RESOLVED = {
    "accepted": "Written down: the send was taken. Its message waits for what its provider reports.",
    "not_sent": "Written down: the send was not sent. Its message goes on to its next step.",
}


@router.get("/fallbacks")
async def show_fallbacks(frame: Framed) -> Response:
    """What fell back, what is in doubt, what arrived twice."""
    return await frame.show(FALLBACKS, "fallbacks.html", lambda: _facts(frame))


@router.post("/fallbacks/doubts/{send_id}")
async def resolve(
    frame: Framed, request: Request, send_id: Annotated[str, Path(pattern=r"^[A-Za-z0-9-]{1,100}$")]
) -> Response:
    """Ends a doubt in the name of whoever looks."""
    form, caller = await form_of(request), frame.require(Scope.SEND)
    return then(form, await told(_resolved(frame.parts, caller, send_id, form)))


async def _resolved(parts: Parts, caller: Caller, send_id: str, form: Mapping[str, str]) -> Notice:
    said = checked(Resolution, {name: form[name] for name in ("outcome", "root_id", "note") if name in form}, "body")
    await resolve_doubt(parts, caller, send_id, said)
    return Notice(f"{RESOLVED[said.outcome]} It leaves this list as soon as that is stored.")


async def _facts(frame: Frame) -> dict[str, Any]:
    parts, caller = frame.parts, frame.caller
    asked = frame.asked(GroupedParameters, without=PLAN, group_by=[Dimension.PROVIDER, Dimension.CHANNEL])
    span = {end: moment for end, moment in frame.span().items() if moment}
    found = await replayed(frame)
    return {
        "told": await get_fallbacks_report(parts, caller, asked),
        "sends": await get_sends(parts, caller, checked(SendsParameters, span)),
        "doubts": await get_in_doubt(parts, caller, DoubtsParameters(limit=DOUBTS_SHOWN)),
        "may_resolve": frame.may(Scope.SEND),
        "fields": fields(frame),
        "replayed": found if isinstance(found, Replays) else None,
        "refused": found if isinstance(found, Notice) else None,
    }
