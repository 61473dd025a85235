"""Who must not be written to. The newest wish stands, whatever order wishes are heard in.

A wish is about one sender of an account or about all its senders. For one sender the newer of the two counts, so
somebody who has left all may come back to one of them, and who then leaves all again has left that one too.
"""

from datetime import datetime

from contracts.codec import decode
from contracts.records import Wish
from contracts.vocabulary import WishKind

EVERY_SENDER = "*"

Standing = tuple[datetime, bool, str]


def suppression_key(account: str, sender: str | None, recipient: str) -> bytes:
    """The Kafka key of what one person wants of one sender, or of all when it is null or empty.

    Providers spell our senders in their own case, and numbers with or without the plus.
    """
    name = (sender or "").strip().removeprefix("+").casefold() or EVERY_SENDER
    return f"{account}:{name}:{recipient}".encode("utf-8", "replace")


def key_of(wish: Wish) -> bytes:
    return suppression_key(wish.account, wish.sender, wish.recipient)


def standing(wish: Wish) -> Standing:
    """What wishes are compared by: the higher one stands. Said at the same time, a stop does."""
    return wish.since, wish.kind is WishKind.STOP, wish.event_id


class SuppressionList:
    """All wishes that stand, as `suppressions` tells them; whoever sends asks it before each message."""

    def __init__(self) -> None:
        self._wishes: dict[bytes, Wish] = {}

    def take(self, key: bytes, value: bytes | None) -> None:
        """One record of `suppressions`, in the order of its partition; raises `PayloadInvalid`."""
        if value is None:
            self._wishes.pop(key, None)
        else:
            self._wishes[key] = decode(Wish, value)

    def find(self, account: str, sender: str, *, recipient: str) -> Wish | None:
        """The stop that forbids a message of `sender` to `recipient`; null when it may go."""
        keys = suppression_key(account, sender, recipient), suppression_key(account, None, recipient)
        wishes = [wish for key in keys if (wish := self._wishes.get(key))]
        newest = max(wishes, key=standing, default=None)
        return newest if newest is not None and newest.kind is WishKind.STOP else None

    def __len__(self) -> int:
        return len(self._wishes)
