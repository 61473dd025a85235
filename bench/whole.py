"""A whole installation on this machine: Kafka, ingest, the stages and the API, for those who measure from its doors."""

import tempfile
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TypeVar

from api.admission.keys import KeyRing, Scope
from bench.ingest import CUSTOMER_ID, KEY
from runtime.clock import SystemClock
from runtime.settings import load_settings
from tidings.demo.setup import ensure_demo_settings, fresh_ports
from tidings.installation import Installation, running
from tidings.up import prepare_broker

OBSERVED = """
[[connections]]
provider = "telesign"
name = "{name}"
observe_only = true
rate_per_s = 100000
customer_id = "{customer_id}"
api_keys = ["{key}"]
"""
T = TypeVar("T")
Work = Callable[[Installation, str], Awaitable[T]]
"""Takes the installation and a key to its API."""


def door(name: str) -> str:
    """The path of the connection called `name`."""
    return f"/callbacks/telesign/{name}"


async def in_installation(work: Work[T], connections: Sequence[str]) -> T:
    """What comes of `work` in a new one with these connections; raises when a process cannot be kept up."""
    with tempfile.TemporaryDirectory(prefix="tidings-bench-") as name:
        file = ensure_demo_settings(Path(name), topic_prefix="bench-", ports=fresh_ports())
        told = [OBSERVED.format(name=one, customer_id=CUSTOMER_ID, key=KEY) for one in connections]
        file.write_text(file.read_text("utf-8") + "".join(told), "utf-8")
        settings = load_settings(file)
        prepare_broker(settings)
        async with running(settings, file) as (installation, supervisor):
            scopes = [Scope.READ, Scope.FEED]
            _, key = KeyRing(installation.data_dir).create(
                SystemClock(), name="bench", scopes=scopes, requests_per_minute=0
            )

            async def worked() -> T:
                return await work(installation, key)

            return await supervisor.accompany(worked())
