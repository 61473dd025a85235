"""Fetching the broker's jars: all or a clear error, and never a bad file."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
import stamina

from contracts.errors import BrokerUnavailable
from runtime.broker.fetcher import JarCorrupt, broker_classpath, fetch
from runtime.broker.jars import Jar, broker_jars
from runtime.broker.repository import JarUnreachable
from runtime.broker.settings import BrokerSettings

NOBODY_LISTENS = "http://someone:hush@127.0.0.1:9/maven"


@pytest.fixture(autouse=True)
def without_waiting() -> Iterator[None]:
    with stamina.set_testing(True, attempts=3):
        yield


class FakeRepository:
    """Gives the content it was made with, in chunks; fails as often as told, after the first chunk."""

    def __init__(self, content: dict[str, bytes], *, failures: int = 0, may_retry: bool = True) -> None:
        self.content = content
        self.failures = failures
        self.may_retry = may_retry
        self.asked: list[str] = []

    def read(self, coordinate: str) -> Iterator[bytes]:
        self.asked.append(coordinate)
        content = self.content[coordinate]
        yield content[:3]
        if self.failures > 0:
            self.failures -= 1
            raise JarUnreachable("the line broke", may_retry=self.may_retry)
        yield content[3:]


def jar_of(name: str) -> tuple[Jar, bytes]:
    content = f"the content of {name}".encode()
    return Jar(f"org.example:{name}:1.0", hashlib.sha256(content).hexdigest(), len(content)), content


def files_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def ignore(_size: int) -> None:
    """Nobody watches."""


def test_all_jars_arrive_under_their_names(tmp_path: Path) -> None:
    made = [jar_of(f"part-{number}") for number in range(9)]
    repository = FakeRepository({jar.coordinate: content for jar, content in made})

    fetch([jar for jar, _ in made], tmp_path, repository.read, advance=ignore)

    assert files_in(tmp_path) == [jar.file_name for jar, _ in made]
    assert all(jar.is_sound(tmp_path / jar.file_name) for jar, _ in made)


def test_a_jar_with_another_checksum_is_refused_and_removed(tmp_path: Path) -> None:
    jar, content = jar_of("altered")
    repository = FakeRepository({jar.coordinate: content.upper()})

    with pytest.raises(JarCorrupt, match=rf"altered:1\.0 came with SHA-256 \w+, and .*{jar.sha256}; nothing was kept"):
        fetch([jar], tmp_path, repository.read, advance=ignore)

    assert files_in(tmp_path) == []
    assert len(repository.asked) == 1


def test_an_interrupted_download_leaves_nothing(tmp_path: Path) -> None:
    jar, content = jar_of("interrupted")
    repository = FakeRepository({jar.coordinate: content}, failures=99)

    with pytest.raises(JarUnreachable):
        fetch([jar], tmp_path, repository.read, advance=ignore)

    assert files_in(tmp_path) == []


def test_ctrl_c_in_a_download_leaves_nothing(tmp_path: Path) -> None:
    jar, content = jar_of("abandoned")

    def interrupted(_coordinate: str) -> Iterator[bytes]:
        yield content[:3]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch([jar], tmp_path, interrupted, advance=ignore)

    assert files_in(tmp_path) == []


def test_a_broken_line_is_tried_again_and_counted_once(tmp_path: Path) -> None:
    jar, content = jar_of("unlucky")
    repository = FakeRepository({jar.coordinate: content}, failures=2)
    advanced: list[int] = []

    fetch([jar], tmp_path, repository.read, advance=advanced.append)

    assert jar.is_sound(tmp_path / jar.file_name)
    assert sum(advanced) == jar.size


def test_a_refusal_is_not_tried_again(tmp_path: Path) -> None:
    jar, content = jar_of("refused")
    repository = FakeRepository({jar.coordinate: content}, failures=1, may_retry=False)

    with pytest.raises(JarUnreachable):
        fetch([jar], tmp_path, repository.read, advance=ignore)

    assert len(repository.asked) == 1


def test_a_repository_out_of_reach_is_not_asked_for_the_rest(tmp_path: Path) -> None:
    made = [jar_of(f"part-{number}") for number in range(9)]
    repository = FakeRepository({jar.coordinate: content for jar, content in made}, failures=99)

    with pytest.raises(JarUnreachable):
        fetch([jar for jar, _ in made], tmp_path, repository.read, advance=ignore)

    assert set(repository.asked) == {made[0][0].coordinate}


def test_without_cache_and_repository_the_error_says_what_to_do(tmp_path: Path) -> None:
    settings = BrokerSettings(cache_dir=tmp_path, maven_repo_url=NOBODY_LISTENS)

    with pytest.raises(BrokerUnavailable) as caught:
        broker_classpath(settings)

    for told in (str(tmp_path / "kafka-4.3.1"), "127.0.0.1", "KAFKA_BOOTSTRAP_SERVERS", "MAVEN_REPO_URL", "copy"):
        assert told in str(caught.value)


def test_the_password_of_a_repository_shows_nowhere(tmp_path: Path) -> None:
    settings = BrokerSettings(cache_dir=tmp_path, maven_repo_url=NOBODY_LISTENS)

    with pytest.raises(BrokerUnavailable) as caught:
        broker_classpath(settings)

    error: BaseException | None = caught.value
    while error is not None:
        assert "hush" not in f"{error!r} {error}"
        error = error.__cause__
    assert "hush" not in repr(settings)


def test_a_cache_that_cannot_be_written_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    settings = BrokerSettings(cache_dir=tmp_path / "file", maven_repo_url=NOBODY_LISTENS)

    with pytest.raises(BrokerUnavailable, match=r"cannot be written .* set TIDINGS_CACHE_DIR"):
        broker_classpath(settings)


def test_a_jar_in_the_cache_that_was_altered_is_fetched_anew(tmp_path: Path) -> None:
    folder = tmp_path / "kafka-4.3.1"
    folder.mkdir()
    (folder / broker_jars()[0].file_name).write_bytes(b"altered")
    settings = BrokerSettings(cache_dir=tmp_path, maven_repo_url=NOBODY_LISTENS)

    with pytest.raises(BrokerUnavailable, match=broker_jars()[0].coordinate):
        broker_classpath(settings)
