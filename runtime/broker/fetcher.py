"""Brings the broker's jars into the cache. Only a jar with the right digest ever gets its name there."""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import stamina
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from contracts.errors import BrokerUnavailable
from runtime.broker.jars import JAR_LIST, KAFKA_VERSION, Jar, broker_jars
from runtime.broker.repository import JarUnreachable, MavenRepository, repository_address
from runtime.broker.settings import BrokerSettings

PARALLEL_DOWNLOADS = 4
ATTEMPTS = 4

ReadJar = Callable[[str], Iterable[bytes]]
"""The bytes behind a coordinate, in chunks; raises `JarUnreachable`."""
Advance = Callable[[int], object]


class JarCorrupt(BrokerUnavailable):
    """What the repository sent is not the jar of the list."""


def broker_classpath(settings: BrokerSettings) -> list[Path]:
    """All jars of the broker, each checked; what the cache lacks is fetched first, with a progress bar.

    Raises `BrokerUnavailable`, saying what to do, when one is missing and cannot be had.
    """
    folder = settings.cache_dir / f"kafka-{KAFKA_VERSION}"
    jars = broker_jars()
    if missing := [jar for jar in jars if not jar.is_sound(folder / jar.file_name)]:
        repository = MavenRepository(repository_address(settings))
        _fetch_showing_progress(missing, folder, repository.read)
    return [folder / jar.file_name for jar in jars]


def fetch(jars: Sequence[Jar], folder: Path, read: ReadJar, *, advance: Advance) -> None:
    """Fetch `jars` into `folder`, a few at a time; the first one that cannot be had stops the rest."""

    def fetch_one(jar: Jar) -> None:
        _fetch_patiently(jar, folder, read, advance=advance)

    # One knocks alone, so that a repository out of reach is tried, and logged, by one and not by four.
    fetch_one(jars[0])
    pool = ThreadPoolExecutor(PARALLEL_DOWNLOADS, thread_name_prefix="jars")
    try:
        for _ in pool.map(fetch_one, jars[1:]):
            pass
    finally:
        pool.shutdown(cancel_futures=True)


def _fetch_showing_progress(jars: Sequence[Jar], folder: Path, read: ReadJar) -> None:
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with Progress(*columns, console=Console(stderr=True)) as progress:
            task = progress.add_task(f"Apache Kafka {KAFKA_VERSION}", total=sum(jar.size for jar in jars))
            fetch(jars, folder, read, advance=lambda size: progress.advance(task, size))
    except JarUnreachable as exc:
        raise BrokerUnavailable(
            f"Kafka's jars are not all in {folder}, and {exc}. Set KAFKA_BOOTSTRAP_SERVERS to a Kafka that runs "
            "already, or MAVEN_REPO_URL to a Maven repository that this machine reaches, or copy the files that "
            f"{JAR_LIST} names into that folder from a machine that has them"
        ) from exc
    except OSError as exc:
        raise BrokerUnavailable(
            f"{folder} cannot be written ({exc.strerror}); set TIDINGS_CACHE_DIR to another"
        ) from exc


def _fetch_patiently(jar: Jar, folder: Path, read: ReadJar, *, advance: Advance) -> None:
    for attempt in stamina.retry_context(on=_may_retry, attempts=ATTEMPTS, wait_max=5.0):
        with attempt:
            _fetch_once(jar, folder, read, advance=advance)


def _may_retry(error: Exception) -> bool:
    return isinstance(error, JarUnreachable) and error.may_retry


def _fetch_once(jar: Jar, folder: Path, read: ReadJar, *, advance: Advance) -> None:
    # The name is this process's own, so that two that fetch at once do not write into one file.
    part = folder / f"{jar.file_name}.{os.getpid()}.part"
    written = 0
    try:
        with part.open("wb") as file:
            for chunk in _checked(jar, read(jar.coordinate)):
                written += file.write(chunk)
                advance(len(chunk))
        part.replace(folder / jar.file_name)
    except BaseException:
        advance(-written)
        part.unlink(missing_ok=True)
        raise


def _checked(jar: Jar, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The chunks as they come. Raises `JarCorrupt` in place of the end when they do not add up to the jar."""
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
        yield chunk
    if digest.hexdigest() != jar.sha256:
        raise JarCorrupt(
            f"{jar.coordinate} came with SHA-256 {digest.hexdigest()}, and {JAR_LIST} says {jar.sha256}; nothing was "
            "kept. The repository or a proxy before it has altered the file: set MAVEN_REPO_URL to another one, "
            "or KAFKA_BOOTSTRAP_SERVERS to a Kafka that runs already"
        )
