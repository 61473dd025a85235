"""Exports: ordered, watched while they are made, fetched, removed."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import FileResponse, Response

from analytics.exports.columns import TABLES, What
from analytics.exports.order import Format, Split
from api.admission.keys import Scope
from api.endpoints.exports import ExportsParameters, add_export, get_export_file, get_exports, remove_export
from api.page.address import checked, moment_in
from api.page.atlas import EXPORTS
from api.page.forms import form_of, then
from api.page.frame import Frame, Framed
from api.questions.exporting import ExportOrdered

router = APIRouter()

SHOWN = 50
ORDERED = ("what", "format", "split", "provider", "channel", "country", "campaign", "sender", "status")
"""Fields of the form that are members of an order as they are."""

Id = Annotated[str, Path(max_length=64)]


@router.get("/exports")
async def show_exports(frame: Framed) -> Response:
    """The exports that there are, and the form for another."""
    frame.require(Scope.EXPORT)
    return await frame.show(EXPORTS, "exports.html", lambda: _facts(frame))


@router.post("/exports")
async def order(frame: Framed, request: Request) -> Response:
    """Orders what the form says."""
    form = await form_of(request)
    given: dict[str, object] = {name: form[name] for name in ORDERED if name in form}
    given |= {end: moment_in(form[end], end, frame.zone) for end in ("from", "to") if end in form}
    said = checked(ExportOrdered, given, "body")
    # The answer of the API names the export in its headers; ours leads back to the list, where it is the newest.
    await add_export(frame.parts, frame.require(Scope.EXPORT), said, Response())
    return then(form)


@router.post("/exports/{id}/remove")
async def remove(frame: Framed, request: Request, id: Id) -> Response:  # noqa: A002  # the name in the path
    """Cancels one that is not done, and removes another with its files."""
    form = await form_of(request)
    await remove_export(frame.parts, frame.require(Scope.EXPORT), id)
    return then(form)


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
