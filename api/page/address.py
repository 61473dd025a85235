"""What the address of a page says: the span of time, the zone, the filters, and the links that keep them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from functools import cached_property
from typing import TypeVar
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ValidationError

from api.page.atlas import MESSAGES, Page
from api.problems import INVALID, FieldError, Refused
from api.questions.measuring import is_zone
from api.questions.spans import Place
from api.refusals import field_errors

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


@dataclass(frozen=True)
class Address:
    """Where one is, and what is asked there."""

    path: str
    members: Mapping[str, tuple[str, ...]]
    """What is asked, without what was left empty."""
    now: datetime

    @cached_property
    def zone(self) -> ZoneInfo:
        """The time zone in which times are shown; UTC when there is none of that name, which the content tells."""
        return ZoneInfo(name if is_zone(name := self.one("time_zone", "UTC")) else "UTC")

    @property
    def address(self) -> str:
        """Of this look, to come back to."""
        return self.link(self.path)

    def one(self, member: str, usual: str = "") -> str:
        return self.members.get(member, (usual,))[0]

    def link(self, path: str, /, **changed: str | None) -> str:
        """This look at another path or with other members; null takes one away."""
        kept = {name: texts for name, texts in self.members.items() if name not in changed}
        new = {name: (text,) for name, text in changed.items() if text is not None}
        query = urlencode([(name, text) for name, texts in (kept | new).items() for text in texts])
        return f"{path}?{query}" if query else path

    def link_to(self, page: Page) -> str:
        """Another page, with those members of this one that it has too."""
        dropped = dict.fromkeys(set(self.members) - set(page.shared))
        return self.link(page.path, **dropped)

    def only_zone(self, path: str, /, **added: str) -> str:
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
