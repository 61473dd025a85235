"""API keys: made of 256 random bits, shown once, kept as SHA-256 digests in `<data_dir>/keys.json`.

A slow password hash would protect nothing here: such hashes exist because people choose passwords that can be guessed,
and 256 random bits cannot. It would only make every request expensive.
"""

import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from pathlib import Path

import msgspec

from api.vault import Vault
from contracts.errors import NotFound
from runtime.clock import Clock

PREFIX = "tidings"


class Scope(StrEnum):
    """What a key may do."""

    READ = "read"
    FEED = "feed"
    EXPORT = "export"
    SEND = "send"
    REPLAY = "replay"
    ADMIN = "admin"


EVERYTHING = tuple(Scope)


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of a key. Its text is not."""

    id: str
    name: str
    scopes: tuple[Scope, ...]
    created_at: datetime
    digest: str
    accounts: tuple[str, ...] | None = None
    """The accounts it is bound to; null stands for all."""

    def __repr__(self) -> str:
        return f"Key(id={self.id!r}, name={self.name!r}, scopes={[scope.value for scope in self.scopes]})"


class Keys(msgspec.Struct, frozen=True):
    """The content of `keys.json`."""

    keys: tuple[Key, ...] = ()


class KeyRing:
    """The keys of one installation."""

    def __init__(self, data_dir: Path) -> None:
        self._vault = Vault(data_dir / "keys.json", Keys)

    def find(self, text: str) -> Key | None:
        """The key whose text this is.

        The id inside the text is public and finds the candidate; the secret is compared in constant time.
        """
        digest = digest_of(text)
        candidate = self.get(_public_id(text))
        expected = candidate.digest if candidate else digest_of("")
        return candidate if hmac.compare_digest(digest, expected) and candidate else None

    def get(self, key_id: str) -> Key | None:
        """The key called `key_id`, unless it was revoked."""
        return next((key for key in self.all() if key.id == key_id), None)

    def all(self) -> tuple[Key, ...]:
        """Every key that works, the oldest first."""
        return self._vault.read().keys

    def create(
        self, clock: Clock, *, name: str, scopes: Sequence[Scope], accounts: Sequence[str] | None = None
    ) -> tuple[Key, str]:
        """A new key and its text, which cannot be had again."""
        with self._vault.turn() as content:
            return self._add(content, clock, name=name, scopes=tuple(scopes), accounts=accounts)

    def create_first(self, clock: Clock) -> str | None:
        """The text of a key that may do everything; null when there are keys already."""
        with self._vault.turn() as content:
            if content.keys:
                return None
            return self._add(content, clock, name="first", scopes=EVERYTHING, accounts=None)[1]

    def revoke(self, key_id: str) -> Key:
        """Make a key useless at once, with all sign-ins made from it; raises `NotFound`."""
        with self._vault.turn() as content:
            revoked = next((key for key in content.keys if key.id == key_id), None)
            if revoked is None:
                raise NotFound(f"there is no key {key_id}; list the keys to see their ids")
            self._vault.replace(Keys(tuple(key for key in content.keys if key is not revoked)))
            return revoked

    def _add(
        self, content: Keys, clock: Clock, *, name: str, scopes: tuple[Scope, ...], accounts: Sequence[str] | None
    ) -> tuple[Key, str]:
        key_id = secrets.token_hex(4)
        text = f"{PREFIX}_{key_id}_{secrets.token_urlsafe(32)}"
        key = Key(
            id=key_id,
            name=name,
            scopes=scopes,
            created_at=clock.now(),
            digest=digest_of(text),
            accounts=None if accounts is None else tuple(accounts),
        )
        self._vault.replace(Keys((*content.keys, key)))
        return key, text


def ensure_first_key(data_dir: Path, clock: Clock) -> str | None:
    """The text of the installation's first key, once, for a person to write down; null on all later runs."""
    return KeyRing(data_dir).create_first(clock)


def digest_of(text: str) -> str:
    """What is kept instead of a secret text."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _public_id(text: str) -> str:
    members = text.split("_", 2)
    return members[1] if len(members) == 3 and members[0] == PREFIX else ""
