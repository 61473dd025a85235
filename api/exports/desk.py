"""Where exports are ordered, found, cancelled and forgotten."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO, NamedTuple
from uuid import uuid4

import structlog

from analytics.exports.exporter import State
from analytics.exports.manifest import NAME as MANIFEST
from analytics.exports.manifest import Manifest, load
from analytics.exports.order import Format, Order, Split, Wanted
from analytics.freshness import require_kept
from api.exports.jobs import Asker, Job, JobBook, JobState
from api.exports.worker import Exporting, Worker, audited, ended
from api.problems import EXPORTS_FULL, INVALID, FieldError, Refused
from contracts.errors import ExportDamaged
from runtime.clock import Clock
from runtime.settings import ExportSettings

log = structlog.get_logger()

TIDY_EVERY_S = 60.0
REUSED = "Another export was asked for under this key; take another key, or send the same again"


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


class ExportDesk:
    """The exports of one installation, between `start` and `stop`; all its methods belong to one event loop."""

    def __init__(self, exporter: Exporting, settings: ExportSettings, data_dir: Path, clock: Clock) -> None:
        self._exporter = exporter
        self._settings = settings
        self._clock = clock
        self._book = JobBook(data_dir / settings.path)
        self._worker = Worker(exporter, self._book, settings, clock)
        self._direct = ThreadPoolExecutor(1, thread_name_prefix="export-direct")
        self._tidying: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Take up what an earlier process left, and work from now on."""
        self._book.load()
        self._worker.start()
        self._tidying = asyncio.create_task(self._tidy())

    async def stop(self) -> None:
        """End what runs; it begins anew with the next process."""
        if self._tidying is not None:
            self._tidying.cancel()
        await self._worker.stop()
        self._direct.shutdown(wait=False, cancel_futures=True)

    async def request(self, asked: Asked, asker: Asker, idempotency_key: str | None = None) -> tuple[Job, bool]:
        """The export that answers this, and whether it was there before.

        Raises `QueryInvalid` for a token that does not fit, and the problem when there is no room or the idempotency
        key stands for another request.
        """
        repeated = self._under_key(asked, asker, idempotency_key)
        if repeated is not None:
            return repeated, True
        order = self._order(asked, await self._exporter.state(asked.wanted))
        same = self._under_key(asked, asker, idempotency_key) or self._same(order, asker)
        if same is not None:
            return same, True
        self._require_room(asker)
        now = self._clock.now()
        job = Job(
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
        progress = self._worker.progress("direct", self._settings.direct_limit_s)
        with self._book.passing_folder() as folder:
            manifest = self._exporter.write(order, folder, most_rows=self._settings.direct_rows, progress=progress)
            return (folder / order.file_name("")).open("rb"), manifest

    def find(self, job_id: str) -> Job | None:
        job = self._book.get(job_id)
        return None if job is None else self._worker.so_far(job)

    def all(self) -> list[Job]:
        """The newest first."""
        return [self._worker.so_far(job) for job in self._book.all()]

    def manifest(self, job: Job) -> Manifest | None:
        """What a finished export says of itself; null also when somebody has taken it away."""
        try:
            return load(self._book.folder(job) / MANIFEST) if job.state is JobState.DONE else None
        except ExportDamaged as exc:
            log.warning("export_damaged", **audited(job), reason=str(exc))
            return None

    def file(self, job: Job, name: str) -> KeptFile | None:
        """The file of that name, if the manifest has it and it is there."""
        manifest, path = self.manifest(job), self._book.folder(job) / name
        if manifest is None:
            return None
        digests: dict[str, str | None] = {MANIFEST: None} | {file.name: file.sha256 for file in manifest.files}
        return KeptFile(path, digests[name]) if name in digests and path.is_file() else None

    def remove(self, job: Job) -> None:
        """Cancel an open export; forget one that is not, with its files."""
        if job.is_open:
            self._book.put(ended(job, JobState.CANCELLED, self._clock, self._settings))
        else:
            self._book.remove(job)
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

    def _under_key(self, asked: Asked, asker: Asker, idempotency_key: str | None) -> Job | None:
        """What was asked for under that key before; raises the problem when it was something else."""
        if idempotency_key is None:
            return None
        mine = (job for job in self.all() if job.asker.key_id == asker.key_id)
        found = next((job for job in mine if job.idempotency_key == idempotency_key), None)
        if found is not None and not _is_same_request(asked, found):
            error = FieldError(place="header", member="Idempotency-Key", rule="idempotency_key_reused", detail=REUSED)
            raise Refused(INVALID, errors=[error])
        return found

    def _same(self, order: Order, asker: Asker) -> Job | None:
        """One of the same key that has, or will have, the same rows."""
        wanted = order.digest
        good = (job for job in self.all() if job.is_open or job.state is JobState.DONE)
        return next((job for job in good if job.asker.key_id == asker.key_id and job.order.digest == wanted), None)

    def _require_room(self, asker: Asker) -> None:
        count = sum(job.is_open for job in self.all() if job.asker.key_id == asker.key_id)
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

    async def _tidy(self) -> None:
        """Remove what has expired."""
        while True:
            for job in self._book.all():
                if not job.is_open and job.expires_at is not None and job.expires_at <= self._clock.now():
                    self.remove(job)
            await asyncio.sleep(TIDY_EVERY_S)


def _is_same_request(asked: Asked, job: Job) -> bool:
    before = Asked(job.order.wanted, job.order.format, job.order.split, job.changed_since)
    return asked._replace(wanted=before.wanted) == before and asked.wanted.digest == before.wanted.digest
