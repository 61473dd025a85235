"""What is told of exports."""

from datetime import datetime
from typing import Any

from pydantic import Field

from analytics.exports.columns import What
from analytics.exports.manifest import NAME as MANIFEST
from analytics.exports.manifest import Manifest, filter_of
from analytics.exports.order import Format, Split
from api.answers.base import Body
from api.exports.jobs import ExportJob
from api.jobs.book import JobState

GONE = "its files are not there any more; order it again"


class ExportFile(Body):
    """One file of a finished export."""

    name: str = Field(examples=["messages.parquet"])
    rows: int = Field(examples=[812])
    bytes: int = Field(examples=[40817])
    sha256: str = Field(
        description="Of the file as it is fetched, in hexadecimal.",
        examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"],
    )
    href: str = Field(
        description="Where it is fetched.",
        examples=["/v1/exports/0b6f0c8e-54a3-4b0a-8a4f-5f2f5a1d2c3b/files/messages.parquet"],
    )


class Export(Body):
    """One export, and how far it is."""

    id: str = Field(examples=["0b6f0c8e-54a3-4b0a-8a4f-5f2f5a1d2c3b"])
    state: JobState
    what: What
    format: Format
    split: Split
    filter: dict[str, Any] = Field(description="What was asked for.", examples=[{"provider": ["infobip"]}])
    is_continuation: bool = Field(description="Whether it has only what changed since an earlier one.")
    requested_by: str = Field(description="The name of the key.", examples=["reporting"])
    requested_at: datetime
    started_at: datetime | None = Field(None, description="When it was begun, the last time.")
    finished_at: datetime | None = None
    expires_at: datetime | None = Field(None, description="When it is removed, with its files.")
    progress: float = Field(description="Which share of the records is read, from 0 to 1.", examples=[0.42])
    rows: int = Field(description="How many are written.", examples=[812])
    reason: str | None = Field(None, description="Why there is nothing to fetch, and what to do.")
    as_of: datetime | None = Field(
        description="Every callback received before this moment is in it; null when that is not known."
    )
    files: list[ExportFile] = Field(description="What to fetch once it is done.")
    manifest_href: str | None = Field(None, description="Where to fetch what proves that the files are whole.")
    token: str | None = Field(None, description="`changed_since` of the next export of the same.")
    is_repeat: bool = Field(default=False, description="Whether it was there before this request.")

    @classmethod
    def of(cls, job: ExportJob, manifest: Manifest | None, *, is_repeat: bool = False) -> "Export":
        """`manifest` is that of a finished one."""
        order, place = job.order, f"/v1/exports/{job.id}/files"
        files = () if manifest is None else manifest.files
        return cls(
            id=job.id,
            state=job.state,
            what=order.wanted.what,
            format=order.format,
            split=order.split,
            filter=filter_of(order.wanted),
            is_continuation=order.since is not None,
            requested_by=job.asker.key_name,
            requested_at=job.requested_at,
            started_at=job.started_at,
            finished_at=job.finished_at,
            expires_at=job.expires_at,
            progress=round(job.progress, 4),
            rows=job.rows,
            reason=GONE if job.state is JobState.DONE and manifest is None else job.reason,
            as_of=order.as_of,
            files=[
                ExportFile(name=one.name, rows=one.rows, bytes=one.bytes, sha256=one.sha256, href=f"{place}/{one.name}")
                for one in files
            ],
            manifest_href=None if manifest is None else f"{place}/{MANIFEST}",
            token=None if manifest is None else manifest.token,
            is_repeat=is_repeat,
        )


class ExportsAnswer(Body):
    """Exports that the key may see, the newest first."""

    exports: list[Export]
