"""The file of policies as it stands now: read anew when it changes, and kept as it was while it is wrong."""

from collections.abc import Callable

import structlog

from contracts.errors import ConfigurationInvalid
from runtime.metrics import POLICIES_CURRENT
from runtime.policies import PolicyBook, load_policies
from runtime.settings import Settings

BEAT_S = 1.0
"""How often it is looked whether the file has changed."""

log = structlog.get_logger()


class PolicyFile:
    """Raises `ConfigurationInvalid` when the file is wrong at first; afterwards it raises nothing."""

    def __init__(self, settings: Settings, monotonic: Callable[[], float]) -> None:
        self._settings = settings
        self._monotonic = monotonic
        self._seen = self._look()
        self._book = load_policies(settings)
        self._looked_s = monotonic()
        self._tell()

    def current(self) -> PolicyBook:
        """What the file says, or said before it was wrong; it may be a beat old."""
        now_s = self._monotonic()
        if now_s - self._looked_s >= BEAT_S:
            self._looked_s = now_s
            seen = self._look()
            if seen != self._seen:
                self._seen = seen
                self._read()
        return self._book

    def _look(self) -> tuple[int, ...]:
        """What differs when the file was written or put in place of another."""
        file = self._settings.fallback.policies
        try:
            stat = file.stat() if file else None
        except OSError:
            return ()
        return (stat.st_mtime_ns, stat.st_size, stat.st_ino) if stat else ()

    def _read(self) -> None:
        try:
            book = load_policies(self._settings)
            _check_versions(self._book, book)
        except ConfigurationInvalid as exc:
            POLICIES_CURRENT.set(0)
            log.warning("policies_kept", reason=str(exc), policies=_names(self._book))
            return
        self._book = book
        self._tell()

    def _tell(self) -> None:
        POLICIES_CURRENT.set(1)
        log.info("policies_read", policies=_names(self._book))


def _check_versions(before: PolicyBook, after: PolicyBook) -> None:
    """A version is recorded with each decision, so it must say one thing only."""
    for policy in after.policies:
        known = before.named(policy.name)
        if known is not None and known != policy and known.version >= policy.version:
            raise ConfigurationInvalid(
                f"{policy.name} has changed and its version is {policy.version} where it was {known.version}; raise it"
            )


def _names(book: PolicyBook) -> list[str]:
    return [f"{policy.name} v{policy.version}" for policy in book.policies]
