"""Asks Telesign about messages of which it has said nothing for too long."""

from collections.abc import Sequence
from urllib.parse import quote

from contracts.errors import ProviderUnavailable, SendError, SendInDoubt
from contracts.vocabulary import Channel
from providers._kit.asking import Patience, PolledAnswer, SilentAttempt
from providers._kit.sending import HttpAnswer, Outbound
from providers.telesign.answers import Said, read_answer, refusal
from providers.telesign.requests import MESSAGING, OMNICHANNEL, credentials_of
from providers.telesign.settings import TelesignSettings

# Told are three to five minutes until the first question, and twelve hours that a transaction is kept.
PATIENCE = Patience(first_after_s=300.0, again_after_s=600.0, remembers_s=12 * 3600.0)

NOT_KNOWN = frozenset({"10017", "10036", "-10001", "-10004", "-30013", "3311", "11011"})
NOT_TOLD = frozenset({"295", "599", "-40001"})
"""The status is delayed or not available: nothing was said."""


class TelesignLookUp:
    """One question about one transaction; an SMS may have gone by either of two interfaces."""

    most_at_once = 1
    tells_once = False

    def __init__(self, settings: TelesignSettings, outbound: Outbound) -> None:
        self._settings = settings
        self._outbound = outbound
        self._headers = {"authorization": credentials_of(settings), "accept": "application/json"}

    async def ask(self, silent: Sequence[SilentAttempt]) -> Sequence[PolledAnswer]:
        """See `LookUp`."""
        answers = [await self._ask_about(attempt) for attempt in silent]
        return [answer for answer in answers if answer is not None]

    async def _ask_about(self, attempt: SilentAttempt) -> PolledAnswer | None:
        for resource in self._resources(attempt.channel):
            answer = await self._question(f"{self._settings.base_url}{resource}/{quote(attempt.root_id, safe='')}")
            said = read_answer(answer)
            if _says_nothing(answer, said):
                continue
            # The same number is a status in one answer and an error in another (3041 with HTTP 503), and a refused
            # question is no report on a message: only an answer that was given for good is one.
            if answer.status != 200 or not said.is_status:
                raise _of_a_question(refusal(answer, said))
            return PolledAnswer(body=answer.body)
        return None

    def _resources(self, channel: Channel | None) -> Sequence[str]:
        if channel not in {Channel.SMS, None}:
            return (OMNICHANNEL,)
        return (MESSAGING, OMNICHANNEL) if self._settings.sms_api == "messaging" else (OMNICHANNEL, MESSAGING)

    async def _question(self, url: str) -> HttpAnswer:
        try:
            return await self._outbound.call("GET", url, headers=self._headers)
        except SendInDoubt as exc:
            raise _of_a_question(exc) from exc


def _says_nothing(answer: HttpAnswer, said: Said) -> bool:
    code = said.error_code if said.error_code in NOT_KNOWN else said.code
    return code in NOT_KNOWN or code in NOT_TOLD or (code is None and answer.status == 404)


def _of_a_question(error: SendError) -> SendError:
    """A question that was left without an answer does no harm; it is asked again."""
    return ProviderUnavailable(str(error)) if isinstance(error, SendInDoubt) else error
