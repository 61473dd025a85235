"""How the whole installation is: stages, store, spool and processes, each with a word and a sentence."""

from datetime import datetime

from pydantic import Field

from api.answers.base import Body, WithFreshness
from api.answers.connections import Word


class Judged(Body):
    """A part of the installation, and how it is."""

    state: Word = Field(
        description="`degraded` when somebody ought to look; `unknown` when nothing can be said from here.",
        examples=["ok"],
    )
    says: str = Field(description="Why, and what to do when it is not well.", examples=["It has read all there is."])


class PartitionShown(Body):
    """What a stage has still to read of one partition."""

    topic: str = Field(examples=["callbacks"])
    partition: int = Field(examples=[3])
    committed: int = Field(description="The offset that it reads next.", examples=[1207])
    end: int = Field(description="The offset of the next record to come.", examples=[1210])
    lag: int = Field(description="Records between; what Kafka no longer has is not counted.", examples=[3])


class StageShown(Judged):
    """One stage: its consumer group, as Kafka tells it."""

    stage: str = Field(examples=["normalise"])
    member_count: int = Field(description="Members of its group, which are workers of it.", examples=[1])
    lag_records: int = Field(description="Of all partitions together.", examples=[3])
    partitions: list[PartitionShown]


class StoreShown(Judged):
    """The store and what feeds it."""

    lag_records: int = Field(
        description="Records on Kafka that it, or a stage before it, has still to read.", examples=[12]
    )
    lag_s: float | None = Field(description="How old answers are now.", examples=[0.8])


class SpoolShown(Judged):
    """What callback processes keep on the disk while Kafka is away, as far as it lies beside this store."""

    waiting_bytes: int = Field(examples=[0])
    segment_count: int = Field(description="Files that wait for Kafka.", examples=[0])
    oldest_at: datetime | None = Field(description="When the oldest of them was last written.")
    damaged_count: int = Field(description="Files that could not be read and were put aside.", examples=[0])


class ProcessShown(Judged):
    """A process of this machine, as whoever started it has written it down."""

    name: str = Field(examples=["streams"])
    pid: int = Field(examples=[4711])
    started_at: datetime | None
    age_s: float | None = Field(examples=[86400.0])
    restart_count: int = Field(description="How often it had to be started again.", examples=[0])
    version: str | None = Field(description="Known of the process that answers; null of others.", examples=["0.1.0"])


class InstallationAnswer(Judged, WithFreshness):
    """All parts of the installation."""

    seen_at: datetime
    stages: list[StageShown]
    store: StoreShown
    spool: SpoolShown
    processes: list[ProcessShown]
