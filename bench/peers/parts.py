"""What the peers are made of: got and built by the clients of Go, Maven and PyPI when it is first needed."""

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
BUILT = ROOT / ".tidings" / "bench" / "peers"
LOCK = ROOT / "requirements" / "peers.txt"
ENVIRONMENT = ROOT / ".venv-peers"
LIMIT_S = 900.0


class PartMissing(Exception):
    """A peer cannot be had here; the text says what it lacks."""


@cache
def built_go_edge() -> str:
    """The edge in Go. Raises `PartMissing`."""
    _require("go", "the Go toolchain")
    target = BUILT / "go_edge"
    _run("building the edge in Go", ["go", "build", "-o", str(target)], HERE / "go_edge")
    return str(target)


@cache
def built_kafka_streams() -> tuple[str, ...]:
    """The command that runs the stage on Kafka Streams, but for its argument. Raises `PartMissing`."""
    for needed, what in (("java", "a Java runtime"), ("javac", "a Java compiler"), ("mvn", "Maven")):
        _require(needed, what)
    project, target = HERE / "kafka_streams", HERE / "kafka_streams" / "target"
    source = project / "src" / "main" / "java" / "Track.java"
    if not _is_newer(target / "track.jar", source, project / "pom.xml"):
        _run("building the stage on Kafka Streams", ["mvn", "--quiet", "--batch-mode", "package"], project)
    return "java", "-Xmx1g", "-cp", f"{target / 'track.jar'}:{target / 'dependency'}/*", "Track"


@cache
def peers_python() -> str:
    """The Python of an environment of the peers' own. Raises `PartMissing`."""
    python, mark = ENVIRONMENT / "bin" / "python", ENVIRONMENT / ".ready"
    if not _is_newer(mark, LOCK):
        uv = str(Path(sys.executable).with_name("uv"))
        what = "the environment of the peers"
        _run(what, [uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(ENVIRONMENT)], ROOT)
        install = [uv, "pip", "install", "--quiet", "--python", str(python), "--require-hashes", "-r", str(LOCK)]
        _run(what, [*install, "--compile-bytecode"], ROOT)
        mark.touch()
    return str(python)


def _require(command: str, what: str) -> None:
    if shutil.which(command) is None:
        raise PartMissing(f"there is no `{command}` on this machine; install {what} to have it measured")


def _is_newer(made: Path, *sources: Path) -> bool:
    return made.exists() and all(made.stat().st_mtime >= source.stat().st_mtime for source in sources)


def _run(what: str, command: list[str], directory: Path) -> None:
    BUILT.mkdir(parents=True, exist_ok=True)
    print(f"{what} …", file=sys.stderr, flush=True)
    try:
        ended = subprocess.run(
            command, cwd=directory, env=os.environ, capture_output=True, text=True, timeout=LIMIT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as exc:
        raise PartMissing(f"{what} failed: {exc}") from exc
    if ended.returncode:
        told = (ended.stderr.strip() or ended.stdout.strip())[-300:]
        raise PartMissing(f"{what} failed: {' '.join(told.split())}")
