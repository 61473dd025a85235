"""Sends over Telesign: Viber and SMS through Messaging, or SMS through its own interface."""

from contracts.errors import SendInDoubt
from contracts.sends import SendRequest
from providers._kit.sending import Accepted, Outbound
from providers.telesign.answers import accepted
from providers.telesign.requests import credentials_of, request_of
from providers.telesign.settings import TelesignSettings


class TelesignSender:
    """One message, one channel, one call; the provider's own cascade only where `own.then` asks for it."""

    def __init__(self, settings: TelesignSettings, outbound: Outbound) -> None:
        self._settings = settings
        self._outbound = outbound
        self._credentials = credentials_of(settings)

    async def send(self, request: SendRequest) -> Accepted:
        """See `Sender`."""
        outgoing = request_of(request, self._settings)
        headers = {
            "authorization": self._credentials,
            "content-type": outgoing.content_type,
            "accept": "application/json",
        }
        url = f"{self._settings.base_url}{outgoing.path}"
        return accepted(await self._outbound.call("POST", url, headers=headers, body=outgoing.body))

    def may_repeat(self, request: SendRequest) -> bool:  # noqa: ARG002  # the answer is the same for every request
        """Never: nothing says that an `external_id` is taken only once, and there is no idempotency key."""
        return False

    async def find(self, request: SendRequest) -> Accepted | None:
        """Telesign tells of a message only by the id that its lost answer held, so a doubt stays one.

        Its reports carry `send_id` as `external_id`: the first that comes ends the doubt.
        """
        raise SendInDoubt(f"Telesign cannot be asked about a send by our id; wait for a report with {request.send_id}")
