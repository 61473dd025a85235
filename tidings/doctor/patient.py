"""What is looked at: an installation as its settings describe it."""

from dataclasses import dataclass
from pathlib import Path

from runtime.clock import Clock
from runtime.settings import KafkaSettings, Settings
from tidings.installation import Installation, at_its_kafka

BETWEEN_LOOKS_S = 5.0
"""Above the interval at which stages commit, so that one that gets on is seen to."""


@dataclass(frozen=True)
class Patient:
    """An installation, which may run or not."""

    settings: Settings
    config: Path | None
    clock: Clock
    between_looks_s: float = BETWEEN_LOOKS_S

    @property
    def installation(self) -> Installation:
        return Installation(self.settings, self.config)

    @property
    def data_dir(self) -> Path:
        return self.installation.data_dir

    @property
    def has_own_broker(self) -> bool:
        return self.installation.has_own_broker

    @property
    def kafka(self) -> KafkaSettings:
        """With the broker that is used: the one of the settings, else the address that our own was last given."""
        return at_its_kafka(self.settings).kafka

    def command(self, words: str) -> str:
        """A command of ours as this installation needs it."""
        return f"`tidings {words} --config {self.config}`" if self.config else f"`tidings {words}`"
