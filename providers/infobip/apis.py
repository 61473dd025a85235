"""The APIs of Infobip that we call, one for each channel."""

from dataclasses import dataclass
from types import MappingProxyType

from contracts.errors import RequestInvalid
from contracts.vocabulary import Channel


@dataclass(frozen=True, slots=True)
class ChannelApi:
    """Where one channel's messages are sent and asked about."""

    channel: Channel
    title: str
    root: str
    hint: str
    """What stands behind the connection in the address of its callbacks."""

    @property
    def messages(self) -> str:
        """Takes messages."""
        return f"{self.root}/messages"

    @property
    def logs(self) -> str:
        """Tells of the last 48 hours, as often as it is asked."""
        return f"{self.root}/logs"

    @property
    def reports(self) -> str:
        """Hands out every report once."""
        return f"{self.root}/reports"


APIS = MappingProxyType(
    {
        api.channel: api
        for api in (
            ChannelApi(Channel.VIBER, "Viber Business Messages", "/viber/2", "viber"),
            ChannelApi(Channel.VIBER_BOT, "a Viber bot", "/viber-bot/1", "viber-bot"),
            ChannelApi(Channel.SMS, "SMS", "/sms/3", "sms"),
        )
    }
)


def api_of(channel: Channel) -> ChannelApi:
    """The API of `channel`; raises `RequestInvalid` for one that is not sent here."""
    api = APIS.get(channel)
    if api is None:
        raise RequestInvalid(f"channel: over Infobip we send {', '.join(APIS)}, not {channel}")
    return api
