"""Pictures of terminals, drawn by the commands themselves: of an installation that runs, with the demo's traffic."""

import asyncio
import os
import sys
from pathlib import Path

from api.admission.keys import KeyRing, Scope
from runtime.clock import SystemClock
from runtime.settings import load_settings
from tidings.demo.endless import act, endless
from tidings.demo.setup import ensure_demo_settings, fresh_ports
from tidings.installation import Installation, running
from tidings.simulation.post import Doors
from tidings.up import prepare_broker

COMMANDS = {"doctor": ("doctor",), "top": ("top", "--once")}
PLAYED_S = 45.0
"""Long enough for rates, and too short for the demo's unknown codes to become alarms."""


def take(folder: Path, pictures: Path) -> None:
    """Start an installation in `folder` and keep in `pictures` what each command shows of it."""
    file = ensure_demo_settings(folder, topic_prefix="tidings-", ports=fresh_ports())
    prepare_broker(load_settings(file))
    asyncio.run(_take(file, pictures))


async def _take(file: Path, pictures: Path) -> None:
    async with running(load_settings(file), file) as (installation, supervisor):
        scopes = [Scope.READ, Scope.SEND]
        _, key = KeyRing(installation.data_dir).create(SystemClock(), name="pictures", scopes=scopes)
        doors = Doors(installation.callbacks_url, installation.api_url, key)
        playing = asyncio.create_task(supervisor.accompany(act(installation, doors, endless(seed=7))))
        await asyncio.wait([playing], timeout=PLAYED_S)
        for name, command in COMMANDS.items():
            await _draw(installation, key, command, pictures / f"{name}.svg")
        playing.cancel()
        await asyncio.wait([playing])


async def _draw(installation: Installation, key: str, command: tuple[str, ...], picture: Path) -> None:
    said = ("--config", str(installation.config), "--picture", str(picture))
    # No more than a person says beside it, who leaves the broker to be found.
    environment = {**os.environ, "TIDINGS_DATA_DIR": str(installation.data_dir), "TIDINGS_API_KEY": key}
    drawing = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tidings", *command, *said, env=environment, stdout=asyncio.subprocess.DEVNULL
    )
    await drawing.wait()
