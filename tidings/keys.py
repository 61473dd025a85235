"""`tidings keys`: who may ask the API."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Column, Table

from api.admission.audit_log import Deed
from api.admission.key_uses import KeyUses
from api.admission.keys import Key, KeyRing, Scope, Terms
from api.admission.sign_ins import SignIns
from contracts.errors import ConfigurationInvalid, NotFound
from runtime.clock import SystemClock
from runtime.settings import load_settings
from tidings.audit import written_down

CLOCK = SystemClock()
NO_KEYS = "no keys yet; `tidings keys create` makes one"


def show_keys(config: Path | None, *, as_json: bool) -> None:
    """Every key that was not revoked, the oldest first."""
    settings = load_settings(config)
    ring = KeyRing(settings.data_dir)
    uses = KeyUses(settings.data_dir, ring).all()
    if as_json:
        typer.echo(json.dumps([_described(key, uses.get(key.id)) for key in ring.all()], indent=2))
        return
    # Whoever rotates or revokes a key copies its id from here, however narrow the terminal is.
    table = Table(Column("id", no_wrap=True), "name", "may", "accounts", "made", "expires", "a minute", "last used")
    for key in ring.all():
        limit = settings.api.requests_per_minute if key.requests_per_minute is None else key.requests_per_minute
        accounts = "all" if key.accounts is None else ", ".join(key.accounts)
        expires = f"{_shown(key.expires_at)}{' (is over)' if key.has_expired(CLOCK.now()) else ''}"
        last_used = _shown(uses.get(key.id))
        made = _shown(key.created_at)
        table.add_row(
            key.id, key.name, ", ".join(key.scopes), accounts, made, expires, str(limit or "no limit"), last_used
        )
    Console().print(table if ring.all() else NO_KEYS)


def create(config: Path | None, name: str, *, scopes: Sequence[str], terms: Terms, as_json: bool) -> None:
    """Make a key and print its text. Raises `ConfigurationInvalid` for a scope that there is not."""
    wanted = [_scope(word) for word in scopes]
    data_dir = load_settings(config).data_dir
    key, text = KeyRing(data_dir).create(CLOCK, name=name, scopes=wanted, **terms)
    # A key of which nothing could be written down has a text that nobody has seen.
    written_down(data_dir, Deed.KEY_CREATED, key=key.id, key_name=name, scopes=",".join(wanted))
    _print_text(key, text, as_json=as_json)


def rotate(config: Path | None, key_id: str, *, overlap: timedelta, expires_at: datetime | None, as_json: bool) -> None:
    """Give a key a new text and print it. Raises `NotFound` when there is none of that id."""
    data_dir = load_settings(config).data_dir
    ring = KeyRing(data_dir)
    written_down(
        data_dir,
        Deed.KEY_ROTATED,
        key=key_id,
        key_name=_known(ring, key_id).name,
        overlap_s=int(overlap.total_seconds()),
    )
    key, text = ring.rotate(key_id, CLOCK, overlap=overlap, expires_at=expires_at)
    SignIns(data_dir, ring, CLOCK).close_all(key_id)
    _print_text(key, text, as_json=as_json)


def revoke(config: Path | None, key_id: str, *, as_json: bool) -> None:
    """Make a key useless. Raises `NotFound` when there is none of that id."""
    data_dir = load_settings(config).data_dir
    ring = KeyRing(data_dir)
    written_down(data_dir, Deed.KEY_REVOKED, key=key_id, key_name=_known(ring, key_id).name)
    revoked = ring.revoke(key_id)
    if as_json:
        typer.echo(json.dumps(_described(revoked, None), indent=2))
    else:
        typer.echo(f"revoked {key_id} ({revoked.name})")


def _known(ring: KeyRing, key_id: str) -> Key:
    key = ring.get(key_id)
    if key is None:
        raise NotFound(f"there is no key {key_id}; `tidings keys list` shows those that there are")
    return key


def _scope(word: str) -> Scope:
    if word not in set(Scope):
        raise ConfigurationInvalid(f"there is no scope {word}; known: {', '.join(Scope)}")
    return Scope(word)


def _print_text(key: Key, text: str, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({**_described(key, None), "key": text}, indent=2))
        return
    typer.echo(text)
    typer.echo(f"Key {key.id}; write it down, it cannot be shown again.", err=True)


def _shown(moment: datetime | None) -> str:
    return "never" if moment is None else f"{moment:%Y-%m-%d %H:%M}"


def _described(key: Key, last_used_at: datetime | None) -> dict[str, object]:
    return {
        "id": key.id,
        "name": key.name,
        "scopes": list(key.scopes),
        "accounts": None if key.accounts is None else list(key.accounts),
        "requests_per_minute": key.requests_per_minute,
        "created_at": key.created_at.isoformat(),
        "expires_at": _iso(key.expires_at),
        "rotated_at": _iso(key.rotated_at),
        "replaced_works_until": _iso(key.replaced.works_until if key.replaced else None),
        "last_used_at": _iso(last_used_at),
    }


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
