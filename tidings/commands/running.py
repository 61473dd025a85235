"""The commands that run an installation, and show how it is laid out."""

from typing import Annotated

import typer

from tidings.options import AsJson, Config, Seed
from tidings.teaching import Teaching

commands = Teaching()


@commands.taught(
    "tidings up --config /etc/tidings/tidings.toml",
    ends="1 when a process does not come up, or dies for good; 3 when Kafka does not",
)
def up(config: Config = None) -> None:
    """Run Tidings on this machine: Kafka when none is configured, the topics, ingest, streams and api.

    What dies is started again. Logs are in <data_dir>/logs, who runs is in <data_dir>/processes.json; Ctrl-C stops all.
    """
    from tidings.up import stay_up

    stay_up(config)


@commands.taught(
    "tidings demo --once --messages 500", ends="1 when, with --once, something is not as the simulator knows"
)
def demo(
    *,
    once: Annotated[bool, typer.Option("--once", help="A fixed number of messages, reconciled one by one.")] = False,
    messages: Annotated[int, typer.Option(min=1, help="How many, with --once.")] = 3000,
    rate: Annotated[float, typer.Option(min=0, help="Messages a second; 0: 400 with --once, else 5.")] = 0,
    seed: Seed = None,
) -> None:
    """See Tidings at work: everything is started, providers are simulated, and there is a live page.

    With --once it is a proof: the last line is received=… applied=… repeated=… outranked=… parked=… quarantined=…
    in_flight=… unexplained=…, and the exit status is 0 only when all of it is as the simulator knows.
    """
    from tidings.demo import endless, proof

    if once:
        raise typer.Exit(proof.prove(messages, rate or proof.RATE_PER_S, seed))
    endless.play(rate or endless.RATE_PER_S, seed)


@commands.taught("tidings broker --port 9092", ends="3 when it does not start, or ends by itself")
def broker(
    config: Config = None,
    port: Annotated[int | None, typer.Option(help="The port for clients; a free one when not given.")] = None,
) -> None:
    """Run only the local Kafka, in the foreground; Ctrl-C stops it."""
    from tidings.up import run_broker

    run_broker(config, port)


@commands.taught("tidings topology --mermaid", ends="2 when the settings are wrong")
def topology(
    *,
    config: Config = None,
    as_json: AsJson = False,
    mermaid: Annotated[bool, typer.Option("--mermaid", help="Print a Mermaid flowchart.")] = False,
) -> None:
    """Show which stage reads and writes which topic."""
    from tidings.topology import show_topology

    show_topology(config, as_json=as_json, as_mermaid=mermaid)


@commands.taught("tidings topics --create", ends="3 when a topic is to be created and no Kafka answers")
def topics(
    *,
    config: Config = None,
    create: Annotated[bool, typer.Option("--create", help="Create those that are missing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show the topics: what travels, how it is keyed, how long it stays."""
    from tidings.topology import show_topics

    show_topics(config, is_creating=create, as_json=as_json)
