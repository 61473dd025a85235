"""The local ports of the processes: whether they answer, whether they are ready, and what they count."""

import asyncio
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp

from runtime.clock import Clock
from runtime.settings import Settings
from tidings.installation import reachable
from tidings.samples import Samples

ANSWER_LIMIT_S = 3.0


@dataclass(frozen=True)
class Door:
    """One process as it answered, or did not."""

    name: str
    url: str
    asked_at: datetime
    """The middle between question and answer."""
    trouble: str = ""
    """Why nothing is known of it; empty when it answered as one of our processes does."""
    is_ready: bool = False
    reason: str = ""
    """What it says of itself, when that is more than that it is well."""
    date: datetime | None = None
    """Its time, to the second."""
    page: str = ""
    """Its metrics."""

    @property
    def version(self) -> str:
        """Which Tidings it runs; empty where it does not say."""
        versions = Samples.of([self.page]).by("tidings_version_info", "version") if self.page else {}
        return next(iter(versions), "")

    @property
    def started_at(self) -> datetime | None:
        """When it was started; null where its system does not tell."""
        at_s = Samples.of([self.page]).most("process_start_time_seconds") if self.page else 0.0
        return datetime.fromtimestamp(at_s, UTC) if at_s else None


async def doors_of(settings: Settings, clock: Clock) -> list[Door]:
    """The three processes, asked at the same time; what is wrong with one is told in it."""
    ingest, streams, api = settings.ingest, settings.streams, settings.api
    places = {
        "ingest": reachable(ingest.admin_host, ingest.admin_port),
        "streams": reachable(streams.admin_host, streams.admin_port),
        "api": reachable(api.host, api.port),
    }
    limit = aiohttp.ClientTimeout(total=ANSWER_LIMIT_S)
    async with aiohttp.ClientSession(timeout=limit) as session:
        return await asyncio.gather(*(_looked_at(session, name, url, clock) for name, url in places.items()))


async def _looked_at(session: aiohttp.ClientSession, name: str, url: str, clock: Clock) -> Door:
    began_at = clock.now()
    try:
        async with session.get(f"{url}/readyz") as answer:
            told, status = json.loads(await answer.read()), answer.status
            date = answer.headers.get("date")
        asked_at = began_at + (clock.now() - began_at) / 2
        async with session.get(f"{url}/metrics") as answer:
            page = await answer.text()
    except (aiohttp.ClientConnectionError, TimeoutError) as exc:
        return Door(name, url, began_at, trouble=_why(exc))
    except (ValueError, aiohttp.ClientError):
        return Door(name, url, began_at, trouble="what answers is no process of Tidings")
    if not isinstance(told, dict) or "tidings_" not in page:
        return Door(name, url, began_at, trouble="what answers is no process of Tidings")
    reason = _reason(told, is_ready=status == 200)
    return Door(name, url, asked_at, is_ready=status == 200, reason=reason, date=_moment(date), page=page)


def _moment(date: str | None) -> datetime | None:
    """A `Date` is cut to the second: on average it is half a second more."""
    return parsedate_to_datetime(date) + timedelta(seconds=0.5) if date else None


def _why(exc: Exception) -> str:
    if isinstance(exc, aiohttp.ClientConnectorError) and exc.os_error.strerror:
        return "nobody listens there" if isinstance(exc.os_error, ConnectionRefusedError) else exc.os_error.strerror
    return f"no answer within {ANSWER_LIMIT_S:.0f} s" if isinstance(exc, TimeoutError) else type(exc).__name__


def _reason(told: dict[str, Any], *, is_ready: bool) -> str:
    """Each process says it its own way; the stages by what of each is so."""
    if "stages" not in told:
        return str(told.get("reason", ""))
    if is_ready:
        return ""
    parts = {**told["stages"], **told.get("beside", {})}
    ill = {name: [sign for sign in ("joined", "broker") if part.get(sign) is False] for name, part in parts.items()}
    words = {"joined": "is not in its group yet", "broker": "reaches no broker"}
    return "; ".join(f"{name} {' and '.join(words[sign] for sign in signs)}" for name, signs in ill.items() if signs)
