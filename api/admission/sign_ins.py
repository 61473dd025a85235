"""Sign-ins to the live page: a random session in a cookie, and sign-in links that work once.

Only digests are kept, in `<data_dir>/sessions.json`, so a restart signs nobody out and a copied file opens nothing.
A session lives as long as its key at most.
"""

import secrets
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from api.admission.keys import Key, KeyRing, digest_of
from api.admission.vault import Vault
from runtime.clock import Clock

SESSION_LIFE = timedelta(days=7)
LINK_LIFE = timedelta(minutes=10)
KEPT = 1000
"""Of each kind; the oldest go first, so that the file stays small."""


class Grant(msgspec.Struct, frozen=True):
    """A secret that stands for a key until `expires_at`."""

    digest: str
    key_id: str
    expires_at: datetime


class Grants(msgspec.Struct, frozen=True):
    """The content of `sessions.json`."""

    sessions: tuple[Grant, ...] = ()
    links: tuple[Grant, ...] = ()


class SignIns:
    """The sessions and sign-in links of one installation."""

    def __init__(self, data_dir: Path, ring: KeyRing, clock: Clock) -> None:
        self._vault = Vault(data_dir / "sessions.json", Grants)
        self._ring = ring
        self._clock = clock

    def open(self, key: Key) -> str:
        """A new session of `key`; its text goes into the cookie."""
        text, grant = self._grant(key.id, SESSION_LIFE)
        with self._vault.turn() as content:
            self._vault.replace(Grants(self._living(content.sessions, grant), content.links))
        return text

    def key_of(self, session: str) -> Key | None:
        """The key behind a session that is open."""
        return self._key_behind(self._find(self._vault.read().sessions, session))

    def close(self, session: str) -> None:
        """End a session; unknown ones are ended already."""
        digest = digest_of(session)
        with self._vault.turn() as content:
            kept = tuple(grant for grant in content.sessions if grant.digest != digest)
            self._vault.replace(Grants(kept, content.links))

    def offer_link(self, key_id: str) -> str:
        """A text that opens one session of the key within minutes; it goes behind `/sign-in/`."""
        text, grant = self._grant(key_id, LINK_LIFE)
        with self._vault.turn() as content:
            self._vault.replace(Grants(content.sessions, self._living(content.links, grant)))
        return text

    def redeem_link(self, link: str) -> Key | None:
        """The key behind a link, which is used up by this."""
        with self._vault.turn() as content:
            grant = self._find(content.links, link)
            if grant is None:
                return None
            self._vault.replace(Grants(content.sessions, tuple(other for other in content.links if other != grant)))
        return self._key_behind(grant)

    def close_all(self, key_id: str) -> None:
        """End every session of the key, and its links."""
        with self._vault.turn() as content:
            sessions, links = (
                tuple(grant for grant in grants if grant.key_id != key_id)
                for grants in (content.sessions, content.links)
            )
            self._vault.replace(Grants(sessions, links))

    def _key_behind(self, grant: Grant | None) -> Key | None:
        if grant is None or not self._ring.works(grant.key_id, self._clock.now()):
            return None
        return self._ring.get(grant.key_id)

    def _grant(self, key_id: str, life: timedelta) -> tuple[str, Grant]:
        text = secrets.token_urlsafe(32)
        return text, Grant(digest_of(text), key_id, self._clock.now() + life)

    def _find(self, grants: tuple[Grant, ...], text: str) -> Grant | None:
        # Digests of random texts are looked up as they are: how long that takes says nothing about the texts.
        digest, now = digest_of(text), self._clock.now()
        return next((grant for grant in grants if grant.digest == digest and grant.expires_at > now), None)

    def _living(self, grants: tuple[Grant, ...], fresh: Grant) -> tuple[Grant, ...]:
        now = self._clock.now()
        return (*(grant for grant in grants if grant.expires_at > now), fresh)[-KEPT:]


def offer_sign_in(data_dir: Path, key_id: str, clock: Clock) -> str:
    """The path of a sign-in link for the command line to print; it works once, within ten minutes."""
    return f"/sign-in/{SignIns(data_dir, KeyRing(data_dir), clock).offer_link(key_id)}"
