"""Which files the broker runs on, and how each is known to be the right one."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

KAFKA_VERSION = "4.3.1"
JAR_LIST = f"kafka-{KAFKA_VERSION}.jars"


@dataclass(frozen=True, slots=True)
class Jar:
    """One file of the broker, by its Maven coordinate and its content."""

    coordinate: str
    sha256: str
    size: int

    @property
    def file_name(self) -> str:
        _group, artifact, version = self.coordinate.split(":")
        return f"{artifact}-{version}.jar"

    def is_sound(self, path: Path) -> bool:
        """Whether `path` holds exactly this jar."""
        if not path.is_file() or path.stat().st_size != self.size:
            return False
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == self.sha256


def parse_jars(lines: Iterable[str]) -> tuple[Jar, ...]:
    """The jars of a list: `group:artifact:version`, SHA-256 and bytes on each line, `#` begins a comment."""
    rows = (line.split() for line in lines if line.strip() and not line.startswith("#"))
    return tuple(Jar(coordinate, sha256, int(size)) for coordinate, sha256, size in rows)


@cache
def broker_jars() -> tuple[Jar, ...]:
    """The jars of the checked-in list."""
    return parse_jars(resources.files(__package__).joinpath(JAR_LIST).read_text(encoding="utf-8").splitlines())
