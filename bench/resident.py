"""Whose the resident memory of a process is, as the system tells: so that growth points at its cause."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

MB = 1_000_000
ARENA_BYTES = 64 * 1024 * 1024
"""glibc gives each thread a heap at a multiple of this."""
RESERVE_BYTES = 1024**3
"""Arrow's pool (mimalloc) reserves so much at once and uses what it needs."""
MAPPING = re.compile(r"(?P<begin>[0-9a-f]+)-(?P<end>[0-9a-f]+) \S+ \S+ \S+ \d+ *(?P<name>.*)")
FILES, C_LIBRARY, ARROW, OTHERS = "files and code", "the C library's heaps", "Arrow's pool", "Python's and DuckDB's own"


def resident(pid: int) -> dict[str, float]:
    """Megabytes by owner."""
    found = dict.fromkeys((FILES, C_LIBRARY, ARROW, OTHERS), 0.0)
    with Path(f"/proc/{pid}/smaps").open(encoding="utf-8") as lines:
        for owner, size in owned(lines):
            found[owner] += size
    return found


def owned(smaps: Iterable[str]) -> Iterator[tuple[str, float]]:
    """Owner and resident megabytes of each mapping."""
    owner = OTHERS
    for line in smaps:
        if mapping := MAPPING.match(line):
            owner = _owner(int(mapping["begin"], 16), int(mapping["end"], 16), mapping["name"])
        elif line.startswith("Rss:"):
            yield owner, int(line.split()[1]) * 1024 / MB


def _owner(begin: int, end: int, name: str) -> str:
    if name == "[heap]" or (not name and begin % ARENA_BYTES == 0 and end - begin <= ARENA_BYTES):
        return C_LIBRARY
    if name.startswith("/"):
        return FILES
    return ARROW if end - begin >= RESERVE_BYTES else OTHERS
