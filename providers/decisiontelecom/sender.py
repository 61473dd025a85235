"""Sends over DecisionTelecom: Viber, Viber with the provider's own SMS behind it, and SMS."""

import msgspec

from contracts.errors import SendInDoubt
from contracts.sends import SendRequest
from contracts.vocabulary import Channel
from providers._kit.sending import Accepted, Outbound
from providers.decisiontelecom.answers import accepted_sms, accepted_viber
from providers.decisiontelecom.requests import headers_of, request_of
from providers.decisiontelecom.settings import DecisionTelecomSettings


class DecisionTelecomSender:
    """One message, one call. Nothing of ours goes along but the callback URL, which names the send."""

    def __init__(self, settings: DecisionTelecomSettings, outbound: Outbound) -> None:
        self._settings = settings
        self._outbound = outbound
        self._headers = headers_of(settings)

    async def send(self, request: SendRequest) -> Accepted:
        """See `Sender`."""
        outgoing = request_of(request, self._settings)
        url = f"{self._settings.base_url}{outgoing.path}"
        body = msgspec.json.encode(outgoing.members)
        answer = await self._outbound.call("POST", url, headers=self._headers, body=body)
        return accepted_sms(answer) if request.channel is Channel.SMS else accepted_viber(answer)

    def may_repeat(self, request: SendRequest) -> bool:  # noqa: ARG002  # the answer is the same for every request
        """Never: a send carries no id of ours, so the same request is a second message."""
        return False

    async def find(self, request: SendRequest) -> Accepted | None:
        """DecisionTelecom tells of a message only by the id that its lost answer held, so a doubt stays one.

        A Viber send's callbacks come to an address that names it: the first that comes ends the doubt.
        """
        raise SendInDoubt(
            f"DecisionTelecom cannot be asked about a send by our id; wait for a callback to viber/{request.send_id}"
        )
