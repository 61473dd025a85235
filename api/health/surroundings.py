"""What lies beside this process on its machine: the spool of callbacks, and what the supervisor has written down."""

import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import structlog

SEGMENTS, DAMAGED = "*/*.segment", "*.damaged"
"""As the callback processes name their files: what waits for Kafka, and what could not be read."""

log = structlog.get_logger()


@dataclass(frozen=True)
class SpoolSeen:
    """What is in the directory of the spool."""

    is_here: bool
    waiting_bytes: int = 0
    segment_count: int = 0
    oldest_at: datetime | None = None
    damaged_count: int = 0


class ProcessNoted(msgspec.Struct, frozen=True):
    """One process, as the supervisor notes it."""

    pid: int
    started_at: datetime | None = None
    restarts: int = 0


def spool_in(directory: Path) -> SpoolSeen:
    """What waits there; what is drained while it is looked at is left out."""
    if not directory.is_dir():
        return SpoolSeen(is_here=False)
    found = []
    for path in directory.glob(SEGMENTS):
        with suppress(FileNotFoundError):
            found.append(path.stat())
    return SpoolSeen(
        is_here=True,
        waiting_bytes=sum(one.st_size for one in found),
        segment_count=len(found),
        oldest_at=min((datetime.fromtimestamp(one.st_mtime, UTC) for one in found), default=None),
        damaged_count=sum(1 for _ in directory.glob(DAMAGED)),
    )


def processes_in(data_dir: Path) -> dict[str, ProcessNoted]:
    """By name; none where no supervisor of ours runs on this machine."""
    path = data_dir / "processes.json"
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, ProcessNoted])
    except FileNotFoundError:
        return {}
    except (OSError, msgspec.MsgspecError) as exc:
        log.warning("processes_not_read", file=path.name, reason=str(exc))
        return {}


def is_running(pid: int) -> bool:
    """Whether there is a process of that number; after a crash of the supervisor it may be another one."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
