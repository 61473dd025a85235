"""Around every answer: no body above the limit comes in, and browsers are told what they may do with what goes out."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BODY_LIMIT = 1024 * 1024
TOO_LARGE = f"A body may have {BODY_LIMIT} bytes; send fewer members at once."

TOLD = "told_headers"
"""Of a request's state: headers that its answer is to have, whatever the answer will be."""

PROTECTION: dict[str, str] = {
    # The page runs one script of ours and shows no one else's anything; nobody may put it in a frame.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Shield:
    """The outermost layer of the application; written for ASGI, because a layer per request must cost nothing."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        declared = Headers(scope=scope).get("content-length", "")
        is_too_large = len(declared) > 9 or (declared.isdecimal() and int(declared) > BODY_LIMIT)
        taken = 0
        told: dict[str, str] = scope.setdefault("state", {}).setdefault(TOLD, {})

        async def receive_bounded() -> Message:
            nonlocal taken
            if is_too_large:
                raise HTTPException(413, TOO_LARGE)
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > BODY_LIMIT:
                raise HTTPException(413, TOO_LARGE)
            return message

        async def send_protected(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in (PROTECTION | told).items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive_bounded, send_protected)
