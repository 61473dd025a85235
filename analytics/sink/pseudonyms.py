"""The key that turns people into pseudonyms: given in the settings, else made once and kept beside the data.

By another key the same person is somebody else, and an erasure finds nobody. So a store keeps to its key.
"""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from analytics.store.database import Connection
from analytics.store.snapshots import folder_of_snapshots
from contracts.errors import ConfigurationInvalid
from contracts.people import recipient_hash
from runtime.settings import Settings

FILE = "hash.key"
LONGEST = 64
"""Bytes; what the keyed hash takes."""


def load_hash_key(settings: Settings) -> bytes:
    """The installation's key. Raises `ConfigurationInvalid` where a store lacks its own, because none is made there."""
    given = settings.privacy.hash_key
    key = given.get_secret_value().encode() if given is not None else _kept(settings)
    if not 16 <= len(key) <= LONGEST:
        raise ConfigurationInvalid(f"privacy.hash_key must have 16 to {LONGEST} bytes, this one has {len(key)}")
    return key


def keep_to(connection: Connection, key: bytes) -> None:
    """Raise `ConfigurationInvalid` when the store knows people by another key than `key`; a new one remembers it."""
    nobody = recipient_hash(key, "")
    known = connection.execute("SELECT nobody FROM known_by").fetchall()
    if not known:
        connection.execute("INSERT INTO known_by VALUES (?)", [nobody]).fetchall()
    elif known != [(nobody,)]:
        raise ConfigurationInvalid(
            "the store knows people by another key than this one, to which all who are stored are strangers; give it "
            f"back its own, as privacy.hash_key or as {FILE} in data_dir. To change the key, move the store and its "
            "snapshots aside, and fill a new store"
        )


def _kept(settings: Settings) -> bytes:
    path = settings.data_dir / FILE
    if not path.exists():
        _make(path, settings)
    return path.read_text(encoding="utf-8").strip().encode()


def _make(path: Path, settings: Settings) -> None:
    if (settings.data_dir / settings.store.path).exists() or any(folder_of_snapshots(settings).glob("*.duckdb")):
        raise ConfigurationInvalid(
            f"{path} is gone, by which the store knows people; put it back from the backup. Where it is lost, another "
            "as privacy.hash_key makes strangers of all who are stored"
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    with (
        suppress(FileExistsError),  # somebody else was quicker
        os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file,
    ):
        file.write(secrets.token_hex(LONGEST // 2))
