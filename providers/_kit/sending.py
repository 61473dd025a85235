"""What a sender promises, whoever the provider is."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Protocol

import msgspec

from contracts.sends import SendRequest


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """The provider took the message, and answers for it from here on."""

    root_id: str
    """The provider's id of the send, by which its reports come."""
    provider_code: str | None = None
    is_repeat: bool = False
    """It had taken the same send before; nothing was sent a second time."""
    parts_count: int = 1
    price: Decimal | None = None
    currency: str | None = None


class Sender(Protocol):
    """Sends over one connection. Safe to use from many tasks of one event loop."""

    async def send(self, request: SendRequest) -> Accepted:
        """One call to the provider, never repeated by the sender. Raises a `SendError` whose class says what follows;
        a request that breaks the provider's rules raises `RequestInvalid` before anything leaves.
        """

    def may_repeat(self, request: SendRequest) -> bool:
        """Whether the same request sent once more certainly cannot become a second message."""

    async def find(self, request: SendRequest) -> Accepted | None:
        """What became of a send in doubt: taken, or certainly not taken (null).

        Raises `SendInDoubt` when the provider cannot be asked, or cannot tell yet.
        """


def callback_address(request: SendRequest, hint: str) -> str | None:
    """Where the callbacks of this send go that `hint` names; null when that is left to the provider's console."""
    base_url = request.callback_base_url
    return None if base_url is None else f"{base_url.rstrip('/')}/{hint}"


class HttpAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A whole answer; header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Outbound(Protocol):
    """The way out for one connection: a shared client, with the connection's own rate, concurrency and time limit."""

    async def call(self, method: str, url: str, /, *, headers: Mapping[str, str], body: bytes = b"") -> HttpAnswer:
        """The provider's answer, whatever its status; redirects are answers too and are not followed.

        Raises `ProviderUnavailable` when the request certainly did not leave, `SendInDoubt` when it may have.
        """
