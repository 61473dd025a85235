"""Asking over one connection: with patience for a provider that stumbles, and a rest for one that falls.

What is not asked now is not lost: the stage asks about it again until the provider could no longer tell.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence

import stamina
import structlog

from contracts.errors import RequestInvalid, SendError
from contracts.records import LookUpDue
from providers._kit.asking import LookUp, PolledAnswer, SilentAttempt
from runtime.metrics import LOOK_UPS

TRIES = 3
LONGEST_PAUSE_S = 10.0
FIRST_REST_S, LONGEST_REST_S = 15.0, 600.0
AT_ONCE = 8
"""Calls of one batch; how many leave at the same time is for the way out to say."""
LIMIT_S = 120.0
"""For asking of one batch. The group waits for a member no longer than some minutes."""

Keep = Callable[[Sequence[PolledAnswer]], Awaitable[None]]
"""Returns when the answers are durable. What a provider hands out once must not be lost, so nothing cuts it short."""

log = structlog.get_logger()


class Inquirer:
    """Asks for one connection. An ill provider is its own affair and raises nothing."""

    def __init__(
        self,
        place: tuple[str, str],
        look_up: LookUp,
        *,
        monotonic: Callable[[], float],
        first_pause_s: float = 0.5,
        limit_s: float = LIMIT_S,
    ) -> None:
        self._place = place
        self._look_up = look_up
        self._workers_count = 1 if look_up.tells_once else AT_ONCE
        self._monotonic = monotonic
        self._first_pause_s = first_pause_s
        self._limit_s = limit_s
        self._failures_count = 0
        self._rests_until = float("-inf")

    async def ask(self, questions: Sequence[LookUpDue], keep: Keep) -> None:
        """Hand to `keep` what the provider says about them, as far as it can be asked now, answer by answer."""
        silent = [_silent(question) for question in {question.root_id: question for question in questions}.values()]
        most = self._look_up.most_at_once
        portions = iter([silent[begin : begin + most] for begin in range(0, len(silent), most)])
        until = asyncio.get_running_loop().time() + self._limit_s
        await asyncio.gather(*(self._work(portions, keep, until) for _ in range(self._workers_count)))

    async def _work(self, portions: Iterator[list[SilentAttempt]], keep: Keep, until: float) -> None:
        for portion in portions:
            if self._monotonic() < self._rests_until:
                self._count("resting", portion)
                continue
            try:
                async with asyncio.timeout_at(until):
                    answers = await self._ask(portion)
            except TimeoutError:
                self._count("late", portion)
            except SendError as exc:
                self._failed(exc, portion)
            except Exception:  # a bug in an adapter must not stop the others
                log.exception("look_up_failed", provider=self._place[0], connection=self._place[1])
                self._count("failed", portion)
            else:
                self._failures_count = 0
                self._count("asked", portion)
                await keep(answers)

    async def _ask(self, portion: Sequence[SilentAttempt]) -> Sequence[PolledAnswer]:
        async for attempt in stamina.retry_context(
            on=_retries, attempts=TRIES, wait_initial=self._first_pause_s, wait_max=LONGEST_PAUSE_S
        ):
            with attempt:
                return await self._look_up.ask(portion)
        return ()

    def _failed(self, exc: SendError, portion: Sequence[SilentAttempt]) -> None:
        """Let the provider rest, the longer the more often it has failed in a row."""
        self._count("failed", portion)
        rest_s = 0.0
        if not isinstance(exc, RequestInvalid):  # that is about one question, not about the provider
            rest_s = min(FIRST_REST_S * 2**self._failures_count, LONGEST_REST_S)
            rest_s = max(rest_s, min(exc.retry_after_s or 0.0, LONGEST_REST_S))
            self._failures_count = min(self._failures_count + 1, 10)
            self._rests_until = self._monotonic() + rest_s
        provider, connection = self._place
        kind = type(exc).__name__
        log.warning(
            "not_answered", provider=provider, connection=connection, error=kind, reason=str(exc), rest_s=rest_s
        )

    def _count(self, outcome: str, portion: Sequence[SilentAttempt]) -> None:
        LOOK_UPS.labels(*self._place, outcome).inc(len(portion))


def _silent(question: LookUpDue) -> SilentAttempt:
    return SilentAttempt(
        root_id=question.root_id, sent_at=question.sent_at, channel=question.channel, recipient=question.recipient
    )


def _retries(exc: Exception) -> bool | float:
    """Whether to ask once more, or after how many seconds. Asking changes nothing, so doubt is no reason not to."""
    if not isinstance(exc, SendError) or exc.permanent:
        return False
    if exc.retry_after_s is None:
        return True
    return exc.retry_after_s if exc.retry_after_s <= LONGEST_PAUSE_S else False
