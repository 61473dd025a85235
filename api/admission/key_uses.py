"""When each key was last used, to the minute: a file that is written at most once a minute for each key."""

from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType

import msgspec

from api.admission.keys import KeyRing
from api.admission.vault import Vault

KEPT_EVERY = timedelta(minutes=1)


class Uses(msgspec.Struct, frozen=True):
    """The content of `key_uses.json`: moments by the ids of keys."""

    last_used_at: dict[str, datetime] = {}  # msgspec gives each instance its own


class KeyUses:
    """The last uses of the keys in `ring`."""

    def __init__(self, data_dir: Path, ring: KeyRing) -> None:
        self._vault = Vault(data_dir / "key_uses.json", Uses)
        self._ring = ring

    def is_due(self, key_id: str, now: datetime) -> bool:
        """Whether a use of the key at `now` is to be kept."""
        last = self._vault.read().last_used_at.get(key_id)
        return last is None or now - last >= KEPT_EVERY

    def keep(self, key_id: str, now: datetime) -> None:
        """The key is used at `now`. Waits for the disk; keys that were revoked are forgotten on the way."""
        with self._vault.turn() as content:
            known = {key.id for key in self._ring.all()}
            uses = {**content.last_used_at, key_id: now}
            self._vault.replace(Uses({one: at for one, at in uses.items() if one in known}))

    def all(self) -> MappingProxyType[str, datetime]:
        """The moments by the ids of keys; one that was never used has none."""
        return MappingProxyType(self._vault.read().last_used_at)
