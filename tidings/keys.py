"""`tidings keys`: who may ask the API."""

import json
from collections.abc import Sequence
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table

from api.keys import Key, KeyRing, Scope
from contracts.errors import ConfigurationInvalid
from runtime.clock import SystemClock
from runtime.settings import load_settings


def show_keys(config: Path | None, *, as_json: bool) -> None:
    """Every key that works, the oldest first."""
    found = _ring(config).all()
    if as_json:
        typer.echo(json.dumps([_described(key) for key in found], indent=2))
        return
    table = Table("id", "name", "may", "accounts", "made")
    for key in found:
        accounts = "all" if key.accounts is None else ", ".join(key.accounts)
        table.add_row(key.id, key.name, ", ".join(key.scopes), accounts, f"{key.created_at:%Y-%m-%d %H:%M}")
    Console().print(table if found else "no keys yet; `tidings keys create` makes one")


def create(
    config: Path | None, name: str, *, scopes: Sequence[str], accounts: Sequence[str] | None, as_json: bool
) -> None:
    """Make a key and print its text. Raises `ConfigurationInvalid` for a scope that there is not."""
    key, text = _ring(config).create(
        SystemClock(), name=name, scopes=[_scope(word) for word in scopes], accounts=accounts
    )
    if as_json:
        typer.echo(json.dumps({**_described(key), "key": text}, indent=2))
        return
    typer.echo(text)
    typer.echo(f"Key {key.id}; write it down, it cannot be shown again.", err=True)


def revoke(config: Path | None, key_id: str) -> None:
    """Make a key useless. Raises `NotFound` when there is none of that id."""
    typer.echo(f"revoked {key_id} ({_ring(config).revoke(key_id).name})")


def _ring(config: Path | None) -> KeyRing:
    return KeyRing(load_settings(config).data_dir)


def _scope(word: str) -> Scope:
    if word not in set(Scope):
        raise ConfigurationInvalid(f"there is no scope {word}; known: {', '.join(Scope)}")
    return Scope(word)


def _described(key: Key) -> dict[str, object]:
    return {
        "id": key.id,
        "name": key.name,
        "scopes": list(key.scopes),
        "accounts": None if key.accounts is None else list(key.accounts),
        "created_at": key.created_at.isoformat(),
    }
