"""Sends over Infobip: Viber Business Messages, Viber bots and SMS."""

from collections.abc import Sequence
from urllib.parse import quote

import msgspec

from contracts.errors import SendError, SendInDoubt
from contracts.sends import SendRequest
from providers._kit.sending import Accepted, Outbound
from providers.infobip.answers import Answered, read_entries, verdict
from providers.infobip.apis import api_of
from providers.infobip.requests import envelope
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
        api = api_of(request.channel)
        body = msgspec.json.encode(envelope(api, request, self._clock.now()))
        headers = self._headers | {"content-type": "application/json"}
        answer = await self._outbound.call("POST", f"{self._base_url}{api.messages}", headers=headers, body=body)
        return verdict(_entry_of(request, read_entries(answer, "messages")), request.send_id)

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


def _entry_of(request: SendRequest, entries: Sequence[Answered]) -> Answered:
    """What is said of the message: the entry that names it, or the only one there is."""
    named = [entry for entry in entries if entry.message_id == request.send_id]
    if not (named or len(entries) == 1):
        raise SendInDoubt("Infobip answered 200 without a word about this message", http_status=200)
    return (named or entries)[-1]
