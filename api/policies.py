"""The policies of the installation, read anew when their file has changed."""

import structlog

from contracts.errors import ConfigurationInvalid
from runtime.policies import PolicyBook, load_policies
from runtime.settings import Settings

log = structlog.get_logger()


class PolicyShelf:
    """Gives the policies as they are now. A file that has become wrong is told of, and the ones before stay."""

    def __init__(self, settings: Settings) -> None:
        """Raises `ConfigurationInvalid` when the file is wrong at the start."""
        self._settings = settings
        self._stamp = self._stamped()
        self._book = load_policies(settings)

    def __call__(self) -> PolicyBook:
        stamp = self._stamped()
        if stamp != self._stamp:
            self._stamp = stamp
            try:
                self._book = load_policies(self._settings)
            except ConfigurationInvalid as exc:
                log.error("policies_not_read", error=str(exc))  # noqa: TRY400  # the text says what to do
        return self._book

    def _stamped(self) -> tuple[int, int] | None:
        """What changes when somebody writes the file."""
        file = self._settings.fallback.policies
        try:
            found = file.stat() if file else None
        except OSError:
            return None
        return (found.st_mtime_ns, found.st_size) if found else None
