"""Asks Routee's tracking about messages that are silent."""

from collections.abc import Sequence
from urllib.parse import quote

from contracts.errors import PayloadInvalid
from contracts.vocabulary import Channel
from providers._kit.asking import Patience, PolledAnswer, SilentAttempt
from providers._kit.reading import read_object
from providers._kit.sending import HttpAnswer, Outbound
from providers.routee.access import Access
from providers.routee.sender import refusal_of
from providers.routee.settings import RouteeSettings

PATIENCE = Patience(first_after_s=600.0, again_after_s=1800.0, remembers_s=14 * 86_400.0)
"""Inferred. A Viber message without a time to live lives for 14 days; how long tracking remembers is not said."""

_CAMPAIGN = ("/viber/tracking/campaign/", "viber/campaign-of-one")
_SINGLE = ("/viber/tracking/", "viber")
_SMS = ("/sms/tracking/single/", "sms")
_FAILOVER = ("/failover/tracking/", "failover")
_PLACES = {
    Channel.VIBER: (_CAMPAIGN, _SINGLE, _FAILOVER),
    Channel.SMS: (_SMS, _FAILOVER),
    None: (_CAMPAIGN, _SINGLE, _SMS, _FAILOVER),
}
_UNKNOWN_THERE = frozenset({400, 404, 422})
"""Documented is 404; an id of another kind may well be called malformed."""


class RouteeLookUp:
    """An id does not say how the message was sent, so one place is asked after the other until one knows it."""

    most_at_once = 5
    tells_once = False

    def __init__(self, settings: RouteeSettings, outbound: Outbound) -> None:
        self._access = Access(settings, outbound)

    async def ask(self, silent: Sequence[SilentAttempt]) -> Sequence[PolledAnswer]:
        """See `LookUp`."""
        answers = [await self._ask_about(attempt) for attempt in silent]
        return [answer for answer in answers if answer]

    async def _ask_about(self, attempt: SilentAttempt) -> PolledAnswer | None:
        for path, hint in _PLACES.get(attempt.channel, _PLACES[None]):
            answer = await self._access.call("GET", path + quote(attempt.root_id, safe=""))
            if _tells(answer):
                return PolledAnswer(body=answer.body, hint=hint)
        return None


def _tells(answer: HttpAnswer) -> bool:
    """Whether it says something of a message; raises the error of a refusal that is not about the id."""
    if answer.status in _UNKNOWN_THERE:
        return False
    if answer.status != 200:
        raise refusal_of(answer, _members(answer.body))
    body = answer.body.strip()
    if body.startswith(b"["):
        return body != b"[]"
    members = _members(body)
    return members.get("content") != [] if "content" in members else bool(members)


def _members(body: bytes) -> dict[str, object]:
    try:
        return read_object(body)
    except PayloadInvalid:
        return {}
