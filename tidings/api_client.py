"""Asks the API, patiently: it may be on its way back from a restart."""

import json
from types import TracebackType
from typing import Any, Self

import aiohttp
import stamina

from contracts.errors import TidingsError

ANSWER_LIMIT_S = 20.0
PATIENCE_S = 60.0

AWAY = (aiohttp.ClientError, TimeoutError)
"""It is restarted, or too busy: another attempt may find it."""

Json = dict[str, Any]


class ApiUnhelpful(TidingsError):
    """The API gave another answer than a good one."""


class ApiClient:
    """One key's way to the API: `async with ApiClient(url, key) as api`."""

    def __init__(self, url: str, key: str, *, limit_s: float = ANSWER_LIMIT_S, patience_s: float = PATIENCE_S) -> None:
        self._url = url
        self._limit_s = limit_s
        self._patience_s = patience_s
        self._headers = {"authorization": f"Bearer {key}"}

    async def __aenter__(self) -> Self:
        timeout = aiohttp.ClientTimeout(total=self._limit_s)
        self._session = aiohttp.ClientSession(headers=self._headers, timeout=timeout)
        return self

    async def __aexit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        await self._session.close()

    async def get(self, path: str) -> Json:
        """The answer; null members and all. Raises `ApiUnhelpful` when there is none, whatever the patience."""
        return await self._ask("GET", path)

    async def post(self, path: str, body: Json) -> Json:
        """The same with a body. It may be posted twice, so the second time must change nothing."""
        return await self._ask("POST", path, body)

    async def _ask(self, method: str, path: str, body: Json | None = None) -> Json:
        try:
            async for attempt in stamina.retry_context(
                on=AWAY, attempts=None, timeout=self._patience_s, wait_max=1.0, wait_jitter=0.2
            ):
                with attempt:
                    return await self._ask_once(method, path, body)
        except AWAY as exc:
            said = str(exc) or type(exc).__name__
            raise ApiUnhelpful(
                f"no answer from {self._url}{path} within {self._patience_s:.0f} s ({said}); `tidings doctor` says "
                "what is wrong with the api process"
            ) from exc
        raise AssertionError(method)  # not reached: an attempt answers or raises

    async def _ask_once(self, method: str, path: str, body: Json | None) -> Json:
        async with self._session.request(method, f"{self._url}{path}", json=body) as answer:
            if answer.status >= 500:
                answer.raise_for_status()
            if answer.status >= 300:
                raise ApiUnhelpful(f"{path} was answered with {answer.status}, {_told(await answer.text())}")
            told: Json = await answer.json()
            return told


def _told(answer: str) -> str:
    """What a problem is called, and each rule that was broken; the beginning of an answer that is no problem."""
    try:
        problem = json.loads(answer)
        errors = [f"{error['member']}: {error['detail']}".removeprefix(": ") for error in problem.get("errors") or ()]
        return "; ".join([str(problem["title"]), *(errors or [str(problem["detail"])])])
    except (ValueError, KeyError, TypeError, AttributeError):
        return answer[:100]
