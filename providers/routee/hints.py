"""What we write behind the connection in the address of a send's callbacks, and read there again."""

from typing import NamedTuple

CAMPAIGN = "campaign-of-one"
"""No word that people would put there for campaigns of many: those are no single attempt."""
_SEND = "send"


class Hint(NamedTuple):
    """What the address of a callback says about the send."""

    is_of_campaign: bool = False
    """It was a campaign of one recipient: its answer gave the campaign's id, and no other."""
    send_id: str | None = None


def hint_for(kind: str, send_id: str, *, is_of_campaign: bool = False) -> str:
    """Such as `viber/campaign-of-one/send/7f3a`."""
    return "/".join([kind, *([CAMPAIGN] if is_of_campaign else []), _SEND, send_id])


def read_hint(hint: str) -> Hint:
    """What was written; an address that people entered in the console says nothing of a send."""
    head, _, send_id = hint.partition(f"/{_SEND}/")
    return Hint(CAMPAIGN in head.split("/"), send_id or None)
