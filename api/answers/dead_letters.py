"""What was put aside, and what came of trying it again."""

from base64 import b64encode
from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from api.answers.base import Body, Cause, WithFreshness
from contracts.vocabulary import DeadLetterKind


class CallbackPlace(Body):
    """Where a callback stands in the topic of callbacks."""

    partition: int = Field(examples=[3])
    offset: int = Field(examples=[1207])


class Retried(Body):
    """The newest time that its callback was played again."""

    at: datetime
    place: CallbackPlace = Field(description="Where the callback stands since, once more.")
    came_to: Literal["on_its_way", "taken", "aside"] = Field(
        description="`taken` when it was understood, `aside` when it was put aside once more, as a letter of its own.",
        examples=["taken"],
    )


class DeadLetterShown(Body):
    """An item, or a whole callback, that could not be understood."""

    id: str = Field(description="Its place in the topic of dead letters.", examples=["3-41"])
    received_at: datetime = Field(description="When its callback came.")
    kind: DeadLetterKind = Field(
        description="`unreadable`: the callback is not what its provider promises; `empty`: it holds nothing; "
        "`invalid_item`: one of its items is wrong; `unknown_connection`: nobody has configured it.",
        examples=["unreadable"],
    )
    reason: str = Field(examples=["not JSON: unexpected end of data at byte 12"])
    provider: str = Field(examples=["telesign"])
    connection: str = Field(examples=["main"])
    account: str | None = Field(description="Whose connection it is; null when nobody has configured it.")
    content_type: str = Field(examples=["application/json"])
    size_bytes: int = Field(description="Of the item, or of the whole callback.", examples=[214])
    cause: Cause | None = Field(description="The item that it is; null when it stems from no callback.")
    retried: Retried | None = Field(description="Null while its callback was not played again.")
    bytes_base64: str | None = Field(
        None, description="The first bytes, as many as were asked for with `bytes`.", examples=["eyJyZWZlcmVuY2U="]
    )
    bytes_text: str | None = Field(
        None, description="The same as text; null when they are not UTF-8.", examples=['{"reference']
    )

    @classmethod
    def of(cls, row: dict[str, Any], *, account: str | None, with_bytes: bool) -> "DeadLetterShown":
        told = row | {
            "id": f"{row['kafka_partition']}-{row['kafka_offset']}",
            "account": account,
            "size_bytes": row["size"],
            "cause": None,
            "retried": None,
        }
        if row["cause_partition"] >= 0:
            told["cause"] = {name: row[f"cause_{name}"] for name in Cause.model_fields}
        if row["came_to"] is not None:
            place = {"partition": row["retry_partition"], "offset": row["retry_offset"]}
            told["retried"] = {"at": row["retried_at"], "place": place, "came_to": row["came_to"]}
        if with_bytes:
            told |= {"bytes_base64": b64encode(row["body"]).decode(), "bytes_text": _text(row["body"], row["size"])}
        return cls.model_validate(told)


def _text(body: bytes, size: int) -> str | None:
    """Of bytes that were cut, the last character may be cut too, and is left out."""
    for spare in range(4 if size > len(body) else 1):
        try:
            return body[: len(body) - spare].decode("utf-8")
        except UnicodeDecodeError:
            continue
    return None


class DeadLettersAnswer(WithFreshness):
    """A page of what was put aside, newest first."""

    dead_letters: list[DeadLetterShown]
    next_cursor: str | None = Field(description="Send it as `cursor` for the page behind this one; null on the last.")


class DeadLetterCount(Body):
    """What was put aside at one connection for one reason."""

    provider: str = Field(examples=["telesign"])
    connection: str = Field(examples=["main"])
    kind: DeadLetterKind = Field(examples=["unreadable"])
    reason: str = Field(examples=["not JSON: unexpected end of data at byte 12"])
    letter_count: int = Field(examples=[212])
    untried_count: int = Field(description="Those whose callback was not played again.", examples=[12])
    first_at: datetime
    last_at: datetime


class DeadLetterCountsAnswer(WithFreshness):
    """Why things were put aside, what was put aside last first; at most a thousand reasons."""

    counts: list[DeadLetterCount]


class WouldBe(Body):
    """An item that today's adapters would make of the callback."""

    number: int = Field(description="Its place in the callback, from 0.", examples=[0])
    kind: Literal["report", "inbound", "signal", "dead letter"] = Field(examples=["report"])
    says: str = Field(description="What it would say, in a few words.", examples=["delivered (code 3000)"])


class LetterRetried(Body):
    """What was done with one letter."""

    id: str = Field(examples=["3-41"])
    written: CallbackPlace | None = Field(
        description="Where its callback stands now, once more; letters of one callback share it."
    )
    absent_because: str | None = Field(
        None,
        description="Why the callback could not be written again.",
        examples=["It stems from no callback."],
    )
    would_come_to: Literal["taken", "aside"] | None = Field(
        None, description="With `dry_run`: whether it would be understood now.", examples=["taken"]
    )
    would_be: list[WouldBe] | None = Field(
        None, description="With `dry_run`: what would be made of the callback, or of the item that the letter is."
    )


class RetryAnswer(Body):
    """Callbacks that were written once more and go through all stages like any other; with `dry_run` none was."""

    is_dry_run: bool = Field(examples=[False])

    letters: list[LetterRetried]
    written_count: int = Field(description="Callbacks that were written.", examples=[1])
    absent_count: int = Field(description="Letters whose callback is nowhere any more.", examples=[0])
    may_be_more: bool = Field(
        description="There may be more letters like these; ask again when the store has read what was written.",
        examples=[False],
    )
