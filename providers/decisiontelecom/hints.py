"""What our own callback URL says: which scale, and which send.

The provider's reports name neither the channel nor anything of ours, and each send carries its own callback URL. So the
URL says it: `viber/<send id>`, and `viber-sms/<send id>` for sends that the provider itself goes on with by SMS.
"""

from typing import NamedTuple

from contracts.vocabulary import Channel

VIBER = "viber"
VIBER_THEN_SMS = "viber-sms"
SMS = "sms"

_ASKED = {"v1/api/receive-viber": VIBER, "v1/api/status": SMS}
"""The provider's own addresses; answers to questions are kept under them as well."""

_CHANNELS = {VIBER: Channel.VIBER, VIBER_THEN_SMS: Channel.VIBER, SMS: Channel.SMS}
_NO_SENDS = frozenset({"callback", "delivery", "inbound", "report", "seen", "status"})
"""What people put behind the channel to tell kinds apart, as in addresses that are entered by hand."""


class Hint(NamedTuple):
    """What stood behind the connection and its token."""

    channel: Channel | None = None
    send_id: str | None = None
    is_cascade: bool = False
    """The provider itself tries another channel; we must not."""


_NONE = Hint()


def read_hint(text: str) -> Hint:
    """What the hint says; an unknown one says nothing."""
    if not text:
        return _NONE
    name, _, rest = text.partition("/")
    name = _ASKED.get(text.partition(" ")[0].partition("?")[0]) or name.lower()
    channel = _CHANNELS.get(name)
    if channel is None:
        return _NONE
    send_id = rest.partition("/")[0]
    is_send = bool(send_id) and send_id.lower() not in _NO_SENDS
    return Hint(channel, send_id if is_send else None, name == VIBER_THEN_SMS)


def callback_url(base_url: str, name: str, send_id: str) -> str:
    """Where the callbacks of one send go."""
    return f"{base_url.rstrip('/')}/{name}/{send_id}"
