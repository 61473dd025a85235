"""What stands around every page, and who looks at it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, Response
from markupsafe import Markup

from api.access import Caller, signed_in
from api.keys import Scope
from api.measuring import is_zone
from api.page.address import PERIODS, Address, refused_member
from api.page.atlas import PAGES, Page
from api.page.desk import Desk
from api.page.view import THEME_COOKIE, THEMES, render, rendered
from api.parts import Parts, Provided
from api.problems import KEY_MISSING, Refused
from api.refusals import refusal_of
from contracts.conversations import NearLimit
from contracts.errors import TidingsError
from contracts.status import DeliveryStatus
from contracts.vocabulary import Channel, DeadLetterKind, Reason

PART = "tidings-part"
"""The header by which the script asks for the changing part of a page alone."""


class Content(NamedTuple):
    """The changing part of a page."""

    status: int
    html: str


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
        name = (template, self.caller.accounts, self.caller.scopes, self.address)
        desk: Desk[Content] = self.request.app.state.desk
        return self.framed(page, await desk.get(name, lambda: self.content(template, ask), every_s=page.every_s))

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
            return HTMLResponse(content.html)
        return render(
            "frame.html",
            status=content.status,
            zone=self.zone,
            frame=self,
            page=page,
            content=Markup(content.html),  # noqa: S704  # made by our own templates, which escape
            is_live=is_live,
            pages=PAGES,
            periods=PERIODS,
            choices=self._choices(),
            themes=THEMES,
            theme=theme if (theme := self.request.cookies.get(THEME_COOKIE)) in THEMES else "",
        )

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
