"""The commands about what is kept: the archive, the store and its copies, exports, and what is kept of a person."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from tidings.options import AsJson, Config
from tidings.teaching import Teaching

commands = Teaching()
archive = Teaching(no_args_is_help=True, help="List and verify what is kept of all that came in.")
commands.add_typer(archive, name="archive")
snapshot = Teaching(no_args_is_help=True, help="List and verify the copies of the store to fall back on.")
commands.add_typer(snapshot, name="snapshot")


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


@commands.taught(
    "tidings replay --from 2026-11-20 --to 2026-11-21 --dry-run",
    ends="1 when there is no archive or no store to compare with",
)
def replay(
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


@commands.taught("tidings store --json", ends="1 when there is no store that can be read")
def store(config: Config = None, *, as_json: AsJson = False) -> None:
    """Show what the store keeps: rows by table, since when, and up to when facts were dropped.

    While the api process has the store open it is its newest snapshot that is shown, and the first words say so.
    """
    from tidings.store import show_store

    show_store(config, as_json=as_json)


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


@commands.taught(
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


@commands.taught(
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


@commands.taught(
    "tidings erase +447700900105 --dry-run",
    ends="1 when the person can still be read in a file, or cannot be erased now",
)
def erase(
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
