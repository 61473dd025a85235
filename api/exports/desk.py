"""Where exports are ordered and fetched."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import BinaryIO, NamedTuple
from uuid import uuid4

import structlog

from analytics.exports.exporter import State
from analytics.exports.manifest import NAME as MANIFEST
from analytics.exports.manifest import Manifest, load
from analytics.exports.order import Format, Order, Split, Wanted
from analytics.freshness import require_kept
from api.exports.jobs import ExportBook, ExportJob
from api.exports.worker import Exporting, ExportWorker, audited
from api.jobs.book import Asker, JobState
from api.jobs.desk import JobDesk
from api.problems import EXPORTS_FULL, Refused
from contracts.errors import ExportDamaged
from runtime.clock import Clock
from runtime.settings import ExportSettings

log = structlog.get_logger()


class Asked(NamedTuple):
    """What somebody wants."""

    wanted: Wanted
    format: Format
    split: Split = Split.NONE
    changed_since: str | None = None


class KeptFile(NamedTuple):
    """A file of a finished export."""

    path: Path
    sha256: str | None
    """Null for the manifest, which has those of the others."""


class ExportDesk(JobDesk[ExportJob]):
    """The exports of one installation."""

    def __init__(self, exporter: Exporting, settings: ExportSettings, data_dir: Path, clock: Clock) -> None:
        self._exporter = exporter
        self._settings = settings
        self._folders = ExportBook(data_dir / settings.path)
        worker = ExportWorker(exporter, self._folders, settings, clock)
        super().__init__(self._folders, worker, clock)
        self._progress = worker.progress
        self._direct = ThreadPoolExecutor(1, thread_name_prefix="export-direct")

    async def stop(self) -> None:
        await super().stop()
        self._direct.shutdown(wait=False, cancel_futures=True)

    async def request(self, asked: Asked, asker: Asker, idempotency_key: str | None = None) -> tuple[ExportJob, bool]:
        """The export that answers this, and whether it was there before.

        Raises `QueryInvalid` for a token that does not fit, and the problem when there is no room or the idempotency
        key stands for another request.
        """
        is_same = partial(_is_same_request, asked)
        repeated = self._under_key(asker, idempotency_key, is_same)
        if repeated is not None:
            return repeated, True
        order = self._order(asked, await self._exporter.state(asked.wanted))
        same = self._under_key(asker, idempotency_key, is_same) or self._same(order, asker)
        if same is not None:
            return same, True
        self._require_room(asker)
        now = self._clock.now()
        job = ExportJob(
            id=str(uuid4()),
            order=order,
            asker=asker,
            requested_at=now,
            idempotency_key=idempotency_key,
            changed_since=asked.changed_since,
        )
        self._book.put(job)
        log.info("export_requested", **audited(job), is_continuation=order.since is not None)
        self._worker.wake()
        return job, False

    async def direct(self, asked: Asked, asker: Asker) -> tuple[BinaryIO, Manifest]:
        """The same at once, for small questions: the file, open and without a name.

        Raises `ExportEnded` when it is too large or takes too long, and what `request` raises.
        """
        order = self._order(asked, await self._exporter.state(asked.wanted))
        who = {"export": "direct", "key": asker.key_id, "key_name": asker.key_name, "what": asked.wanted.what.value}
        log.info("export_requested", **who, is_continuation=order.since is not None)
        file, manifest = await asyncio.get_running_loop().run_in_executor(self._direct, self._write_direct, order)
        log.info("export_done", **who, rows=manifest.rows, bytes=manifest.bytes)
        return file, manifest

    def _write_direct(self, order: Order) -> tuple[BinaryIO, Manifest]:
        progress = self._progress(self._settings.direct_limit_s)
        with self._folders.passing_folder() as folder:
            manifest = self._exporter.write(order, folder, most_rows=self._settings.direct_rows, progress=progress)
            return (folder / order.file_name("")).open("rb"), manifest

    def manifest(self, job: ExportJob) -> Manifest | None:
        """What a finished export says of itself; null also when somebody has taken it away."""
        try:
            return load(self._book.folder(job) / MANIFEST) if job.state is JobState.DONE else None
        except ExportDamaged as exc:
            log.warning("export_damaged", **audited(job), reason=str(exc))
            return None

    def file(self, job: ExportJob, name: str) -> KeptFile | None:
        """The file of that name, if the manifest has it and it is there."""
        manifest, path = self.manifest(job), self._book.folder(job) / name
        if manifest is None:
            return None
        digests: dict[str, str | None] = {MANIFEST: None} | {file.name: file.sha256 for file in manifest.files}
        return KeptFile(path, digests[name]) if name in digests and path.is_file() else None

    def remove(self, job: ExportJob) -> None:
        super().remove(job)
        log.info("export_cancelled" if job.is_open else "export_removed", **audited(job))

    def _order(self, asked: Asked, state: State) -> Order:
        token = asked.changed_since
        forgotten_before = state.freshness.forgotten_before if asked.wanted.is_of_facts else None
        if token is None and asked.wanted.from_ is not None:
            require_kept(asked.wanted.from_, forgotten_before)
        return Order(
            wanted=asked.wanted,
            format=asked.format,
            split=asked.split,
            since=None if token is None else self._exporter.continued(token, asked.wanted, state.until),
            until=state.until,
            as_of=state.freshness.as_of,
            revision=state.freshness.revision,
            forgotten_before=forgotten_before,
        )

    def _same(self, order: Order, asker: Asker) -> ExportJob | None:
        """One of the same key that has, or will have, the same rows."""
        wanted = order.digest
        good = (job for job in self._of(asker) if job.is_open or job.state is JobState.DONE)
        return next((job for job in good if job.order.digest == wanted), None)

    def _require_room(self, asker: Asker) -> None:
        count = sum(job.is_open for job in self._of(asker))
        if count >= self._settings.most_open:
            raise Refused(
                EXPORTS_FULL,
                f"The key has {count} exports that are not done, which is all it may have; wait for one or cancel it.",
            )
        kept = sum(job.bytes for job in self.all())
        if kept >= self._settings.most_bytes:
            raise Refused(
                EXPORTS_FULL,
                f"{kept} bytes of exports are kept, and {self._settings.most_bytes} may be; remove what was fetched.",
            )


def _is_same_request(asked: Asked, job: ExportJob) -> bool:
    before = Asked(job.order.wanted, job.order.format, job.order.split, job.changed_since)
    return asked._replace(wanted=before.wanted) == before and asked.wanted.digest == before.wanted.digest
