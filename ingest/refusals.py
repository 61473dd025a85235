"""What a caller is told when its callback is not taken: a small problem (RFC 9457) with what to do, and no secret."""

import json
from http import HTTPStatus
from traceback import extract_tb

import structlog

from contracts.errors import CallbackRefused, MethodRefused
from ingest.limits import LogBudget
from ingest.routes import Route
from ingest.rsgi import HttpProtocol, ResponseHeaders
from runtime.clock import Clock
from runtime.metrics import CALLBACKS

NOWHERE = "unknown"
"""The label of callbacks for no connection of ours: what a caller sent is never a label."""

WHAT_TO_DO = {
    400: "The body did not arrive whole. Send the callback again.",
    401: "The signature or the credentials do not match this connection. Compare the secret in the provider's console "
    "with the one that is set for the connection.",
    403: "Callbacks of this connection are not taken from this address.",
    404: "There is no connection under this address. Compare the callback URL in the provider's console, with its "
    "token if it has one, with the one that Tidings shows.",
    405: "Callbacks of this connection come with the methods in the Allow header.",
    413: "The body is too large for a callback.",
    429: "More callbacks came than this connection allows. Send the callback again after the time in Retry-After.",
    500: "Something went wrong on our side. Send the callback again.",
    503: "The callback could not be made durable in time; whether it was stored is not known. Send it again after the "
    "time in Retry-After; a repeat does no harm.",
}

log = structlog.get_logger()


class Refusals:
    """Answers, counts and logs what is refused."""

    def __init__(self, clock: Clock) -> None:
        self._budget = LogBudget(clock)

    def answer(self, protocol: HttpProtocol, route: Route | None, refusal: CallbackRefused) -> None:
        """Say no to one callback."""
        status = refusal.http_status
        headers, body = problem(status)
        if refusal.retry_after_s is not None:
            headers.append(("retry-after", str(refusal.retry_after_s)))
        if isinstance(refusal, MethodRefused) and route is not None:
            headers.append(("allow", route.allow))
        protocol.response_bytes(status, headers, body)
        self._tell("callback_refused", route, status, str(refusal))

    def fail(self, protocol: HttpProtocol, route: Route | None, error: Exception) -> None:
        """Answer one callback that met an error of ours. Its text may quote the request, so it is not logged."""
        protocol.response_bytes(500, *problem(500))
        place = extract_tb(error.__traceback__)[-1]
        self._tell("callback_failed", route, 500, f"{type(error).__name__} at {place.filename}:{place.lineno}")

    def _tell(self, event: str, route: Route | None, status: int, reason: str) -> None:
        provider, connection = (route.provider, route.connection) if route else (NOWHERE, NOWHERE)
        CALLBACKS.labels(provider, connection, str(status)).inc()
        left_out_count = self._budget.spend((provider, connection, status))
        if left_out_count is not None:
            log.warning(
                event,
                provider=provider,
                connection=connection,
                status=status,
                reason=reason,
                left_out_count=left_out_count,
            )


def problem(status: int) -> tuple[ResponseHeaders, bytes]:
    """The headers and the body of a problem."""
    members = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status}
    if status in WHAT_TO_DO:
        members["detail"] = WHAT_TO_DO[status]
    return [("content-type", "application/problem+json")], json.dumps(members).encode()
