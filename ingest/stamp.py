"""The Kafka headers of the callbacks of one connection: made once for each way in which it is called."""

from datetime import UTC, datetime

from contracts.envelope import Headers, header
from contracts.errors import CallbackRefused
from contracts.raw import origin_headers, request_headers
from contracts.records import RawCallback

LONGEST_CONTENT_TYPE = 1000
WAYS_LIMIT = 256
"""What comes with a callback is chosen by its sender; it must not fill our memory."""
NEVER = datetime.fromtimestamp(0, UTC)


class Stamp:
    """Headers by method, content type, query and hint, as `contracts.raw` reads them."""

    def __init__(self, provider: str, connection: str) -> None:
        self._provider = provider
        self._connection = connection
        self._origin = origin_headers(provider, connection)
        self._made: dict[tuple[str, str, str, str], Headers] = {}

    def headers(self, method: str, content_type: str, query: str, hint: str) -> Headers:
        """The headers of one callback but its id. They are shared: add to a copy. Raises `CallbackRefused` when they
        would be too large.
        """
        way = (method, content_type, query, hint)
        made = self._made.get(way)
        if made is None:
            if len(content_type) > LONGEST_CONTENT_TYPE:
                raise CallbackRefused("the content type is too long to be one")
            made = [*self._origin, *request_headers(self._callback(method, content_type, query, hint))]
            if not query and len(self._made) < WAYS_LIMIT:  # queries hardly ever come twice
                self._made[way] = made
        return made

    def _callback(self, method: str, content_type: str, query: str, hint: str) -> RawCallback:
        """One that was called in this way, as far as headers tell."""
        return RawCallback(
            provider=self._provider,
            connection=self._connection,
            method=method,
            received_at=NEVER,
            body=b"",
            query=query,
            hint=hint,
            content_type=content_type,
        )


def origin_of(headers: Headers) -> tuple[bytes | None, bytes | None]:
    """The provider and the connection that `headers` were made for."""
    return header(headers, "provider"), header(headers, "connection")
