"""How one signs in and out, and what stays of it in the browser."""

from contextlib import suppress
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response

from api.admission.access import COOKIE, Caller, note_use
from api.admission.keys import Key, KeyEnded
from api.admission.sign_ins import SESSION_LIFE
from api.page.forms import form_of, onwards, own_path, require_same_site, then
from api.page.notices import Notice, forget, left_for
from api.page.view import THEME_COOKIE, THEMES, render, render_kind
from api.parts import Parts, Provided
from api.problems import KINDS, NOT_FOUND, Refused

router = APIRouter()

A_YEAR_S = 365 * 86_400
WRONG_KEY = Notice(
    "This key does not work here. It is mistyped, was revoked, has expired, or may not read.", is_good=False
)
LINK_USED = Notice(
    "This link was used already or is too old; it works once, within minutes. Use a key instead.", is_good=False
)


@router.get("/sign-in")
async def show_sign_in(
    request: Request, wanted: Annotated[str, Query(alias="then", max_length=2000)] = "/"
) -> HTMLResponse:
    """The form that takes a key."""
    notice = left_for(request)
    answer = render("sign_in.html", notice=notice, then=own_path(wanted))
    if notice is not None:
        forget(answer)
    return answer


@router.post("/sign-in")
async def sign_in(request: Request, parts: Provided) -> Response:
    """Open a session for the key in the form."""
    form = await form_of(request)
    key = _key_in(form.get("key", ""), parts)
    if key is None or not Caller.of(key, request).may_read:
        return render("sign_in.html", status=401, notice=WRONG_KEY, then=own_path(form.get("then", "/")))
    await note_use(key, parts)
    return _with_session(then(form, Notice(f"Signed in with the key {key.name}.")), request, parts, key)


@router.get("/sign-in/{link}")
async def sign_in_by_link(request: Request, parts: Provided, link: str) -> Response:
    """Open a session by a link that works once."""
    key = parts.sign_ins.redeem_link(link)
    if key is None:
        return render("sign_in.html", status=401, notice=LINK_USED, then="/")
    await note_use(key, parts)
    return _with_session(render("welcome.html"), request, parts, key)


@router.post("/sign-out")
async def sign_out(request: Request, parts: Provided) -> Response:
    """End the session."""
    require_same_site(request.headers)
    if session := request.cookies.get(COOKIE):
        parts.sign_ins.close(session)
    answer = onwards("/sign-in", Notice("Signed out."))
    answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return answer


@router.post("/appearance")
async def choose_appearance(request: Request) -> Response:
    """Light, dark, or as the system has it."""
    form = await form_of(request)
    answer = then(form)
    theme = form.get("theme", "")
    # Scripts do not need it: the server writes it into the page, so that it never shines up in the wrong colours.
    answer.set_cookie(
        THEME_COOKIE, theme if theme in THEMES else "", max_age=A_YEAR_S, httponly=True, samesite="strict"
    )
    return answer


@router.get("/problems/{slug}")
async def show_kind_of_problem(slug: str) -> HTMLResponse:
    """What a kind of problem means, and what helps."""
    if slug not in KINDS:
        raise Refused(NOT_FOUND, "There is no such kind of problem.")
    return render_kind(KINDS[slug])


def _with_session(answer: Response, request: Request, parts: Parts, key: Key) -> Response:
    answer.set_cookie(
        COOKIE,
        parts.sign_ins.open(key),
        max_age=int(SESSION_LIFE.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return answer


def _key_in(text: str, parts: Parts) -> Key | None:
    with suppress(KeyEnded):
        return parts.ring.find(text, parts.clock.now())
    return None
