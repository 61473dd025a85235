"""Asks Infobip about messages it has been silent of: its logs, or the reports that it hands out once."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from urllib.parse import quote

from contracts.vocabulary import Channel
from providers._kit.asking import LookUp, Patience, PolledAnswer, SilentAttempt
from providers._kit.sending import Outbound
from providers.infobip.answers import refused
from providers.infobip.apis import APIS
from providers.infobip.envelope import holds_results
from providers.infobip.settings import InfobipSettings

PATIENCE = Patience(first_after_s=900.0, again_after_s=1800.0, remembers_s=172_800.0)
"""Infobip's own retries come after 1, 3, 8 and 18 minutes; logs and reports reach back 48 hours."""
LIMIT = 1000
MAX_IDS = 2048
"""How long the list of message ids may be."""
MOST_AT_ONCE = 50


def make_look_up(settings: InfobipSettings, outbound: Outbound) -> LookUp:
    """The look-up of a connection; raises `ConfigurationInvalid` when it has no `api_key`."""
    return ReportsLookUp(settings, outbound) if settings.polls == "reports" else LogsLookUp(settings, outbound)


class LogsLookUp:
    """Asks about just the silent messages, as often as one likes: logs are not used up by reading."""

    most_at_once = MOST_AT_ONCE
    tells_once = False

    def __init__(self, settings: InfobipSettings, outbound: Outbound) -> None:
        self._headers = settings.authorization()
        self._base_url = settings.base_url
        self._outbound = outbound

    async def ask(self, silent: Sequence[SilentAttempt]) -> Sequence[PolledAnswer]:
        """The log entries of these messages; see `LookUp`."""
        answers = []
        for channel, ids in _by_channel(silent).items():
            api = APIS[channel]
            for some in _lists(ids):
                url = f"{self._base_url}{api.logs}?messageId={some}&limit={LIMIT}"
                answers += await _asked(self._outbound, url, headers=self._headers, hint=api.hint)
        return answers


class ReportsLookUp:
    """Fetches whatever reports lie ready on one channel, a channel a call in turns.

    What was handed out once never comes again: one call is made at a time, and its answer must be stored before the
    next. A second poller, or callbacks beside it, would take reports from each other.
    """

    most_at_once = MOST_AT_ONCE
    tells_once = True

    def __init__(self, settings: InfobipSettings, outbound: Outbound) -> None:
        self._headers = settings.authorization()
        self._base_url = settings.base_url
        self._outbound = outbound
        self._asked_last: Channel | None = None

    async def ask(self, silent: Sequence[SilentAttempt]) -> Sequence[PolledAnswer]:
        """Reports of any messages of the channel whose turn it is; see `LookUp`."""
        channels = list(_by_channel(silent))
        if not channels:
            return ()
        # One call an `ask`: were a second one to fail, the first one's reports would be lost with it.
        behind = channels.index(self._asked_last) + 1 if self._asked_last in channels else 0
        self._asked_last = channels[behind % len(channels)]
        api = APIS[self._asked_last]
        url = f"{self._base_url}{api.reports}?limit={LIMIT}"
        return await _asked(self._outbound, url, headers=self._headers, hint=api.hint)


async def _asked(outbound: Outbound, url: str, *, headers: dict[str, str], hint: str) -> list[PolledAnswer]:
    answer = await outbound.call("GET", url, headers=headers)
    if answer.status != 200:
        raise refused(answer)
    if not holds_results(answer.body):
        return []
    content_type = answer.headers.get("content-type", "application/json")
    return [PolledAnswer(body=answer.body, hint=hint, content_type=content_type)]


def _by_channel(silent: Sequence[SilentAttempt]) -> dict[Channel, list[str]]:
    """The ids by the channel to ask; one of an unknown channel is asked about on all, in a steady order."""
    found: dict[Channel, list[str]] = defaultdict(list)
    for attempt in silent:
        for channel in APIS if attempt.channel is None else (attempt.channel,):
            if channel in APIS:
                found[channel].append(attempt.root_id)
    return {channel: found[channel] for channel in APIS if channel in found}


def _lists(ids: Sequence[str]) -> Iterator[str]:
    """The ids in lists that are not too long, ready for a query."""
    some: list[str] = []
    for one in ids:
        if some and sum(map(len, some)) + len(some) + len(one) > MAX_IDS:
            yield quote(",".join(some), safe=",")
            some = []
        some.append(one)
    if some:
        yield quote(",".join(some), safe=",")
