"""What is told of replays."""

from datetime import datetime

from pydantic import Field

from analytics.replays.difference import ReplayEffect
from api.answers.base import Body
from api.jobs.book import JobState
from api.replays.jobs import ReplayJob


class EffectsOfReplay(Body):
    """How many items of one provider a replay would have which effect on."""

    provider: str = Field(examples=["infobip"])
    same: int = Field(0, description="The fact is known; it counts as repeated.", examples=[1204])
    changed: int = Field(
        0, description="Another fact than before stems from the item: it is added, and the old one stays.", examples=[3]
    )
    new: int = Field(0, description="A fact where there was none: it is added.", examples=[0])
    readable: int = Field(0, description="A fact where something had been put aside: it is added.", examples=[41])
    aside: int = Field(0, description="Put aside once more, as a dead letter of its own.", examples=[2])
    gone: int = Field(0, description="A fact that would not be made now; it stays.", examples=[0])
    unstored: int = Field(0, description="Callbacks that the store has not read yet; look again later.", examples=[0])


class ReplayExample(Body):
    """An item of which something would change."""

    provider: str = Field(examples=["infobip"])
    connection: str = Field(examples=["main"])
    partition: int = Field(description="Where its callback stands in the topic of callbacks,", examples=[3])
    offset: int = Field(examples=[1207])
    item: int = Field(description="and its place in the callback, from 0.", examples=[0])
    effect: ReplayEffect = Field(examples=["readable"])
    before: str | None = Field(
        description="What the store has, in a few words.", examples=["dead letter unreadable: there is no v2"]
    )
    after: str | None = Field(description="What would be made of it now.", examples=["report delivered (code 5)"])


class Replay(Body):
    """One replay, and how far it is."""

    id: str = Field(examples=["0b6f0c8e-54a3-4b0a-8a4f-5f2f5a1d2c3b"])
    state: JobState
    is_dry_run: bool = Field(description="Whether it only says what would change.", examples=[True])
    from_: datetime = Field(serialization_alias="from", description="Callbacks received at this moment or later,")
    to: datetime = Field(description="and before this moment.")
    provider: str | None = Field(description="Only those of this provider.", examples=["infobip"])
    connection: str | None = Field(description="Only those of connections of this name.", examples=["main"])
    accounts: list[str] | None = Field(description="Only those of connections of these accounts; null for all.")
    requested_by: str = Field(description="The name of the key.", examples=["operations"])
    requested_at: datetime
    started_at: datetime | None = Field(description="When it was begun, the last time.")
    finished_at: datetime | None
    expires_at: datetime | None = Field(description="When it is forgotten.")
    archived_until: datetime | None = Field(
        description="When the archive was last written before it was read: later callbacks are not in it."
    )
    progress: float = Field(description="Which share of the callbacks is done, from 0 to 1.", examples=[0.42])
    callback_count: int | None = Field(
        description="Callbacks of the archive in the span, also those that were played again before, which are left "
        "out; null while they are not counted.",
        examples=[1250],
    )
    written_count: int = Field(description="Callbacks that were written once more.", examples=[0])
    effects: list[EffectsOfReplay] = Field(description="With `is_dry_run`: what would change, by provider.")
    examples: list[ReplayExample] = Field(description="The first of those items of which something would change.")
    reason: str | None = Field(description="Why it was not done to its end, and what to do.")
    is_repeat: bool = Field(default=False, description="Whether it was there before this request.")

    @classmethod
    def of(cls, job: ReplayJob, *, is_repeat: bool = False) -> "Replay":
        wanted = job.wanted
        return cls(
            id=job.id,
            state=job.state,
            is_dry_run=wanted.is_dry_run,
            from_=wanted.begin,
            to=wanted.end,
            provider=wanted.provider,
            connection=wanted.connection,
            accounts=None if wanted.accounts is None else list(wanted.accounts),
            requested_by=job.asker.key_name,
            requested_at=job.requested_at,
            started_at=job.started_at,
            finished_at=job.finished_at,
            expires_at=job.expires_at,
            archived_until=job.archived_until,
            progress=round(job.progress, 4),
            callback_count=job.callback_count,
            written_count=job.written_count,
            effects=[EffectsOfReplay(provider=name, **counts) for name, counts in sorted(job.effects.items())],
            examples=[ReplayExample.model_validate(one) for one in job.examples],
            reason=job.reason,
            is_repeat=is_repeat,
        )


class ReplaysAnswer(Body):
    """Replays that the key may see, the newest first."""

    replays: list[Replay]
