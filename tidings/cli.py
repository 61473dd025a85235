"""The table of commands. Each imports what it needs when it runs, so that help comes at once."""

# ruff: noqa: PLC0415  # imports stand inside the commands: help must not wait for Kafka clients

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from tidings.back_test.cli import past
from tidings.exits import PlainTyper
from tidings.key_commands import answerable, keys
from tidings.options import AsJson, Config
from tidings.teaching import Teaching, unwrapped
from tidings.watching import watching

app = PlainTyper(
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help=unwrapped("""One honest account of what happened to every Viber and SMS message, whichever provider carried it.

    [bold]tidings demo[/bold] shows it at work, [bold]tidings up[/bold] runs it, [bold]tidings top[/bold] watches it and
    [bold]tidings doctor[/bold] says what is wrong and how to mend it.

    Exit status: 0 done, 1 failed or not as it should be, 2 wrong configuration or usage, 3 no broker."""),
)
app.add_typer(keys, name="keys")
app.add_typer(answerable)
archive = Teaching(no_args_is_help=True, help="List and verify what is kept of all that came in.")
app.add_typer(archive, name="archive")
snapshot = Teaching(no_args_is_help=True, help="List and verify the copies of the store to fall back on.")
app.add_typer(snapshot, name="snapshot")
app.add_typer(past)
app.add_typer(watching)


def fraction(text: str | float) -> float:
    """A share written as `3%` or `0.03`."""
    written = str(text)
    try:
        number = float(written.removesuffix("%")) / (100 if written.endswith("%") else 1)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 1:
        raise typer.BadParameter(f"{text} is not a share such as 3% or 0.03")
    return number


Seed = Annotated[int | None, typer.Option(help="The same seed plays the same lives; random when not given.")]


def _print_version(is_asked: bool) -> None:  # noqa: FBT001  # typer calls it with the flag
    if is_asked:
        from importlib.metadata import version

        typer.echo(f"tidings {version('tidings')}")
        raise typer.Exit


@app.callback()
def main(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


@app.taught(
    "tidings up --config /etc/tidings/tidings.toml",
    ends="1 when a process does not come up, or dies for good; 3 when Kafka does not",
)
def up(config: Config = None) -> None:
    """Run Tidings on this machine: Kafka when none is configured, the topics, ingest, streams and api.

    What dies is started again. Logs are in <data_dir>/logs, who runs is in <data_dir>/processes.json; Ctrl-C stops all.
    """
    from tidings.up import stay_up

    stay_up(config)


@app.taught("tidings demo --once --messages 500", ends="1 when, with --once, something is not as the simulator knows")
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


@app.taught(
    "tidings simulate --messages 1000 --duplicates 3% --shuffle --out truth.json",
    ends="1 when callbacks were refused or got no answer",
)
def simulate(  # noqa: PLR0913  # every option of a command is an argument
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


@app.taught(
    "tidings stand-in --faults duplicate=3%,cut=1% --truth truth.ndjson",
    ends="2 when nobody can listen at the port",
    name="stand-in",
)
def stand_in(  # noqa: PLR0913  # every option of a command is an argument
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


@app.taught(
    "tidings explain --provider infobip --hint viber --words body.json",
    ends="2 when a file cannot be read, or is no callback of that provider",
)
def explain(
    files: Annotated[list[Path], typer.Argument(help="Callbacks: samples, or bare bodies with --provider.")],
    *,
    provider: Annotated[str, typer.Option(help="Whose callback a bare body is.")] = "",
    hint: Annotated[str, typer.Option(help="What would follow the connection in its path, such as viber.")] = "",
    words: Annotated[bool, typer.Option("--words", help="Say it in words on standard output, without JSON.")] = False,
) -> None:
    """Say what would be made of a callback, without running anything: the facts, and which code row decided.

    Prints {"file", "accept", "facts", "dead_letters"} as JSON, one object for one file and a list for several; for a
    bare body the words go to standard error beside it.
    """
    from tidings.explain import explain_files

    raise typer.Exit(explain_files(files, provider=provider, hint=hint, is_words=words))


@app.taught(
    "tidings replay --from 2026-11-20 --to 2026-11-21 --provider telesign --dry-run",
    ends="1 when there is no archive or no store to compare with",
)
def replay(  # noqa: PLR0913  # every option of a command is an argument
    *,
    begin: Annotated[datetime, typer.Option("--from", help="The first time of receipt (UTC).")],
    end: Annotated[datetime, typer.Option("--to", help="The end, which is not in it (UTC).")],
    provider: Annotated[str, typer.Option(help="Only callbacks of this provider.")] = "",
    connection: Annotated[str, typer.Option(help="Only those of connections of this name.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")] = False,
    rate: Annotated[float, typer.Option(min=0.1, help="Callbacks a second.")] = 500.0,
    examples: Annotated[int, typer.Option(min=0, help="How many changes to show, with --dry-run.")] = 20,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Normalise callbacks of the archive once more, with the adapters as they are today.

    Facts that are known count as repeated and change nothing; what an adapter understands only now is added. Look with
    --dry-run first: it compares with the store, or with its newest snapshot while the api process has the store open.
    """
    from tidings.replay import command

    wishes = command.Wishes(
        begin=begin, end=end, provider=provider, connection=connection, rate_per_s=rate, example_count=examples
    )
    raise typer.Exit(command.run(config, wishes, is_dry_run=dry_run, as_json=as_json))


@app.taught(
    "tidings rebuild --config /etc/tidings/tidings.toml",
    ends="1 when the store is in use, or a file of the archive is damaged",
)
def rebuild(config: Config = None, *, as_json: AsJson = False) -> None:
    """Add to a store that was filled anew what Kafka no longer has, from the archive.

    The api process must have fed the store from Kafka before, and must be stopped meanwhile. What the store has is left
    as it is, so the command may be broken off and begun again.
    """
    from tidings.rebuild import command

    raise typer.Exit(command.run(config, as_json=as_json))


@app.taught("tidings store --json", ends="1 when there is no store that can be read")
def store(config: Config = None, *, as_json: AsJson = False) -> None:
    """Show what the store keeps: rows by table, since when, and up to when facts were dropped.

    While the api process has the store open it is its newest snapshot that is shown, and the first words say so.
    """
    from tidings.store import show_store

    show_store(config, as_json=as_json)


@app.taught(
    "tidings erase +447700900105 --dry-run",
    ends="1 when the person can still be read in a file, or cannot be erased now",
)
def erase(  # every option of a command is an argument
    person: Annotated[str, typer.Argument(help="The number with its plus, or the id that a bot's provider gives.")],
    *,
    config: Config = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be erased, and erase nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether you are sure.")] = False,
    wishes_too: Annotated[
        bool, typer.Option("--wishes-too", help="Forget also that the person does not want to be written to.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Erase a person: archive, store, snapshots, exports and what the stages remember; then prove that nothing is left.

    Streams and api must be stopped meanwhile, ingest may go on. Topics keep what came until their retention ends; the
    answer says when.
    """
    from tidings.erase import command

    done = command.run(config, person, command.Wishes(dry_run=dry_run, yes=yes, wishes_too=wishes_too), as_json=as_json)
    raise typer.Exit(done)


@app.taught("tidings topology --mermaid", ends="2 when the settings are wrong")
def topology(
    *,
    config: Config = None,
    as_json: AsJson = False,
    mermaid: Annotated[bool, typer.Option("--mermaid", help="Print a Mermaid flowchart.")] = False,
) -> None:
    """Show which stage reads and writes which topic."""
    from tidings.topology import show_topology

    show_topology(config, as_json=as_json, as_mermaid=mermaid)


@app.taught("tidings topics --create", ends="3 when a topic is to be created and no Kafka answers")
def topics(
    *,
    config: Config = None,
    create: Annotated[bool, typer.Option("--create", help="Create those that are missing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show the topics: what travels, how it is keyed, how long it stays."""
    from tidings.topology import show_topics

    show_topics(config, is_creating=create, as_json=as_json)


@app.taught("tidings broker --port 9092", ends="3 when it does not start, or ends by itself")
def broker(
    config: Config = None,
    port: Annotated[int | None, typer.Option(help="The port for clients; a free one when not given.")] = None,
) -> None:
    """Run only the local Kafka, in the foreground; Ctrl-C stops it."""
    from tidings.up import run_broker

    run_broker(config, port)


@app.taught(
    "tidings verify-export exports/2026-11-21 --json", ends="1 when anything is wrong with a file", name="verify-export"
)
def verify_export(
    place: Annotated[Path, typer.Argument(help="The folder of a fetched export, or its manifest.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Read a fetched export through: its hashes, its counts, its columns. Needs no settings and no installation.

    Each finding is a line on standard output.
    """
    from tidings.exports import verify_export

    raise typer.Exit(verify_export(place, as_json=as_json))


@archive.taught("tidings archive list --json", ends="1 when the list of its files is damaged", name="list")
def list_archive(*, config: Config = None, as_json: AsJson = False) -> None:
    """List the files of the archive: what they hold, from when to when."""
    from tidings.archive import show_archive

    show_archive(config, as_json=as_json)


@archive.taught("tidings archive verify --json", ends="1 when anything is wrong with a file", name="verify")
def verify_archive(*, config: Config = None, as_json: AsJson = False) -> None:
    """Read every file of the archive again: its hash, its count, and that every place is there once.

    Each finding is a line on standard output.
    """
    from tidings.archive import verify_archive

    raise typer.Exit(verify_archive(config, as_json=as_json))


@snapshot.taught("tidings snapshot list --json", ends="2 when the settings are wrong", name="list")
def list_snapshots(*, config: Config = None, as_json: AsJson = False) -> None:
    """List the copies of the store that are kept, the newest first."""
    from tidings.snapshots import show_snapshots

    show_snapshots(config, as_json=as_json)


@snapshot.taught("tidings snapshot verify --json", ends="1 when a copy cannot be read, or there is none", name="verify")
def verify_snapshot(*, config: Config = None, as_json: AsJson = False) -> None:
    """Read every kept copy of the store through, while the processes run or not."""
    from tidings.snapshots import verify_snapshots

    raise typer.Exit(verify_snapshots(config, as_json=as_json))
