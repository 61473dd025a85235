"""A key for each file of the archive, kept apart from the files, so that a file can be made noise in all its copies.

`<archive>.keys` stands beside the folder of the archive. A key is on the disk before its file counts, and is destroyed
with it: what has the file and not this list has nothing.
"""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

import msgspec
import pyarrow.parquet as pq
from pyarrow.parquet.encryption import create_decryption_properties, create_encryption_properties

from contracts.errors import ArchiveDamaged
from runtime.durable import put_in_place, sync

KEY_BYTES = 32
"""AES-256 in Galois mode, as Parquet's own encryption has it: whoever lacks the key can neither read nor change."""
OWNER_ONLY = 0o600
SEALED_END = b"PARE"
"""The last bytes of a file of which even the schema is sealed."""

_decode = msgspec.json.Decoder(dict[str, str]).decode


class FileKeys:
    """The keys of one archive by the paths of its files. One process writes them; any may read them."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.path = root.with_name(f"{root.name}.keys")

    def put(self, keys: Mapping[Path, bytes]) -> None:
        """Keep keys of new files, down to the disk."""
        self._write(self._read() | {self._name(path): key.hex() for path, key in keys.items()})

    def get(self, path: Path) -> bytes | None:
        """The key of a file; null when there is none, or none any more."""
        found = self._read().get(self._name(path))
        return None if found is None else bytes.fromhex(found)

    def destroy_spare(self) -> int:
        """Destroy the keys of files that are gone; how many."""
        kept = self._read()
        needed = {name: key for name, key in kept.items() if (self._root / name).exists()}
        if len(needed) < len(kept):
            self._write(needed)
        return len(kept) - len(needed)

    def _name(self, path: Path) -> str:
        return path.relative_to(self._root).as_posix()

    def _read(self) -> dict[str, str]:
        try:
            return _decode(self.path.read_bytes())
        except FileNotFoundError:
            return {}
        except (msgspec.MsgspecError, OSError) as exc:
            raise ArchiveDamaged(
                f"{self.path} cannot be read: {exc}. Bring back a copy of it: without it the archive cannot be read"
            ) from exc

    def _write(self, keys: Mapping[str, str]) -> None:
        part = self.path.with_name(f"{self.path.name}.part")
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY), "wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(keys), indent=1))
        sync(part)
        put_in_place(part, self.path)


def keys_of(path: Path) -> FileKeys:
    """The keys among which is that of the file `path`, which stands in the folder of its day in that of its topic."""
    return FileKeys(path.parents[2])


def new_key() -> bytes:
    return secrets.token_bytes(KEY_BYTES)


def sealing(key: bytes) -> object:
    """How Parquet is told to seal a new file, all columns and their names, statistics too."""
    return create_encryption_properties(key)


def opened(path: Path) -> pq.ParquetFile:
    """A file to be read, with its key; one from before there were keys as it is.

    Raises `FileNotFoundError` when it is not there, or goes now and its key with it, `ArchiveDamaged` when only its key
    is gone, and Arrow's own errors when it is no such file.
    """
    if not is_sealed(path):
        return pq.ParquetFile(path)
    key = keys_of(path).get(path)
    if key is None:
        path.stat()
        raise ArchiveDamaged(
            f"{path} cannot be read: {keys_of(path).path} has no key for it. Keys are destroyed when files are made "
            "one and when a person is erased; bring back files and keys from the same backup"
        )
    return pq.ParquetFile(path, decryption_properties=create_decryption_properties(key))


def is_sealed(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(0, os.SEEK_END)
        file.seek(max(0, file.tell() - len(SEALED_END)))
        return file.read() == SEALED_END
