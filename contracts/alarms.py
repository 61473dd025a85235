"""What somebody ought to look at, told once when it begins and once when it is over."""

from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import NamedTuple

from contracts.records import Record


class AlarmKind(StrEnum):
    """What is wrong."""

    QUIET_PROVIDER = "quiet_provider"
    """A connection calls back no more, for longer than is usual there at that hour."""
    DELIVERY_DROP = "delivery_drop"
    """Far fewer messages arrive in time than on the day before."""
    UNKNOWN_CODE = "unknown_code"
    """A provider says something that no code table knows."""
    CONSERVATION = "conservation"
    """Items ought to be accounted for and are not."""


class AlarmTold(StrEnum):
    """What is told of an alarm."""

    RAISED = "raised"
    CLEARED = "cleared"


class Subject(NamedTuple):
    """What an alarm is about; of one subject at most one alarm is open. Null: of all of them."""

    kind: AlarmKind
    account: str | None = None
    provider: str | None = None
    connection: str | None = None
    channel: str | None = None

    @property
    def key(self) -> bytes:
        """On Kafka, so that what is told of one subject stays in order."""
        return ":".join((self.kind, self.provider or "", self.connection or "", self.channel or "")).encode()


class Alarm(Record, frozen=True, kw_only=True):
    """One word about an alarm. A word that is written again is the same word: same `alarm_id`, same `told`."""

    alarm_id: str
    told: AlarmTold
    kind: AlarmKind
    told_at: datetime
    raised_at: datetime
    detail: str
    """What is seen, in a sentence for people."""
    account: str | None = None
    """Whose; null for the whole installation."""
    provider: str | None = None
    connection: str | None = None
    channel: str | None = None
    value: float | None = None
    usual: float | None = None
    """What it is beside that as a rule."""

    @property
    def subject(self) -> Subject:
        return Subject(self.kind, self.account, self.provider, self.connection, self.channel)


def alarm_id(subject: Subject, raised_at: datetime) -> str:
    """The same for the same subject and moment."""
    said = "\n".join([*(member or "" for member in subject), raised_at.isoformat()])
    return sha256(said.encode()).hexdigest()[:32]
