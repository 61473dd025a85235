"""The key that turns people into pseudonyms: given in the settings, else made once and kept beside the data."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from analytics.store.snapshots import folder_of_snapshots
from contracts.errors import ConfigurationInvalid
from runtime.settings import Settings

FILE = "hash.key"
LONGEST = 64
"""Bytes; what the keyed hash takes."""


def load_hash_key(settings: Settings) -> bytes:
    """The installation's key. One that changes makes strangers of the people already stored.

    So none is made where there is a store. Raises `ConfigurationInvalid` when that lacks its key.
    """
    given = settings.privacy.hash_key
    key = given.get_secret_value().encode() if given is not None else _kept(settings)
    if not 16 <= len(key) <= LONGEST:
        raise ConfigurationInvalid(f"privacy.hash_key must have 16 to {LONGEST} bytes, this one has {len(key)}")
    return key


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
