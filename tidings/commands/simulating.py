"""The commands that play the providers."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from tidings.options import AsJson, Config, Seed, fraction
from tidings.teaching import Teaching

commands = Teaching()


@commands.taught(
    "tidings simulate --messages 1000 --duplicates 3% --shuffle --out truth.json",
    ends="1 when callbacks were refused or got no answer",
)
def simulate(
    *,
    config: Config = None,
    rate: Annotated[float, typer.Option(min=0.01, help="Messages a second.")] = 200.0,
    messages: Annotated[int, typer.Option(min=0, help="How many; 0 for no end.")] = 5000,
    duplicates: Annotated[float, typer.Option(parser=fraction, metavar="SHARE", help="Callbacks posted twice.")] = 0.0,
    unregistered: Annotated[
        float, typer.Option(parser=fraction, metavar="SHARE", help="Sends that nobody registers.")
    ] = 0.0,
    shuffle: Annotated[bool, typer.Option("--shuffle", help="Move callbacks around within a window.")] = False,
    seed: Seed = None,
    speed: Annotated[
        float, typer.Option(min=0, help="Seconds of the messages' lives in one of ours; 0: 1200, or 1 without end.")
    ] = 0,
    start: Annotated[
        datetime | None, typer.Option(help="When the first message leaves (UTC), for a run that repeats another.")
    ] = None,
    provider: Annotated[list[str] | None, typer.Option(help="Only this provider; may be given again.")] = None,
    api_key: Annotated[str, typer.Option(envvar="TIDINGS_API_KEY", help="A key that may send.")] = "",
    out: Annotated[Path | None, typer.Option(help="Write what must be true afterwards into this file.")] = None,
    as_json: AsJson = False,
) -> None:
    """Play the providers against a running installation: signed callbacks of made-up messages.

    Afterwards it knows what must be true: how many items, how many repeats, where every attempt stands.
    """
    from tidings.simulation import command

    wishes = command.Wishes(
        rate_per_s=rate,
        message_count=messages or None,
        duplicates=duplicates,
        unregistered=unregistered,
        is_shuffled=shuffle,
        seed=seed,
        speed=speed or None,
        start=start,
        providers=tuple(provider or ()),
    )
    raise typer.Exit(command.run(config, wishes, api_key=api_key, out=out, as_json=as_json))


@commands.taught(
    "tidings stand-in --faults duplicate=3%,cut=1% --truth truth.ndjson",
    ends="2 when nobody can listen at the port",
    name="stand-in",
)
def stand_in(
    *,
    config: Config = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Where the APIs are served; 0: a free one.")] = 8090,
    speed: Annotated[float, typer.Option(min=0.01, help="Seconds of the messages' lives in one of ours.")] = 60.0,
    replies: Annotated[
        float, typer.Option(parser=fraction, metavar="SHARE", help="Delivered messages that people answer.")
    ] = 0.05,
    faults: Annotated[
        str, typer.Option(metavar="NAME=SHARE,…", help="How providers err, such as duplicate=3%,cut=1%.")
    ] = "",
    seed: Seed = None,
    provider: Annotated[list[str] | None, typer.Option(help="Only this provider; may be given again.")] = None,
    truth: Annotated[Path | None, typer.Option(help="Write what was true of each message here, as NDJSON.")] = None,
) -> None:
    """Stand in for the providers: serve their send and look-up APIs, and call back, until Ctrl-C.

    Each connection is served under /<provider>/<connection>; point its base_url there. The same seed gives the same
    sends in the same order the same lives. Faults: lie, contradict, silence, reorder, delay, duplicate, forge, slow,
    throttle, fail, cut.
    """
    from tidings.simulation import stand_in as command
    from tidings.simulation.faults import Faults
    from tidings.simulation.played import Staging

    staging = Staging(seed=command.drawn_seed(seed), speed=speed, replies=replies, faults=Faults.parse(faults))
    command.run(config, staging, port=port, providers=tuple(provider or ()), truth=truth)
