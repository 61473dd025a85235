"""Sends over Infobip: Viber Business Messages, Viber bots and SMS, one message a call or many."""

from collections.abc import Sequence
from urllib.parse import quote

import msgspec

from contracts.errors import RequestInvalid, SendError, SendInDoubt
from contracts.sends import SendRequest
from providers._kit.sending import Accepted, Outbound
from providers.infobip.answers import Answered, read_entries, verdict
from providers.infobip.apis import api_of
from providers.infobip.requests import envelope, message
from providers.infobip.settings import InfobipSettings
from runtime.clock import Clock, SystemClock

_DEFAULT_CLOCK = SystemClock()


class InfobipSender:
    """Names every message by its `send_id`, which Infobip takes once.

    Raises `ConfigurationInvalid` when the connection has no `api_key`.
    """

    def __init__(self, settings: InfobipSettings, outbound: Outbound, *, clock: Clock = _DEFAULT_CLOCK) -> None:
        self._headers = settings.authorization()
        self._base_url = settings.base_url
        self._outbound = outbound
        self._clock = clock

    async def send(self, request: SendRequest) -> Accepted:
        """One message; see `Sender`."""
        (outcome,) = await self._sent([request])
        if isinstance(outcome, SendError):
            raise outcome
        return outcome

    async def send_many(self, requests: Sequence[SendRequest]) -> list[Accepted | SendError]:
        """Messages of one channel and one schedule in one call, each with its own outcome, in order.

        One that breaks a rule stays behind and the others leave. An error of the whole call raises, and so do requests
        that cannot share one.
        """
        if len({request.channel for request in requests}) > 1:
            raise RequestInvalid("channel: the messages of one call have one channel")
        if len({request.send_id for request in requests}) < len(requests):
            raise RequestInvalid("send_id: the messages of one call have each their own")
        unfit = {request.send_id: error for request in requests if (error := _unfit(request))}
        fit = [request for request in requests if request.send_id not in unfit]
        sent = iter(await self._sent(fit) if fit else [])
        return [unfit.get(request.send_id) or next(sent) for request in requests]

    def may_repeat(self, request: SendRequest) -> bool:  # noqa: ARG002  # the protocol's; here it is so for all
        """Always: a message id that was taken is refused with 23, which is read as the first acceptance."""
        return True

    async def find(self, request: SendRequest) -> Accepted | None:
        """Asks the logs, which know the last 48 hours; see `Sender`."""
        url = f"{self._base_url}{api_of(request.channel).logs}?messageId={quote(request.send_id, safe='')}"
        try:
            answer = await self._outbound.call("GET", url, headers=self._headers)
            entries = read_entries(answer, "results")
        except SendError as exc:
            raise SendInDoubt(f"Infobip's logs could not be asked: {exc}", code=exc.code) from exc
        if any(entry.message_id == request.send_id for entry in entries):
            return Accepted(root_id=request.send_id, is_repeat=True)
        if request.scheduled_at is not None:
            # The logs are of messages that were sent; one that waits for its time would look like one never taken.
            raise SendInDoubt("Infobip's logs do not know scheduled messages before their time")
        return None

    async def _sent(self, requests: Sequence[SendRequest]) -> list[Accepted | SendError]:
        api = api_of(requests[0].channel)
        body = msgspec.json.encode(envelope(api, requests, self._clock.now()))
        headers = self._headers | {"content-type": "application/json"}
        answer = await self._outbound.call("POST", f"{self._base_url}{api.messages}", headers=headers, body=body)
        entries = read_entries(answer, "messages")
        by_id = {entry.message_id: entry for entry in entries}
        if len(requests) == len(entries) == 1:
            by_id[requests[0].send_id] = entries[0]
        return [_outcome(by_id.get(request.send_id), request) for request in requests]


def _outcome(entry: Answered | None, request: SendRequest) -> Accepted | SendError:
    if entry is None:
        return SendInDoubt("Infobip answered 200 without a word about this message", http_status=200)
    try:
        return verdict(entry, request.send_id)
    except SendError as exc:
        return exc


def _unfit(request: SendRequest) -> RequestInvalid | None:
    try:
        message(api_of(request.channel), request)
    except RequestInvalid as exc:
        return exc
    return None
