"""What stands around every page, and who looks at it."""

import asyncio
import gzip
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, Response
from markupsafe import Markup

from api.admission.access import Caller, signed_in
from api.admission.keys import Scope
from api.page.address import PERIODS, Address, refused_member
from api.page.atlas import PAGES, Page
from api.page.desk import Desk
from api.page.notices import forget, left_for
from api.page.view import THEME_COOKIE, THEMES, render, rendered
from api.parts import Parts, Provided
from api.problems import KEY_MISSING, Refused
from api.questions.measuring import is_zone
from api.refusals import refusal_of
from contracts.conversations import NearLimit
from contracts.errors import TidingsError
from contracts.status import DeliveryStatus
from contracts.vocabulary import Channel, DeadLetterKind, Reason

PART = "tidings-part"
"""The header by which the script asks for the changing part of a page alone."""


GZIP_LEVEL = 4
T = TypeVar("T")
WAIT_S, LOOK_EVERY_S = 2.0, 0.05
"""How long a question for the changing part waits for something new, which is less than a stop of the process takes."""


@dataclass(frozen=True)
class Content:
    """The changing part of a page."""

    status: int
    html: str

    @cached_property
    def tag(self) -> str:
        """What a browser that shows it calls it by."""
        return f'W/"{blake2b(self.html.encode(), digest_size=12).hexdigest()}"'

    @cached_property
    def zipped(self) -> bytes:
        """For the way to the browser. It has nothing that another site could guess at by what its own words in it do to
        the size: our cookie comes with no question of another site.
        """
        return gzip.compress(self.html.encode(), GZIP_LEVEL)


class SignInFirst(Refused):
    """A page was asked for by someone who has not signed in."""

    def __init__(self) -> None:
        super().__init__(KEY_MISSING, "Sign in first.")


@dataclass(frozen=True)
class Frame(Address):
    """One look at one page."""

    request: Request
    caller: Caller
    parts: Parts

    def require(self, scope: Scope) -> Caller:
        """Who looks, when their key may do this; raises the problem that says what it lacks."""
        self.caller.require([scope])
        return self.caller

    def may(self, scope: str) -> bool:
        return bool({scope, Scope.ADMIN} & self.caller.scopes)

    async def show(self, page: Page, template: str, ask: Callable[[], Awaitable[dict[str, Any]]]) -> Response:
        """The page, or its changing part when that is asked for; what goes wrong is told in its place."""
        content = await self._look(page, template, ask)
        if page.is_told and (seen := self.request.headers.get("if-none-match")):
            deadline = time.monotonic() + WAIT_S
            while content.tag == seen and time.monotonic() < deadline:
                self.parts.store.hurry()
                await asyncio.sleep(LOOK_EVERY_S)
                content = await self._look(page, template, ask)
        return self.framed(page, content)

    async def _look(self, page: Page, template: str, ask: Callable[[], Awaitable[dict[str, Any]]]) -> Content:
        """As it is now, or was a moment ago for somebody who may see the same."""
        name = (template, self.caller.accounts, self.caller.scopes, self.address)
        mark = self.parts.store.batch_count if page.is_told else None
        desk: Desk[Content] = self.request.app.state.desk
        return await desk.get(name, lambda: self.content(template, ask), every_s=page.every_s, mark=mark)

    async def kept(self, name: str, make: Callable[[], Awaitable[T]], *, every_s: float) -> T:
        """Of a page what changes less often than the rest of it, and takes longer; it is waited for but once."""
        desk: Desk[T] = self.request.app.state.desk
        return await desk.last((name, self.caller.accounts, self.address), make, every_s=every_s)

    async def content(self, template: str, ask: Callable[[], Awaitable[dict[str, Any]]]) -> Content:
        """The changing part alone."""
        try:
            if not is_zone(self.one("time_zone", "UTC")):
                raise refused_member("time_zone", "write an IANA time zone, such as Europe/London")
            facts = await ask()
        except TidingsError as exc:
            refused = refusal_of(exc)
            return Content(
                refused.kind.status, rendered("trouble.html", self.zone, frame=self, problem=refused.problem())
            )
        return Content(200, rendered(template, self.zone, frame=self, **facts))

    def framed(self, page: Page, content: Content, *, is_live: bool = True) -> Response:
        """`content` with everything around it; as it is for the script, which shows it whatever its status."""
        if PART in self.request.headers:
            return self._part(content)
        notice = left_for(self.request)
        answer = render(
            "frame.html",
            status=content.status,
            zone=self.zone,
            frame=self,
            page=page,
            content=Markup(content.html),  # noqa: S704  # made by our own templates, which escape
            is_live=is_live,
            notice=notice,
            pages=PAGES,
            periods=PERIODS,
            choices=self._choices(),
            themes=THEMES,
            theme=theme if (theme := self.request.cookies.get(THEME_COOKIE)) in THEMES else "",
        )
        if notice is not None:
            forget(answer)
        return answer

    def _part(self, content: Content) -> Response:
        """`content` alone; only its name for whoever has it already."""
        asked, headers = self.request.headers, {"ETag": content.tag, "Vary": "Accept-Encoding"}
        if asked.get("if-none-match") == content.tag:
            return Response(status_code=304, headers=headers)
        if "gzip" in asked.get("accept-encoding", ""):
            return HTMLResponse(content.zipped, headers=headers | {"Content-Encoding": "gzip"})
        return HTMLResponse(content.html, headers=headers)

    def _choices(self) -> dict[str, list[str]]:
        """What can be picked for a filter, where that is known."""
        own = [one for one in self.parts.settings.connections if self.caller.may_see(one.account)]
        return {
            "provider": sorted({one.provider for one in own}),
            "connection": sorted({one.name for one in own}),
            "account": sorted({one.account for one in own}),
            "channel": [one.value for one in Channel],
            "status": [one.value for one in DeliveryStatus],
            "reason": [one.value for one in Reason],
            "open": ["true", "false"],
            "kind": [one.value for one in DeadLetterKind],
            "near": [one.value for one in NearLimit],
        }


async def frame_of(request: Request, parts: Provided) -> Frame:
    """The frame around what a signed-in visitor looks at; raises `SignInFirst`."""
    caller = signed_in(request, parts)
    if caller is None:
        raise SignInFirst
    given: dict[str, list[str]] = {}
    for name, text in request.query_params.multi_items():
        if text.strip():
            given.setdefault(name, []).append(text.strip())
    members = {name: tuple(texts) for name, texts in given.items()}
    return Frame(request.url.path, members, parts.clock.now(), request=request, caller=caller, parts=parts)


Framed = Annotated[Frame, Depends(frame_of)]
