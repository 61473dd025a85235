"""Requests without a server: the part of RSGI that the edge uses."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass
class FakeScope:
    method: str = "POST"
    path: str = "/callbacks/postbox/main"
    query_string: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


class FakeProtocol:
    """Gives the body, whole or in pieces, and keeps the answer."""

    def __init__(self, body: bytes = b"", *, pieces: Sequence[bytes] = (), error: Exception | None = None) -> None:
        self._body = body
        self._pieces = pieces
        self._error = error
        self.pieces_read = 0
        self.was_read = False
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = b""

    async def __call__(self) -> bytes:
        self.was_read = True
        if self._error is not None:
            raise self._error
        return self._body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            self.pieces_read += 1
            yield piece

    def response_empty(self, status: int, headers: list[tuple[str, str]], /) -> None:
        self.response_bytes(status, headers, b"")

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes, /) -> None:
        assert not self.status, "answered twice"
        self.status, self.headers, self.body = status, dict(headers), body
