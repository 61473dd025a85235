"""What people send from the pages: only from our own, never long, and to where they were, told what came of it."""

from collections.abc import Awaitable, Mapping
from urllib.parse import parse_qs

from fastapi import Request
from fastapi.responses import RedirectResponse
from starlette.datastructures import Headers

from api.page.notices import Notice, leave
from api.problems import CROSS_SITE, Refused
from contracts.errors import TidingsError

LIMIT = 16_384


async def form_of(request: Request) -> dict[str, str]:
    """What was filled in, without what was left empty; raises the problem that another site has sent it."""
    require_same_site(request.headers)
    form = parse_qs((await request.body())[:LIMIT].decode("utf-8", "replace"))
    return {name: texts[0].strip() for name, texts in form.items() if texts[0].strip()}


def require_same_site(headers: Headers) -> None:
    """Raises when a browser says that another site has sent the form: SameSite does not stop a sign-in."""
    site = headers.get("sec-fetch-site")
    if site and site not in {"same-origin", "none"}:
        raise Refused(CROSS_SITE)
    origin = headers.get("origin")
    if not site and origin and origin.partition("://")[2] != headers.get("host"):
        raise Refused(CROSS_SITE)


def then(form: Mapping[str, str], notice: Notice | None = None) -> RedirectResponse:
    """On to the page that the form names, which is one of ours, and tells `notice`."""
    return onwards(own_path(form.get("then", "/")), notice)


def onwards(address: str, notice: Notice | None = None) -> RedirectResponse:
    """On to a page of ours, which tells `notice`."""
    answer = RedirectResponse(address, 303)
    if notice is not None:
        leave(answer, notice, address)
    return answer


async def told(deed: Awaitable[Notice]) -> Notice:
    """What `deed` says of itself, or what kept it from being done."""
    try:
        return await deed
    except TidingsError as exc:
        return Notice.of(exc)


def own_path(text: str) -> str:
    """`text` when it is a path here; the first page when it leads anywhere else."""
    # Browsers read a backslash as a slash, and two of them as the beginning of a host.
    is_ours = text.startswith("/") and not text.startswith(("//", "/\\")) and text.isprintable()
    return text if is_ours else "/"
