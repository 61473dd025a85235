"""The callback port: one request in, one true answer out. It opens no body and decides nothing about it."""

from collections.abc import Mapping

from contracts.errors import CallbackRefused
from ingest.bodies import BodyReader
from ingest.places import Publishing
from ingest.refusals import Refusals
from ingest.routes import Route, Routes
from ingest.rsgi import HttpProtocol, ResponseHeaders, Scope
from providers._kit.provider import CallbackRequest
from runtime.clock import Clock
from runtime.metrics import CALLBACK_SECONDS
from runtime.settings import IngestSettings

NO_HEADERS: ResponseHeaders = []


class Edge:
    """The RSGI application: route, read, verify, limit, publish, answer."""

    def __init__(
        self, routes: Routes, publisher: Publishing, bodies: BodyReader, *, ingest: IngestSettings, clock: Clock
    ) -> None:
        self._routes = routes
        self._publisher = publisher
        self._bodies = bodies
        self._refusals = Refusals(clock)
        self._clock = clock
        self._base_url = ingest.public_base_url.rstrip("/")

    async def answer(self, scope: Scope, protocol: HttpProtocol) -> None:
        """Answer one callback: 200 when the broker has it, else a problem."""
        # One flat function, because every further call of it would cost more than what it does.
        route: Route | None = None
        try:
            path = scope.path
            route, hint = self._routes.find(path)
            method, query, headers = scope.method, scope.query_string, scope.headers
            route.check_method(method)
            body = await self._bodies.read(protocol, headers, of=route)
            received_at_ms, began_s = self._clock.now_ms(), self._clock.monotonic()
            route.verify(CallbackRequest(method, self._url(path, query, headers), headers, body))
            # Only what is authentic counts: nobody else can use up the rate of a connection.
            route.bucket.take(began_s)
            stamp = route.stamp.headers(method, headers.get("content-type") or "", query, hint)
            await self._publisher.publish(body, received_at_ms, stamp, deadline_s=began_s + route.patience_s)
        except CallbackRefused as refusal:
            self._refusals.answer(protocol, route, refusal)
        except Exception as exc:  # noqa: BLE001  # the outermost loop of a callback; its caller must get an answer
            self._refusals.fail(protocol, route, exc)
        else:
            protocol.response_empty(200, NO_HEADERS)
            route.taken.add()
            CALLBACK_SECONDS.add(self._clock.monotonic() - began_s)

    def _url(self, path: str, query: str, headers: Mapping[str, str]) -> str:
        """The address as the provider called it; without a configured base, as the request itself names it."""
        base = self._base_url or f"http://{headers.get('host') or ''}"
        return f"{base}{path}?{query}" if query else base + path
