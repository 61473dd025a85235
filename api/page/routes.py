"""The addresses of the page, and how one signs in."""

from contextlib import suppress
from typing import Annotated
from urllib.parse import parse_qs
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import Headers

from api.access import COOKIE, Caller, note_use, signed_in
from api.auditing import Deed, audit
from api.keys import Key, KeyEnded
from api.page.overview import OverviewDesk
from api.page.view import render, render_kind
from api.parts import Parts, Provided
from api.problems import CROSS_SITE, KEY_MISSING, KINDS, NOT_FOUND, Refused
from api.sessions import SESSION_LIFE
from api.timelines import tell

router = APIRouter()

FORM_LIMIT = 4096
WRONG_KEY = "This key does not work here. It is mistyped, was revoked, has expired, or may not read."
NO_ID = "An id has 32 hexadecimal digits, such as 019aa5a1-0000-7000-8000-000000000001."
LINK_USED = "This link was used already or is too old; it works once, within minutes. Use a key instead."


class SignInFirst(Refused):
    """A page was asked for by someone who has not signed in."""

    def __init__(self) -> None:
        super().__init__(KEY_MISSING, "Sign in first.")


async def reader_of_page(request: Request, parts: Provided) -> Caller:
    """Whoever is signed in; raises `SignInFirst`."""
    caller = signed_in(request, parts)
    if caller is None:
        raise SignInFirst
    return caller


Visitor = Annotated[Caller, Depends(reader_of_page)]


@router.get("/")
async def show_overview(request: Request, parts: Provided) -> Response:
    """Today's numbers, the newest changes, and the proof that nothing is lost."""
    caller = signed_in(request, parts)
    if caller is None:
        return RedirectResponse("/sign-in", 303)
    return await _overview("overview.html", request, caller, parts)


@router.get("/live/overview")
async def show_overview_again(request: Request, caller: Visitor, parts: Provided) -> HTMLResponse:
    """The changing part of the overview."""
    return await _overview("overview_live.html", request, caller, parts)


@router.get("/messages")
async def find_message(_caller: Visitor, id: Annotated[str, Query(max_length=200)] = "") -> Response:  # noqa: A002  # the form's name
    """Where the search form leads."""
    try:
        return RedirectResponse(f"/messages/{UUID(id.strip())}", 303)
    except ValueError as exc:
        raise Refused(NOT_FOUND, NO_ID) from exc


@router.get("/messages/{id}")
async def show_message(id: UUID, caller: Visitor, parts: Provided, evidence: bool = False) -> HTMLResponse:  # noqa: A002, FBT001, FBT002  # names and flags of the address
    """The life of one message."""
    if evidence:
        await audit(parts, caller, Deed.EVIDENCE_SHOWN, message=str(id))
    told = await tell(parts, caller.accounts, str(id), with_evidence=evidence)
    return render("message.html", told=told, asked_for=str(id))


@router.get("/live/messages/{id}")
async def show_message_again(id: UUID, caller: Visitor, parts: Provided) -> HTMLResponse:  # noqa: A002  # the address's name
    """The changing part of a message's page."""
    told = await tell(parts, caller.accounts, str(id), with_evidence=False)
    return render("message_live.html", told=told, asked_for=str(id))


@router.get("/problems/{slug}")
async def show_kind_of_problem(slug: str) -> HTMLResponse:
    """What a kind of problem means, and what helps."""
    if slug not in KINDS:
        raise Refused(NOT_FOUND, "There is no such kind of problem.")
    return render_kind(KINDS[slug])


@router.get("/sign-in")
async def show_sign_in() -> HTMLResponse:
    """The form that takes a key."""
    return render("sign_in.html", error="")


@router.post("/sign-in")
async def sign_in(request: Request, parts: Provided) -> Response:
    """Open a session for the key in the form."""
    _require_same_site(request.headers)
    key = await _key_in_form(request, parts)
    if key is None or not Caller.of(key, request).may_read:
        return render("sign_in.html", status=401, error=WRONG_KEY)
    await note_use(key, parts)
    return _with_session(RedirectResponse("/", 303), request, parts, key)


@router.get("/sign-in/{link}")
async def sign_in_by_link(request: Request, parts: Provided, link: str) -> Response:
    """Open a session by a link that works once."""
    key = parts.sessions.redeem_link(link)
    if key is None:
        return render("sign_in.html", status=401, error=LINK_USED)
    await note_use(key, parts)
    return _with_session(render("welcome.html"), request, parts, key)


@router.post("/sign-out")
async def sign_out(request: Request, parts: Provided) -> Response:
    """End the session."""
    _require_same_site(request.headers)
    if session := request.cookies.get(COOKIE):
        parts.sessions.close(session)
    answer = RedirectResponse("/sign-in", 303)
    answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return answer


def _with_session(answer: Response, request: Request, parts: Parts, key: Key) -> Response:
    answer.set_cookie(
        COOKIE,
        parts.sessions.open(key),
        max_age=int(SESSION_LIFE.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return answer


async def _key_in_form(request: Request, parts: Parts) -> Key | None:
    form = parse_qs((await request.body())[:FORM_LIMIT].decode("utf-8", "replace"))
    with suppress(KeyEnded):
        return parts.ring.find(form.get("key", [""])[0].strip(), parts.clock.now())
    return None


def _require_same_site(headers: Headers) -> None:
    """Raises when a browser says that another site has sent the form: SameSite does not stop a sign-in."""
    site = headers.get("sec-fetch-site")
    if site and site not in {"same-origin", "none"}:
        raise Refused(CROSS_SITE)
    origin = headers.get("origin")
    if not site and origin and origin.partition("://")[2] != headers.get("host"):
        raise Refused(CROSS_SITE)


async def _overview(template: str, request: Request, caller: Caller, parts: Parts) -> HTMLResponse:
    desk: OverviewDesk = request.app.state.desk
    ingest = parts.settings.ingest
    return render(
        template,
        seen=await desk.overview(caller.accounts),
        now=parts.clock.now(),
        callbacks_url=ingest.public_base_url or f"http://{ingest.host}:{ingest.port}",
        connections=[one for one in parts.settings.connections if caller.may_see(one.account)],
    )
