"""The checked-in list of the broker's jars."""

import hashlib
import re
from importlib import resources
from pathlib import Path

import pytest

from runtime.broker.jars import JAR_LIST, KAFKA_VERSION, Jar, broker_jars, parse_jars

WELL_FORMED = re.compile(r"[a-z][\w.\-]*:[A-Za-z][\w.\-]*:\d[\w.\-]* [0-9a-f]{64} [1-9]\d*")


@pytest.fixture
def lines() -> list[str]:
    text = resources.files("runtime.broker").joinpath(JAR_LIST).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if not line.startswith("#")]


def test_every_line_is_well_formed(lines: list[str]) -> None:
    assert [line for line in lines if not WELL_FORMED.fullmatch(line)] == []


def test_the_list_is_sorted(lines: list[str]) -> None:
    assert lines == sorted(lines)


def test_no_file_stands_there_twice() -> None:
    names = [jar.file_name for jar in broker_jars()]

    assert len(names) == len(set(names))


def test_no_host_stands_in_the_file() -> None:
    text = resources.files("runtime.broker").joinpath(JAR_LIST).read_text(encoding="utf-8")

    assert not re.search(r"://|\brepo\.|\.(com|net|io)/", text)


def test_the_broker_itself_is_of_the_version_that_is_promised() -> None:
    assert any(jar.coordinate == f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}" for jar in broker_jars())


def test_the_whole_closure_is_there() -> None:
    assert len(broker_jars()) == 46
    assert sum(jar.size for jar in broker_jars()) == pytest.approx(45_000_000, rel=0.01)


def test_comments_and_empty_lines_say_nothing() -> None:
    assert parse_jars(["# a comment", "", "g.h:a:1.0 00ff 12"]) == (Jar("g.h:a:1.0", "00ff", 12),)


@pytest.mark.parametrize(
    ("content", "sound"),
    [
        pytest.param(b"right", True, id="the right bytes are sound"),
        pytest.param(b"wrong", False, id="other bytes of the same length are not"),
        pytest.param(b"right, and more", False, id="more bytes are not"),
        pytest.param(b"", False, id="an empty file is not"),
        pytest.param(None, False, id="a missing file is not"),
    ],
)
def test_a_file_is_sound_when_it_is_byte_for_byte_the_jar(
    content: bytes | None, *, sound: bool, tmp_path: Path
) -> None:
    jar = Jar("g:a:1", hashlib.sha256(b"right").hexdigest(), 5)
    path = tmp_path / jar.file_name
    if content is not None:
        path.write_bytes(content)

    assert jar.is_sound(path) is sound
