"""The proof that nothing is lost."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from api.answers.base import Body, WithFreshness


class Balance(Body):
    """Where all received items are. The members after `received` sum up to it."""

    received: int = Field(description="Items of all callbacks that were taken.", examples=[20431])
    applied: int = Field(description="Moved the status of their attempt.", examples=[15001])
    repeated: int = Field(description="Had been said before.", examples=[612])
    outranked: int = Field(description="True, and changed nothing.", examples=[4790])
    parked: int = Field(description="Wait for the registration of their attempt.", examples=[0])
    quarantined: int = Field(description="Could not be understood; kept as dead letters.", examples=[20])
    in_flight: int = Field(description="On their way through the stages.", examples=[8])
    unexplained: int = Field(description="Ought to be accounted for and are not. Must be 0.", examples=[0])
    explained_twice: int = Field(description="Have more than one fate; no part of the sum. Must be 0.", examples=[0])


class ProviderBalance(Balance):
    """The balance of one provider."""

    provider: str = Field(examples=["infobip"])


class UnexplainedPosition(Body):
    """An item that ought to be accounted for and is not."""

    partition: int = Field(validation_alias="cause_partition", examples=[3])
    offset: int = Field(validation_alias="cause_offset", examples=[1207])
    provider: str = Field(examples=["infobip"])
    connection: str = Field(examples=["main"])
    received_at: datetime
    items: int = Field(validation_alias="cause_items", description="How many items the callback has.", examples=[2])
    explained_indexes: list[int] = Field(description="Those of its items that are accounted for.", examples=[[0]])


class SendBalance(Body):
    """What became of every send that was commanded. The members between `sends` and `double_sends` sum up to it."""

    sends: int = Field(description="Sends that were commanded.", examples=[5120])
    accepted: int = Field(description="Taken by their provider.", examples=[5001])
    refused: int = Field(description="Certainly not taken.", examples=[87])
    throttled: int = Field(description="Not taken, because it was too much at once.", examples=[0])
    withdrawn: int = Field(description="Never left: too late, or not wanted any more.", examples=[31])
    in_doubt: int = Field(description="Nobody knows; `GET /v1/in-doubt` names them.", examples=[1])
    waiting: int = Field(description="Nothing was told of them yet.", examples=[0])
    double_sends: int = Field(
        description="Steps of messages that were taken more than once. 0, unless plans say `resend` when in doubt.",
        examples=[0],
    )


class ConservationAnswer(WithFreshness):
    """The proof that nothing is lost: received = applied + repeated + outranked + parked + quarantined + in flight."""

    is_balanced: bool = Field(description="Nothing is unexplained, and nothing explained twice.", examples=[True])
    total: Balance
    providers: list[ProviderBalance]
    sends: SendBalance
    unexplained_positions: list[UnexplainedPosition] = Field(
        description="The first hundred positions of unexplained items in the callbacks topic.", examples=[[]]
    )


class BooksOfPartition(Body):
    """What the store has read of one partition."""

    topic: str = Field(examples=["updates"])
    partition: int = Field(validation_alias="kafka_partition", examples=[3])
    first_offset: int = Field(description="Where reading began.", examples=[0])
    next_offset: int = Field(description="Where it goes on.", examples=[4102])
    missing: int = Field(description="Offsets between without a row, and without a reason why.", examples=[0])
    doubled: int = Field(description="Rows too many.", examples=[0])


class BookFault(Body):
    """A run of offsets that is not as it must be."""

    fault: Literal["missing", "doubled"]
    topic: str = Field(examples=["updates"])
    partition: int = Field(validation_alias="kafka_partition", examples=[3])
    first_offset: int = Field(examples=[1207])
    last_offset: int = Field(examples=[1208])


class BooksAnswer(WithFreshness):
    """Whether every offset that was read has exactly one row, or one reason why it has none."""

    is_balanced: bool = Field(description="Nothing is missing, and nothing doubled.", examples=[True])
    missing: int = Field(description="Of all partitions together. Must be 0.", examples=[0])
    doubled: int = Field(description="Of all partitions together. Must be 0.", examples=[0])
    partitions: list[BooksOfPartition]
    faults: list[BookFault] = Field(description="The first hundred places that are wrong.", examples=[[]])


class SnapshotRequested(Body):
    """A copy of the store will be made in the writer's next turn, unless nothing was stored since the newest."""

    newest_made_at: datetime | None = Field(description="When the newest was made that is there already.")
    newest_size_bytes: int | None = Field(examples=[104_857_600])
