"""The part of RSGI, the server's own interface, that the edge uses. The server's objects and tests' fakes fit it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Protocol

ResponseHeaders = list[tuple[str, str]]


class Scope(Protocol):
    """One request up to its body."""

    @property
    def method(self) -> str:
        """Upper case."""

    @property
    def path(self) -> str:
        """Percent-decoded; bytes that are not UTF-8 have become U+FFFD."""

    @property
    def query_string(self) -> str:
        """As it came, without the question mark."""

    @property
    def headers(self) -> Mapping[str, str]:
        """Looked up one by one: the server makes no dictionary of them, and neither do we. Names are lower case, of
        several values the first counts, and a value outside ASCII counts as missing. Copied at every access.
        """


class HttpProtocol(Protocol):
    """The body on its way in and the answer on its way out; the first answer counts."""

    async def __call__(self) -> bytes:
        """The whole body. Raises `RuntimeError` when the caller breaks off."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        """The body in pieces. It ends with an empty piece, and with two when the caller breaks off."""

    def response_empty(self, status: int, headers: ResponseHeaders, /) -> None:
        """Answer without a body."""

    def response_bytes(self, status: int, headers: ResponseHeaders, body: bytes, /) -> None:
        """Answer with `body`."""


Application = Callable[[Scope, HttpProtocol], Awaitable[None]]
