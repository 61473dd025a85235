"""Asks DecisionTelecom about messages of which it has said nothing for too long.

Nothing is said about retries of callbacks, and SMS has none: what is not asked about may never be heard of.
"""

from collections.abc import Sequence
from urllib.parse import quote

import msgspec

from contracts.errors import ProviderUnavailable, RequestInvalid, SendError, SendInDoubt
from contracts.vocabulary import Channel
from providers._kit.asking import Patience, PolledAnswer, SilentAttempt
from providers._kit.sending import HttpAnswer, Outbound
from providers.decisiontelecom import hints
from providers.decisiontelecom.answers import members_of, refusal_in
from providers.decisiontelecom.payloads import MESSAGE_ID
from providers.decisiontelecom.requests import ASK_SMS, ASK_VIBER, headers_of
from providers.decisiontelecom.settings import DecisionTelecomSettings

# Told is that messages of the last five days can be asked about; how soon it makes sense is ours to choose.
PATIENCE = Patience(first_after_s=300.0, again_after_s=600.0, remembers_s=5 * 86_400.0)

WRONG_PARAMETER = "1"


class DecisionTelecomLookUp:
    """One question about one message. That several may be asked at once is said, but not how."""

    most_at_once = 1
    tells_once = False

    def __init__(self, settings: DecisionTelecomSettings, outbound: Outbound) -> None:
        self._base_url = settings.base_url
        self._outbound = outbound
        self._headers = headers_of(settings)

    async def ask(self, silent: Sequence[SilentAttempt]) -> Sequence[PolledAnswer]:
        """See `LookUp`. Viber and SMS have ids of their own, so nothing is asked about an unknown channel."""
        answers = [await self._ask_about(attempt) for attempt in silent]
        return [answer for answer in answers if answer is not None]

    async def _ask_about(self, attempt: SilentAttempt) -> PolledAnswer | None:
        if attempt.channel not in {Channel.VIBER, Channel.SMS}:
            return None
        try:
            answer = await self._question(attempt)
        except SendInDoubt as exc:
            raise _of_a_question(exc) from exc
        members = members_of(answer)
        refusal = refusal_in(answer, members)
        if isinstance(refusal, RequestInvalid) and refusal.code == WRONG_PARAMETER:
            return None  # It does not know the message, or not any more.
        if refusal is not None:
            raise _of_a_question(refusal)
        if MESSAGE_ID not in members:
            raise ProviderUnavailable("the provider answered a question with neither a status nor an error")
        return PolledAnswer(body=answer.body, hint=hints.SMS if attempt.channel is Channel.SMS else hints.VIBER)

    async def _question(self, attempt: SilentAttempt) -> HttpAnswer:
        if attempt.channel is Channel.SMS:
            url = f"{self._base_url}{ASK_SMS}?message_id={quote(attempt.root_id, safe='')}"
            return await self._outbound.call("GET", url, headers=self._headers)
        message_id = int(attempt.root_id) if attempt.root_id.isdecimal() else attempt.root_id
        body = msgspec.json.encode({MESSAGE_ID: message_id})
        return await self._outbound.call("POST", f"{self._base_url}{ASK_VIBER}", headers=self._headers, body=body)


def _of_a_question(error: SendError) -> SendError:
    """A question that was left without an answer does no harm; it is asked again."""
    return ProviderUnavailable(str(error), code=error.code) if isinstance(error, SendInDoubt) else error
