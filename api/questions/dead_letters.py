"""Dead letters as they are asked for, checked and made into the question that the store answers."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from analytics.lists.dead_letters import DeadLettersQuestion, Member
from api.admission.access import Caller
from api.parts import Parts
from api.questions import filtering
from api.questions.cursors import LONGEST_CURSOR, place_in
from api.questions.spans import Place, require_sensible
from api.times import Moment
from contracts.vocabulary import DeadLetterKind
from runtime.settings import Connection

Row = Mapping[str, Any]

LETTER_ID = r"^[0-9]{1,5}-[0-9]{1,18}$"
MOST_BYTES = 4096
MOST_AT_ONCE = 500
MOST_REHEARSED = 20

Kinds = Annotated[filtering.Written, filtering.one_of(DeadLetterKind)]


class LettersFilter(BaseModel):
    """Which letters are meant, in a query string and in a body."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    kind: Kinds = filtering.like("Why they were put aside, in a word.")
    reason: filtering.Texts = filtering.like("Why they were put aside, in a sentence.")
    provider: filtering.Texts = filtering.like("Whose callbacks they were.")
    connection: filtering.Texts = filtering.like("By which account at the provider they came.")
    from_: Moment | None = Field(None, alias="from", description="Received at or after this moment.")
    to: Moment | None = Field(None, description="Received before this moment.")

    def chosen(self, caller: Caller, parts: Parts, *, place: Place) -> DeadLettersQuestion:
        """The question for this caller, before any page; raises the problem that names what makes no sense."""
        require_sensible(self.from_, self.to, parts.clock.now(), place=place)
        given = {one: filtering.filter_of(getattr(self, one.value)) for one in Member}
        return DeadLettersQuestion(
            origins=origins_of(caller, parts.settings.connections),
            filters={member: chosen for member, chosen in given.items() if chosen is not None},
            from_=self.from_,
            to=self.to,
        )


class LettersParameters(LettersFilter):
    """The query string of `GET /v1/dead-letters`."""

    retried: bool | None = Field(
        None, description="Only those whose callback was played again since, or only those whose was not."
    )
    bytes: int = Field(
        0,
        ge=0,
        le=MOST_BYTES,
        description="So many of the first bytes are shown, and the numbers in them: that needs the scope `replay` too, "
        "and is written down.",
    )
    cursor: str | None = Field(None, max_length=LONGEST_CURSOR, description="`next_cursor` of the page before.")
    limit: int = Field(50, ge=1, le=200, description="How many at most.")

    def question(self, caller: Caller, parts: Parts) -> DeadLettersQuestion:
        """Likewise, with the page."""
        page = {"is_retried": self.retried, "bytes_count": self.bytes, "limit": self.limit}
        chosen = self.chosen(caller, parts, place="query")
        return DeadLettersQuestion(**vars(chosen) | page | {"before": place_in(self.cursor)})


class Retry(LettersFilter):
    """Which letters are tried again: those that were not yet, the newest first."""

    limit: int = Field(100, ge=1, le=MOST_AT_ONCE, description="How many at most.")

    def question(self, caller: Caller, parts: Parts) -> DeadLettersQuestion:
        """Likewise."""
        chosen = self.chosen(caller, parts, place="body")
        return DeadLettersQuestion(**vars(chosen) | {"is_retried": False, "limit": self.limit})


class How(BaseModel):
    """The query string of a retry."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dry_run: bool = Field(
        default=False,
        description="Only say what today's adapters would make of the callbacks, of the first twenty at most.",
    )


def named(letter_id: str, caller: Caller, parts: Parts) -> DeadLettersQuestion:
    """The letter of that id, if it is the caller's."""
    partition, offset = map(int, letter_id.split("-"))
    return DeadLettersQuestion(
        origins=origins_of(caller, parts.settings.connections), named=(partition, offset), limit=1
    )


def origins_of(caller: Caller, connections: Iterable[Connection]) -> tuple[str, ...] | None:
    """The connections of which a caller may be told; null stands for all, also those that nobody has configured."""
    if caller.accounts is None:
        return None
    return tuple(f"{one.provider}:{one.name}" for one in connections if caller.may_see(one.account))


def account_of(row: Row, connections: Iterable[Connection]) -> str | None:
    """Whose connection the row is of; null when nobody has configured it."""
    origin = row["provider"], row["connection"]
    return next((one.account for one in connections if (one.provider, one.name) == origin), None)
