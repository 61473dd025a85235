"""Exports: ordered, watched while they are made, fetched, removed."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import FileResponse, Response

from analytics.exports.columns import TABLES, What
from analytics.exports.order import Format, Split
from api.admission.access import Caller
from api.admission.keys import Scope
from api.endpoints.exports import (
    ExportsParameters,
    add_export,
    get_export,
    get_export_file,
    get_exports,
    remove_export,
)
from api.jobs.book import OPEN
from api.page.address import checked, moment_in
from api.page.atlas import EXPORTS
from api.page.forms import form_of, onwards, then, told
from api.page.frame import Frame, Framed
from api.page.notices import Notice
from api.parts import Parts
from api.questions.exporting import ExportOrdered

router = APIRouter()

SHOWN = 50
ORDERED = ("what", "format", "split", "provider", "channel", "country", "campaign", "sender", "status")
"""Fields of the form that are members of an order as they are."""
ENDS = ("from", "to")
SAME = "There was this export already, of the same state of the store: it stands below."

Id = Annotated[str, Path(max_length=64)]


@router.get("/exports")
async def show_exports(frame: Framed) -> Response:
    """The exports that there are, and the form for another."""
    frame.require(Scope.EXPORT)
    return await frame.show(EXPORTS, "exports.html", lambda: _facts(frame))


@router.post("/exports")
async def order(frame: Framed, request: Request) -> Response:
    """Orders what the form says."""
    form, caller = await form_of(request), frame.require(Scope.EXPORT)
    notice = await told(_ordered(frame, caller, form))
    if notice.is_good:
        return then(form, notice)
    # With what was filled in, so that it need not be filled in again.
    filled_in: dict[str, str | None] = {name: form.get(name) for name in (*ORDERED, *ENDS)}
    return onwards(frame.link(EXPORTS.path, **filled_in), notice)


async def _ordered(frame: Frame, caller: Caller, form: Mapping[str, str]) -> Notice:
    given: dict[str, object] = {name: form[name] for name in ORDERED if name in form}
    given |= {end: moment_in(form[end], end, frame.zone) for end in ENDS if end in form}
    # The answer of the API names the export in its headers; ours leads back to the list, where it is the newest.
    made = await add_export(frame.parts, caller, checked(ExportOrdered, given, "body"), Response())
    return Notice(SAME if made.is_repeat else "Ordered. Its files stand below as soon as they are made.")


@router.post("/exports/{id}/remove")
async def remove(frame: Framed, request: Request, id: Id) -> Response:  # noqa: A002  # the name in the path
    """Cancels one that is not done, and removes another with its files."""
    form, caller = await form_of(request), frame.require(Scope.EXPORT)
    return then(form, await told(_removed(frame.parts, caller, id)))


async def _removed(parts: Parts, caller: Caller, export_id: str) -> Notice:
    was_open = (await get_export(parts, caller, export_id)).state in OPEN
    await remove_export(parts, caller, export_id)
    return Notice("Cancelled. It is listed for a while." if was_open else "Removed, with its files.")


@router.get("/exports/{id}/files/{name}")
async def fetch(frame: Framed, id: Id, name: Annotated[str, Path(max_length=100)]) -> FileResponse:  # noqa: A002  # likewise
    """A file, for whoever has signed in."""
    return await get_export_file(frame.parts, frame.require(Scope.EXPORT), id, name)


async def _facts(frame: Frame) -> dict[str, Any]:
    answer = await get_exports(frame.parts, frame.caller, ExportsParameters(limit=SHOWN))
    return {
        "exports": answer.exports,
        "whats": {what: TABLES[what].meaning for what in What},
        "formats": list(Format),
        "splits": list(Split),
    }
