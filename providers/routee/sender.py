"""Sends over Routee: Viber by campaign or singly, SMS, and Routee's own failover."""

import re
from collections import OrderedDict

from contracts.errors import PayloadInvalid, SendError, SendInDoubt
from contracts.sends import SendRequest
from providers._kit.reading import as_id, as_int, as_text, read_object
from providers._kit.refused import load_refusals, retry_after_s
from providers._kit.sending import Accepted, HttpAnswer, Outbound
from providers.routee.access import Access
from providers.routee.requests import FAILOVER, is_campaign, request_of
from providers.routee.settings import RouteeSettings

REFUSALS = load_refusals("providers.routee")
NAME_TAKEN = "409009003"
MOST_REMEMBERED = 10_000
_INNER = re.compile(r"errorCode\W{1,5}(\w{1,50})")


class RouteeSender:
    """One message, one person, one call; and one call for a token now and then.

    A campaign is the way for Viber, because its name is taken only once: the same send made again is refused and not
    sent. Which id the first one has is then known only to whoever had its answer; that is why the ids of recent
    campaigns are remembered here.
    """

    def __init__(self, settings: RouteeSettings, outbound: Outbound) -> None:
        self._access = Access(settings, outbound)
        self._by_name: OrderedDict[str, str] = OrderedDict()

    async def send(self, request: SendRequest) -> Accepted:
        """See `Sender`."""
        outgoing = request_of(request)
        answer = await self._access.call("POST", outgoing.path, outgoing.body)
        try:
            accepted = read_answer(answer, of_failover=outgoing.path == FAILOVER)
        except SendError as exc:
            if exc.code == NAME_TAKEN and outgoing.name and (known := self._by_name.get(outgoing.name)):
                return Accepted(root_id=known, provider_code=NAME_TAKEN, is_repeat=True)
            raise
        if outgoing.name:
            self._remember(outgoing.name, accepted.root_id)
        return accepted

    def may_repeat(self, request: SendRequest) -> bool:
        """Only a campaign: its name is unique, so a second one of the same send is refused."""
        return is_campaign(request)

    async def find(self, request: SendRequest) -> Accepted | None:
        """Taken, when this sender has had the answer itself. Routee cannot be asked by our name.

        Its reports carry `send_id` as `external_id`: the first that comes ends the doubt.
        """
        outgoing = request_of(request)
        if outgoing.name and (known := self._by_name.get(outgoing.name)):
            return Accepted(root_id=known, is_repeat=True)
        raise SendInDoubt(f"Routee cannot be asked about a send by our id; wait for a report with {request.send_id}")

    def _remember(self, name: str, root_id: str) -> None:
        self._by_name[name] = root_id
        while len(self._by_name) > MOST_REMEMBERED:
            self._by_name.popitem(last=False)


def read_answer(answer: HttpAnswer, *, of_failover: bool = False) -> Accepted:
    """What Routee took; raises the `SendError` of its refusal."""
    try:
        members = read_object(answer.body)
    except PayloadInvalid:
        members = {}
    if not 200 <= answer.status < 300:
        raise refusal_of(answer, members)
    status = members.get("status")
    if isinstance(status, dict):
        status = status.get("name") or status.get("status")
    code = as_text(status or members.get("state"), limit=100)
    if of_failover and code and code.lower() == "failed":
        step = as_int(members.get("statusCode"))
        raise REFUSALS.error("the failover failed at once", code=f"failover:{step}", http_status=answer.status)
    try:
        root_id = as_id(members.get("trackingId"), "trackingId")
    except PayloadInvalid:
        root_id = None
    if root_id is None:
        raise SendInDoubt("the answer has no trackingId", http_status=answer.status)
    analysis = members.get("bodyAnalysis")
    parts = as_int(analysis.get("parts")) if isinstance(analysis, dict) else None
    return Accepted(root_id=root_id, provider_code=code, parts_count=max(parts or 1, 1))


def refusal_of(answer: HttpAnswer, members: dict[str, object]) -> SendError:
    """The error for an answer that is no success."""
    code = as_text(members.get("code"), limit=100)
    text = as_text(members.get("developerMessage"), limit=500) or "no explanation"
    inner = _inner_code(members.get("properties"), text)
    if inner and inner.startswith("SRVC_"):
        code = inner
    elif code and inner:
        code = f"{code}:{inner}"
    patience = retry_after_s(answer.headers.get("retry-after"))
    return REFUSALS.error(text, code=code, http_status=answer.status, retry_after_s=patience)


def _inner_code(properties: object, text: str) -> str | None:
    """The code of Viber behind Routee's own, as a member or in the words."""
    if isinstance(properties, dict) and (code := as_text(properties.get("errorCode"), limit=50)):
        return code.zfill(3) if code.isdecimal() else code
    found = _INNER.search(text)
    return found[1] if found else None
