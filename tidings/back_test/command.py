"""Asks the API about the past, and shows the answer. It works while the api process has the store open."""

import asyncio
import json
import re
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import stamina.instrumentation
import typer
from rich.console import Console

from contracts.errors import ConfigurationInvalid
from runtime.exits import Exit
from runtime.settings import load_settings
from tidings.api_client import ApiClient, Json
from tidings.at_work import at_work
from tidings.back_test.tables import show_back_test, show_waits
from tidings.installation import Installation

ANSWER_LIMIT_S = 60.0
"""Far above the store's own limit for a question."""
_STEP = re.compile(r"(?P<channel>\w+)(@(?P<provider>[\w-]+)(/(?P<connection>[\w-]+))?)?(:(?P<wait_s>\d+))?")


@dataclass(frozen=True, kw_only=True)
class Access:
    """Where the API is, and the key to it."""

    config: Path | None
    api_key: str

    def client(self) -> ApiClient:
        if not self.api_key:
            raise ConfigurationInvalid(
                "the API has to be asked and that takes a key: `tidings keys create analyst --scope read`, then "
                "--api-key or TIDINGS_API_KEY"
            )
        url = Installation(load_settings(self.config), self.config).api_url
        return ApiClient(url, self.api_key, limit_s=ANSWER_LIMIT_S)


@dataclass(frozen=True, kw_only=True)
class Which:
    """The messages that are looked at; what is empty is left to the API."""

    begin: datetime | None = None
    end: datetime | None = None
    provider: str = ""
    countries: tuple[str, ...] = ()
    campaigns: tuple[str, ...] = ()
    is_by_occurred: bool = False

    def members(self) -> Json:
        told = {
            "from": self.begin and self.begin.replace(tzinfo=UTC).isoformat(),
            "to": self.end and self.end.replace(tzinfo=UTC).isoformat(),
            "provider": self.provider,
            "country": list(self.countries),
            "campaign": list(self.campaigns),
            "clock": "occurred" if self.is_by_occurred else "",
        }
        return {name: value for name, value in told.items() if value}


def parse_step(text: str) -> Json:
    """`viber@infobip/main:60` as a step: a channel, perhaps over one connection, and the seconds of its wait."""
    found = _STEP.fullmatch(text)
    if found is None:
        raise typer.BadParameter(f"{text} is not a step such as viber:60, viber@infobip/main:60 or sms")
    told = {name: value for name, value in found.groupdict().items() if value is not None}
    return told | ({"wait_s": int(told["wait_s"])} if "wait_s" in told else {})


def back_test(access: Access, which: Which, *, policy: str, steps: tuple[str, ...], as_json: bool) -> Exit:
    """Replay a plan, and say what it would have done."""
    if bool(policy) == bool(steps):
        raise ConfigurationInvalid("give a plan: the name of a policy with --policy, or --step twice or more")
    plan: Json = {"policy": policy} if policy else {"steps": [parse_step(step) for step in steps]}
    return _ask(access, lambda api: api.post("/v1/back-tests", which.members() | plan), show_back_test, as_json=as_json)


def advise_wait(access: Access, which: Which, *, wishes: Mapping[str, Sequence[str]], as_json: bool) -> Exit:
    """Say how long to wait before a fallback."""
    given = {name: value for name, value in wishes.items() if value}
    query = urlencode(which.members() | given, doseq=True)
    return _ask(access, lambda api: api.get(f"/v1/advice/waits?{query}"), show_waits, as_json=as_json)


def _ask(
    access: Access,
    question: Callable[[ApiClient], Coroutine[Any, Any, Json]],
    show: Callable[[Json, Console], None],
    *,
    as_json: bool,
) -> Exit:
    client = access.client()
    stamina.instrumentation.set_on_retry_hooks([])  # that it is patient is said by the bar

    async def asked() -> Json:
        async with client as api:
            return await question(api)

    with at_work("looking at the past"):
        answer = asyncio.run(asked())
    if as_json:
        typer.echo(json.dumps(answer))
    else:
        show(answer, Console())
    return Exit.DONE
