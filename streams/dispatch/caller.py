"""Makes a claimed send: calls the provider, and calls again only where that cannot become a second message."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import stamina
import structlog
from msgspec import structs

from contracts.errors import SendError, SendInDoubt
from contracts.sends import SendRequest
from providers._kit.sending import Accepted, Sender
from runtime.clock import Clock
from runtime.crash_points import crash_point
from streams.dispatch.errand import Errand

log = structlog.get_logger()


class ClaimStale(Exception):
    """Nothing has left, and so much time has passed since the claim that others may think it has."""


@dataclass(frozen=True, kw_only=True)
class Tries:
    """How often a send is tried, and how long the pauses are."""

    most: int = 4
    first_pause_s: float = 0.5
    longest_pause_s: float = 10.0
    fresh_s: float = 10.0
    """A call begins so soon after the claim, or after the pause before it, or not at all."""


Heard = Callable[[SendError | None], None]
"""Is told what came of a call: null or its error."""


class Caller:
    """Calls over one connection."""

    def __init__(
        self,
        sender: Sender,
        clock: Clock,
        tries: Tries,
        *,
        heard: Heard,
        is_ill: Callable[[], bool],
        callback_base_url: str | None = None,
    ) -> None:
        self.clock = clock
        self.tries = tries
        self._sender = sender
        self._heard = heard
        self._callback_base_url = callback_base_url
        self._is_ill = is_ill

    async def call(self, errand: Errand, *, claimed_s: float) -> tuple[Accepted, datetime]:
        """What the provider took, and when it was called; `claimed_s` is when the claim was written, in monotonic time.

        Raises the error of the last try, `SendInDoubt` when any before it is in doubt, or `ClaimStale`.
        """
        series = _Series(self, errand, claimed_s)
        left_s = (errand.command.give_up_at - self.clock.now()).total_seconds()
        async for attempt in stamina.retry_context(
            on=series.may_go_on,
            attempts=self.tries.most,
            timeout=max(left_s, 0.001),
            wait_initial=self.tries.first_pause_s,
            wait_max=self.tries.longest_pause_s,
        ):
            with attempt:
                return await series.once()
        raise SendInDoubt("nothing was tried")  # not reached: the last error leaves the loop

    async def once(self, errand: Errand) -> Accepted:
        """One call; raises its `SendError`."""
        error: SendError | None = None
        try:
            accepted = await self._sender.send(self._request(errand))
        except SendError as exc:
            error = exc
        except Exception:  # a bug in an adapter must not stop the others
            log.exception("send_failed", provider=errand.place[0], connection=errand.place[1])
            error = SendInDoubt("the adapter failed, and nobody knows how far it had got")
        crash_point("dispatch.called")
        self._heard(error)
        if error is not None:
            raise error
        return accepted

    def may_repeat(self, errand: Errand, error: SendError) -> bool | float:
        """Whether the send may be made again, or after how many seconds."""
        is_doubt = isinstance(error, SendInDoubt)
        is_harmless = error.may_retry or (is_doubt and self._sender.may_repeat(errand.command.request))
        if not is_harmless or self._is_ill() or errand.tenure.is_closing:
            return False
        if error.retry_after_s is None:
            return True
        return error.retry_after_s if error.retry_after_s <= self.tries.longest_pause_s else False

    async def find(self, errand: Errand) -> Accepted | None:
        """What the provider knows of the send; raises `SendError` when it cannot tell."""
        try:
            return await self._sender.find(self._request(errand))
        except SendError:
            raise
        except Exception as exc:  # a bug in an adapter must not stop the others
            log.exception("find_failed", provider=errand.place[0], connection=errand.place[1])
            raise SendInDoubt("the look-up failed") from exc

    def _request(self, errand: Errand) -> SendRequest:
        request = errand.command.request
        if request.callback_base_url is not None or self._callback_base_url is None:
            return request
        return structs.replace(request, callback_base_url=self._callback_base_url)


class _Series:
    """The tries of one send. One that is in doubt stays so, whatever a later one is refused with."""

    def __init__(self, caller: Caller, errand: Errand, claimed_s: float) -> None:
        self._caller = caller
        self._errand = errand
        self._last_s = claimed_s
        self._limit_s = caller.tries.fresh_s
        self._doubt: SendInDoubt | None = None

    async def once(self) -> tuple[Accepted, datetime]:
        clock = self._caller.clock
        if clock.monotonic() - self._last_s > self._limit_s:
            raise self._doubt or ClaimStale("it was not called in time")
        sent_at = clock.now()
        try:
            return await self._caller.once(self._errand), sent_at
        except SendInDoubt as exc:
            self._doubt = exc
            raise
        except SendError as exc:
            raise self._doubt or exc from None
        finally:
            self._last_s = clock.monotonic()
            self._limit_s = self._caller.tries.fresh_s + self._caller.tries.longest_pause_s

    def may_go_on(self, exc: Exception) -> bool | float:
        return isinstance(exc, SendError) and self._caller.may_repeat(self._errand, exc)
