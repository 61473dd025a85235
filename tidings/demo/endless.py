"""`tidings demo`: everything at work at a gentle pace, with a page to look at, until Ctrl-C."""

import asyncio
from pathlib import Path

from rich.panel import Panel

from api.admission.keys import KeyRing, Scope, ensure_first_key
from api.admission.sign_ins import offer_sign_in
from runtime.clock import SystemClock
from runtime.logging import configure_logging
from runtime.settings import Settings
from tidings.api_client import ApiClient
from tidings.demo.plans import LATE_S, PLANNED_SHARE, WAITS_S, Traffic
from tidings.demo.setup import lasting_place, stand_in_port, told_of
from tidings.installation import Installation, running
from tidings.simulation.command import Wishes, perform
from tidings.simulation.fates import Fates
from tidings.simulation.ledger import Tally
from tidings.simulation.post import Doors
from tidings.simulation.schedule import Play, cast_of
from tidings.up import CONSOLE, announce, places, prepare_broker, run_until_stopped

RATE_PER_S = 5.0
SIMULATOR = "demo simulator"


def play(rate_per_s: float, seed: int | None) -> None:
    """Run it until SIGINT or SIGTERM."""
    configure_logging("tidings", level="WARNING")
    settings, config = lasting_place()
    prepare_broker(settings)
    run_until_stopped(_play(settings, config, endless(rate_per_s, seed)))


def endless(rate_per_s: float = RATE_PER_S, seed: int | None = None) -> Wishes:
    """To be played until somebody stops it: some of it comes twice, some out of order, some is never registered."""
    return Wishes(
        rate_per_s=rate_per_s,
        message_count=None,
        duplicates=0.03,
        unregistered=0.005,
        is_shuffled=True,
        seed=seed,
    )


async def act(installation: Installation, doors: Doors, wishes: Wishes) -> None:
    """Callbacks of messages that others have sent, and messages with plans beside them."""
    cast, play = cast_of(told_of(installation.settings.connections)), wishes.play(SystemClock())
    async with asyncio.TaskGroup() as group:
        if stand_in_port(installation.settings.connections):  # settings of an older demo have nothing to send over
            group.create_task(_send(installation, doors, play))
        await perform(play, cast, doors, ledger=Tally(), console=CONSOLE)


async def _play(settings: Settings, config: Path, wishes: Wishes) -> None:
    clock, ring = SystemClock(), KeyRing(settings.data_dir)
    first_key = ensure_first_key(settings.data_dir, clock)
    _revoke_old_keys(ring)
    async with running(settings, config, announce) as (installation, supervisor):
        key, text = ring.create(clock, name=SIMULATOR, scopes=[Scope.READ, Scope.SEND], requests_per_minute=0)
        _say_where(installation, first_key)
        doors = Doors(installation.callbacks_url, installation.api_url, text)
        cast = cast_of(told_of(settings.connections))
        play = wishes.play(clock)
        try:
            async with asyncio.TaskGroup() as group:
                if stand_in_port(settings.connections):  # settings of an older demo have nothing to send over
                    group.create_task(_send(installation, doors, play))
                await supervisor.accompany(perform(play, cast, doors, ledger=Tally(), console=CONSOLE))
        finally:
            ring.revoke(key.id)


async def _send(installation: Installation, doors: Doors, play: Play) -> None:
    """Messages with plans, beside those of which callbacks come that somebody else has sent."""
    traffic = Traffic.of(installation, doors, Tally(), Fates(play.seed, late_s=LATE_S), WAITS_S)
    async with traffic.stand_in, ApiClient(installation.api_url, doors.api_key) as api:
        await traffic.live(api, play.rate_per_s * PLANNED_SHARE)


def _revoke_old_keys(ring: KeyRing) -> None:
    """Those of demos that were killed."""
    for key in ring.all():
        if key.name == SIMULATOR:
            ring.revoke(key.id)


def _say_where(installation: Installation, first_key: str | None) -> None:
    """What runs where; what people copy stands alone on its line, whole."""
    CONSOLE.print(Panel(places(installation), title="Tidings is at work", subtitle="Ctrl-C stops all", expand=False))
    readers = [key.id for key in KeyRing(installation.data_dir).all() if Scope.READ in key.scopes]
    if readers:
        sign_in = offer_sign_in(installation.data_dir, readers[0], SystemClock())
        CONSOLE.print("The live page; this link works once, within ten minutes, and later a key does:")
        CONSOLE.print(f"  [bold]{installation.api_url}{sign_in}[/bold]", soft_wrap=True, highlight=False)
    if first_key:
        CONSOLE.print("The first API key, shown this once; `tidings keys create` makes more:")
        CONSOLE.print(f"  [bold]{first_key}[/bold]", soft_wrap=True, highlight=False)
