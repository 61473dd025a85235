"""`tidings stand-in`: be the providers of an installation until told to stop, then tell what was true."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from secrets import randbelow

from rich.console import Console
from rich.table import Table

from contracts.errors import ConfigurationInvalid
from runtime.logging import configure_logging
from runtime.settings import load_settings
from tidings.installation import Installation
from tidings.simulation.command import SEEDS
from tidings.simulation.faults import FAULTS
from tidings.simulation.played import Staging
from tidings.simulation.schedule import Actor, cast_of
from tidings.simulation.server import StandIn
from tidings.simulation.truth import Account, as_lines
from tidings.up import run_until_stopped

CONSOLE = Console(stderr=True)


def run(config: Path | None, staging: Staging, *, port: int, providers: Sequence[str], truth: Path | None) -> None:
    """Serve until SIGINT or SIGTERM; then print the account, and write each message to `truth`."""
    configure_logging("stand-in", level="WARNING")
    settings = load_settings(config)
    cast = [actor for actor in cast_of(settings.connections, providers) if actor.provider.serve]
    if not cast:
        raise ConfigurationInvalid("no configured provider has a simulated API; add a connection of one that has")
    stand_in = StandIn(cast, staging, callbacks_url=Installation(settings, config).callbacks_url, port=port)
    run_until_stopped(_serve(stand_in, cast, staging))
    if truth:
        truth.write_bytes(as_lines(stand_in.messages))
    Console().print(account_table(stand_in.accounts))


def drawn_seed(seed: int | None) -> int:
    """The seed that was asked for, or any."""
    return randbelow(SEEDS) if seed is None else seed


async def _serve(stand_in: StandIn, cast: Sequence[Actor], staging: Staging) -> None:
    async with stand_in:
        CONSOLE.print(f"seed {staging.seed}, {staging.speed:g} seconds of a message's life in one of ours")
        CONSOLE.print("set in each connection, with may_call_private_addresses = true:")
        for actor in cast:
            url = stand_in.base_url(actor.connection.provider, actor.connection.name)
            CONSOLE.print(f'  base_url = "{url}"', soft_wrap=True, highlight=False)
        await asyncio.Event().wait()


def account_table(accounts: dict[str, Account]) -> Table:
    """What each connection was asked, what is true, and what was told of it."""
    table = Table("", *accounts, title="what was true")
    columns = [_told(account) for account in accounts.values()]
    for name in columns[0]:
        table.add_row(name, *(column[name] for column in columns))
    return table


def _told(account: Account) -> dict[str, str]:
    forged, let_in = account.total("forged"), account.total("forged_taken")
    return {
        "calls": str(account.calls),
        "answers": _listed(account.answers),
        "messages": str(len(account.messages)),
        "truly": _listed(account.ended()),
        "callbacks": str(account.total("callbacks")),
        "taken": str(account.total("taken")),
        "given up": str(account.total("given_up")),
        "forged": f"[red]{forged}, {let_in} let in[/red]" if let_in else str(forged),
        "faults": _listed({fault: count for fault in FAULTS if (count := account.erred(fault))}),
    }


def _listed(counts: dict[str, int] | dict[int, int]) -> str:
    return ", ".join(f"{count} {name or 'cut'}" for name, count in sorted(counts.items()))
