"""The record of one export, and the folder in which it lives: `<data_dir>/exports/<id>` with its files."""

import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from analytics.exports.order import Order
from api.jobs.book import JOB_ID, OWNER_ONLY, Job, JobBook

DIRECT = "direct-"


class ExportJob(Job, frozen=True, kw_only=True):
    """One export: who asked for what, and what became of it."""

    order: Order
    changed_since: str | None = None
    rows: int = 0
    bytes: int = 0

    @property
    def accounts(self) -> Sequence[str] | None:
        return self.order.wanted.accounts


class ExportBook(JobBook[ExportJob]):
    """All exports that are kept."""

    ours = re.compile(f"({DIRECT})?{JOB_ID}")

    def __init__(self, directory: Path) -> None:
        super().__init__(directory, ExportJob)

    @contextmanager
    def passing_folder(self) -> Iterator[Path]:
        """One for a moment, for what is no job."""
        folder = self._directory / f"{DIRECT}{uuid4()}"
        folder.mkdir(parents=True, mode=OWNER_ONLY)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    @property
    def free_bytes(self) -> int:
        """How much the disk has left."""
        return shutil.disk_usage(self._directory).free
