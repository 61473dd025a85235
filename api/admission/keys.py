"""API keys: made of 256 random bits, shown once, kept as SHA-256 digests in `<data_dir>/keys.json`.

A slow password hash would protect nothing here: such hashes exist because people choose passwords that can be guessed,
and 256 random bits cannot. It would only make every request expensive.
"""

import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import TypedDict, Unpack

import msgspec

from api.admission.vault import Vault
from contracts.errors import NotFound, QueryInvalid, TidingsError
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


class KeyEnded(TidingsError):
    """The key, or this text of it, worked once and does not any more; says which and what to do."""


class Replaced(msgspec.Struct, frozen=True):
    """The text before the newest rotation."""

    digest: str
    works_until: datetime


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of a key. Its text is not."""

    id: str
    name: str
    scopes: tuple[Scope, ...]
    created_at: datetime
    digest: str
    accounts: tuple[str, ...] | None = None
    """The accounts it is bound to; null stands for all."""
    expires_at: datetime | None = None
    """From then on it does not work; null stands for never."""
    requests_per_minute: int | None = None
    """Its own limit, where 0 is none; null stands for that of the installation."""
    rotated_at: datetime | None = None
    replaced: Replaced | None = None

    def has_expired(self, now: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= now

    def require_working(self, digest: str, now: datetime) -> None:
        """Raises `KeyEnded` when the time of the key is over, or of that text of it."""
        if self.expires_at is not None and self.has_expired(now):
            raise KeyEnded(f"The key {self.id} expired at {self.expires_at:%Y-%m-%d %H:%M} UTC; ask for another.")
        if self.replaced is not None and digest == self.replaced.digest and self.replaced.works_until <= now:
            raise KeyEnded(f"The key {self.id} has a newer text since its rotation; use that.")

    def is_opened_by(self, digest: str, now: datetime) -> bool:
        """Whether the text of that digest works."""
        old = self.replaced
        is_own = digest == self.digest or (old is not None and digest == old.digest and now < old.works_until)
        return is_own and not self.has_expired(now)

    def __repr__(self) -> str:
        return f"Key(id={self.id!r}, name={self.name!r}, scopes={[scope.value for scope in self.scopes]})"


class Keys(msgspec.Struct, frozen=True):
    """The content of `keys.json`."""

    keys: tuple[Key, ...] = ()


class Terms(TypedDict, total=False):
    """What may be said of a new key beyond its name and scopes; each means what it means in `Key`."""

    accounts: Sequence[str] | None
    expires_at: datetime | None
    requests_per_minute: int | None


class KeyRing:
    """The keys of one installation."""

    def __init__(self, data_dir: Path) -> None:
        self._vault = Vault(data_dir / "keys.json", Keys)

    def find(self, text: str, now: datetime) -> Key | None:
        """The key whose text this is; raises `KeyEnded` when it was one.

        The id inside the text is public and finds the candidate; the secret is compared in constant time.
        """
        digest = digest_of(text)
        candidate = self.get(_public_id(text))
        if candidate is None:
            return None
        known = (candidate.digest, candidate.replaced.digest if candidate.replaced else candidate.digest)
        if not any([hmac.compare_digest(digest, one) for one in known]):  # noqa: C419  # a list asks both, always
            return None
        candidate.require_working(digest, now)
        return candidate

    def get(self, key_id: str) -> Key | None:
        """The key called `key_id`, unless it was revoked."""
        return next((key for key in self.all() if key.id == key_id), None)

    def works(self, key_id: str, now: datetime) -> bool:
        """Whether the key is there and has not expired."""
        key = self.get(key_id)
        return key is not None and not key.has_expired(now)

    def is_opened_by(self, key_id: str, digest: str, now: datetime) -> bool:
        """Whether the key works, and the text of that digest is still one of its texts."""
        key = self.get(key_id)
        return key is not None and key.is_opened_by(digest, now)

    def all(self) -> tuple[Key, ...]:
        """Every key that was not revoked, the oldest first; some may have expired."""
        return self._vault.read().keys

    def create(self, clock: Clock, *, name: str, scopes: Sequence[Scope], **terms: Unpack[Terms]) -> tuple[Key, str]:
        """A new key and its text, which cannot be had again."""
        key, text = _new_key(clock, name, tuple(scopes), terms)
        with self._vault.turn() as content:
            self._vault.replace(Keys((*content.keys, key)))
        return key, text

    def create_first(self, clock: Clock) -> str | None:
        """The text of a key that may do everything; null when there are keys already."""
        with self._vault.turn() as content:
            if content.keys:
                return None
            key, text = _new_key(clock, "first", EVERYTHING, {})
            self._vault.replace(Keys((key,)))
            return text

    def rotate(
        self, key_id: str, clock: Clock, *, overlap: timedelta, expires_at: datetime | None = None
    ) -> tuple[Key, str]:
        """The key with a new text, which works at once; the text before it works until `overlap` is over.

        Only the newest two texts ever work. Without `expires_at` the key ends when it would have ended. Raises
        `NotFound`, and `QueryInvalid` for a key that has expired and would stay so.
        """
        now, text = clock.now(), _new_text(key_id)
        with self._vault.turn() as content:
            old = _named(content, key_id)
            key = msgspec.structs.replace(
                old,
                digest=digest_of(text),
                replaced=Replaced(old.digest, now + overlap),
                rotated_at=now,
                expires_at=expires_at or old.expires_at,
            )
            if key.has_expired(now):
                raise QueryInvalid(f"the key {key_id} has expired; say until when it is to work, or make another")
            self._vault.replace(Keys(tuple(key if one is old else one for one in content.keys)))
        return key, text

    def revoke(self, key_id: str) -> Key:
        """Make a key useless at once, with all sign-ins made from it; raises `NotFound`."""
        with self._vault.turn() as content:
            revoked = _named(content, key_id)
            self._vault.replace(Keys(tuple(key for key in content.keys if key is not revoked)))
            return revoked


def ensure_first_key(data_dir: Path, clock: Clock) -> str | None:
    """The text of the installation's first key, once, for a person to write down; null on all later runs."""
    return KeyRing(data_dir).create_first(clock)


def digest_of(text: str) -> str:
    """What is kept instead of a secret text."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _public_id(text: str) -> str:
    members = text.split("_", 2)
    return members[1] if len(members) == 3 and members[0] == PREFIX else ""


def _new_key(clock: Clock, name: str, scopes: tuple[Scope, ...], terms: Terms) -> tuple[Key, str]:
    key_id, accounts = secrets.token_hex(4), terms.get("accounts")
    text = _new_text(key_id)
    key = Key(
        id=key_id,
        name=name,
        scopes=scopes,
        created_at=clock.now(),
        digest=digest_of(text),
        accounts=None if accounts is None else tuple(accounts),
        expires_at=terms.get("expires_at"),
        requests_per_minute=terms.get("requests_per_minute"),
    )
    return key, text


def _new_text(key_id: str) -> str:
    return f"{PREFIX}_{key_id}_{secrets.token_urlsafe(32)}"


def _named(content: Keys, key_id: str) -> Key:
    found = next((key for key in content.keys if key.id == key_id), None)
    if found is None:
        raise NotFound(f"there is no key {key_id}; list the keys to see their ids")
    return found
