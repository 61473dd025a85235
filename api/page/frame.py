"""What stands around every page: who looks, the span of time, the zone, the filters, and the links that keep them."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from functools import cached_property
from typing import Annotated, Any, NamedTuple, TypeVar
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, Response
from markupsafe import Markup
from pydantic import BaseModel, ValidationError

from api.access import Caller, signed_in
from api.keys import Scope
from api.measuring import is_zone
from api.page.atlas import MESSAGES, PAGES, Page
from api.page.desk import Desk
from api.page.view import THEME_COOKIE, THEMES, render, rendered
from api.parts import Parts, Provided
from api.problems import INVALID, KEY_MISSING, FieldError, Refused
from api.refusals import field_errors, refusal_of
from api.spans import Place
from contracts.conversations import NearLimit
from contracts.errors import TidingsError
from contracts.status import DeliveryStatus
from contracts.vocabulary import Channel, Reason

PART = "tidings-part"
"""The header by which the script asks for the changing part of a page alone."""
PERIODS = {
    "1h": ("last hour", timedelta(hours=1)),
    "6h": ("last 6 hours", timedelta(hours=6)),
    "24h": ("last 24 hours", timedelta(days=1)),
    "7d": ("last 7 days", timedelta(days=7)),
    "30d": ("last 30 days", timedelta(days=30)),
}
USUAL_PERIOD = "24h"
OWN = ("period", "time_zone")
"""What only the pages have in their addresses; the rest is in the words of the API."""

Asked = TypeVar("Asked", bound=BaseModel)


class Content(NamedTuple):
    """The changing part of a page."""

    status: int
    html: str


class SignInFirst(Refused):
    """A page was asked for by someone who has not signed in."""

    def __init__(self) -> None:
        super().__init__(KEY_MISSING, "Sign in first.")


@dataclass(frozen=True)
class Frame:
    """One look at one page."""

    request: Request
    caller: Caller
    parts: Parts
    members: Mapping[str, tuple[str, ...]]
    """What the address asks, without what was left empty."""

    @property
    def now(self) -> datetime:
        return self.parts.clock.now()

    @cached_property
    def zone(self) -> ZoneInfo:
        """The time zone in which times are shown; UTC when there is none of that name, which the content tells."""
        return ZoneInfo(name if is_zone(name := self.one("time_zone", "UTC")) else "UTC")

    @property
    def address(self) -> str:
        """Of this look, to come back to."""
        return self.link(self.request.url.path)

    @property
    def path(self) -> str:
        return self.request.url.path

    def one(self, member: str, usual: str = "") -> str:
        return self.members.get(member, (usual,))[0]

    def link(self, path: str, **changed: str | None) -> str:
        """This look at another path or with other members; null takes one away."""
        kept = {name: texts for name, texts in self.members.items() if name not in changed}
        new = {name: (text,) for name, text in changed.items() if text is not None}
        query = urlencode([(name, text) for name, texts in (kept | new).items() for text in texts])
        return f"{path}?{query}" if query else path

    def link_to(self, page: Page) -> str:
        """Another page, with those members of this one that it has too."""
        dropped = dict.fromkeys(set(self.members) - set(page.shared))
        return self.link(page.path, **dropped)

    def only_zone(self, path: str, **added: str) -> str:
        """Another path with nothing of this look but its zone, and what is added."""
        return self.link(path, **{**dict.fromkeys(set(self.members) - {"time_zone"}), **added})

    def without(self, members: tuple[str, ...]) -> str:
        """This look without these members."""
        return self.link(self.path, **dict.fromkeys(members))

    @property
    def is_narrowed(self) -> bool:
        """Whether the address narrows by something that messages have."""
        return bool(set(MESSAGES.filters) & set(self.members))

    @property
    def period(self) -> str:
        """The name of the span; empty for one that is given by its ends."""
        named = not {"from", "to"} & set(self.members)
        return self.one("period", USUAL_PERIOD) if named else ""

    def span(self) -> dict[str, datetime | None]:
        """The ends of the span that is asked about; raises the problem that says what cannot be read."""
        if not self.period:
            return {name: moment_in(self.one(name), name, self.zone) for name in ("from", "to")}
        if self.period not in PERIODS:
            raise refused_member("period", f"there are {', '.join(PERIODS)}")
        return {"from": self.now - PERIODS[self.period][1], "to": None}

    def asked(self, model: type[Asked], *, without: Collection[str] = (), **fixed: object) -> Asked:
        """The API's own question from this address; raises the problem that names what breaks its rules."""
        left_out = {*OWN, *without, "from", "to"}
        plain = {name: _value(texts) for name, texts in self.members.items() if name not in left_out}
        span = {name: moment for name, moment in self.span().items() if moment}
        return checked(model, plain | span | fixed)

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
        return self.framed(page, await desk.get(name, lambda: self.content(template, ask)))

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
            "near": [one.value for one in NearLimit],
        }


def checked(model: type[Asked], given: Mapping[str, object], place: Place = "query") -> Asked:
    """`given` as the API would read it; raises the problem that names what breaks its rules."""
    try:
        return model.model_validate(given)
    except ValidationError as exc:
        errors = [{**error, "loc": (place, *error["loc"])} for error in exc.errors()]
        raise Refused(INVALID, errors=field_errors(errors)) from exc


def moment_in(text: str, member: str, zone: tzinfo) -> datetime | None:
    """The moment that was filled in, in `zone` unless it says its offset; raises the problem that it cannot be read."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as exc:
        raise refused_member(member, "write it like 2026-11-21T09:30, or in ISO 8601 with its zone") from exc
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def refused_member(member: str, detail: str) -> Refused:
    error = FieldError(place="query", member=member, rule="value_error", detail=detail)
    return Refused(INVALID, errors=[error])


def _value(texts: tuple[str, ...]) -> object:
    return list(texts) if len(texts) > 1 else texts[0]


async def frame_of(request: Request, parts: Provided) -> Frame:
    """The frame around what a signed-in visitor looks at; raises `SignInFirst`."""
    caller = signed_in(request, parts)
    if caller is None:
        raise SignInFirst
    given: dict[str, list[str]] = {}
    for name, text in request.query_params.multi_items():
        if text.strip():
            given.setdefault(name, []).append(text.strip())
    return Frame(request, caller, parts, {name: tuple(texts) for name, texts in given.items()})


Framed = Annotated[Frame, Depends(frame_of)]
