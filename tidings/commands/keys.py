"""The commands about keys of the API, and about what was done that has to be answered for."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from tidings.options import AsJson, Config, span
from tidings.teaching import Teaching

commands = Teaching()
keys = Teaching(no_args_is_help=True, help="Make, list, rotate and revoke the keys of the API.")
commands.add_typer(keys, name="keys")

Expires = Annotated[timedelta | None, typer.Option(parser=span, metavar="TIME", help="How long it works, such as 90d.")]


def from_now(expires: timedelta | None) -> datetime | None:
    """When that is over; null stands for never."""
    return None if expires is None else datetime.now(UTC) + expires


@keys.taught("tidings keys list --json", ends="2 when the file of keys cannot be read", name="list")
def list_keys(*, config: Config = None, as_json: AsJson = False) -> None:
    """List the keys: their names and what they may do, never their text."""
    from tidings.keys import show_keys

    show_keys(config, as_json=as_json)


@keys.taught(
    "tidings keys create bi --scope read --scope export --expires 90d",
    ends="1 when it cannot be written down",
    name="create",
)
def create_key(
    name: Annotated[str, typer.Argument(help="Who or what will use it.")],
    *,
    config: Config = None,
    scope: Annotated[
        list[str] | None,
        typer.Option(help="read, feed, export, send, replay or admin; may be given again. read when not given."),
    ] = None,
    account: Annotated[list[str] | None, typer.Option(help="Bind it to this account; may be given again.")] = None,
    expires: Expires = None,
    rate: Annotated[
        int | None, typer.Option(min=0, help="Requests a minute; 0: no limit. The installation's when not given.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a key and print its text, which cannot be had again."""
    from tidings.keys import create

    create(
        config,
        name,
        scopes=tuple(scope or ("read",)),
        terms={"accounts": account, "expires_at": from_now(expires), "requests_per_minute": rate},
        as_json=as_json,
    )


@keys.taught("tidings keys rotate 1a2b3c4d --overlap 24h", ends="1 when there is no such key", name="rotate")
def rotate_key(
    key_id: Annotated[str, typer.Argument(help="As `tidings keys list` shows it.")],
    *,
    config: Config = None,
    overlap: Annotated[
        timedelta, typer.Option(parser=span, metavar="TIME", help="How long the text before works on, such as 24h.")
    ] = timedelta(hours=24),
    expires: Expires = None,
    as_json: AsJson = False,
) -> None:
    """Give a key a new text, which works at once; the one before works until the overlap is over.

    After a leak: --overlap 0m. Sign-ins to the page that were made with the key end.
    """
    from tidings.keys import rotate

    rotate(config, key_id, overlap=overlap, expires_at=from_now(expires), as_json=as_json)


@keys.taught("tidings keys revoke 1a2b3c4d", ends="1 when there is no such key", name="revoke")
def revoke_key(
    key_id: Annotated[str, typer.Argument(help="As `tidings keys list` shows it.")],
    *,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Make a key useless at once."""
    from tidings.keys import revoke

    revoke(config, key_id, as_json=as_json)


@commands.taught("tidings audit --what evidence_shown --limit 20", ends="2 when there is no such deed")
def audit(
    *,
    config: Config = None,
    limit: Annotated[int, typer.Option(min=1, help="How many at most, the newest.")] = 50,
    what: Annotated[str, typer.Option(metavar="DEED", help="Only this, such as evidence_shown.")] = "",
    key: Annotated[str, typer.Option(metavar="ID", help="Only what was done with this key, or to it.")] = "",
    as_json: AsJson = False,
) -> None:
    """Show who did what that has to be answered for: keys, evidence, exports, replays.

    With --json one record a line. <data_dir>/audit.jsonl is where they are kept.
    """
    from tidings.audit import show_audit

    show_audit(config, limit=limit, deed=what, key=key, as_json=as_json)
