"""Finding a Java that can run the broker."""

from pathlib import Path

import pytest

from contracts.errors import BrokerUnavailable
from runtime.broker.java import JavaCandidate, choose_java, java_major


@pytest.mark.parametrize(
    ("told", "major"),
    [
        pytest.param('openjdk version "17.0.15" 2025-04-15\nOpenJDK Runtime Environment', 17, id="OpenJDK 17"),
        pytest.param('openjdk version "25.0.2" 2026-01-20 LTS', 25, id="a long-term release"),
        pytest.param('openjdk version "21" 2023-09-19', 21, id="the first release of a line has no dots"),
        pytest.param('openjdk version "27-ea" 2026-09-15', 27, id="an early-access build"),
        pytest.param('java version "1.8.0_292"', 8, id="1.8 is what 8 was called"),
        pytest.param('java version "11.0.2" 2019-01-15 LTS', 11, id="Oracle's spelling"),
        pytest.param('Picked up JAVA_TOOL_OPTIONS: -Dx="9"\nopenjdk version "17.0.1"', 17, id="a line before it"),
        pytest.param("Unable to locate a Java Runtime. Please visit", None, id="an empty stub"),
        pytest.param("", None, id="nothing"),
    ],
)
def test_the_major_version_is_read_from_what_java_prints(told: str, major: int | None) -> None:
    assert java_major(told) == major


def a_java(folder: Path, version: str, *, status: int = 0) -> JavaCandidate:
    """A program that answers as Java does."""
    executable = folder / f"java-{version}-{status}"
    executable.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\"' >&2\nexit {status}\n")
    executable.chmod(0o755)
    return JavaCandidate(f"place of {version}", executable)


def test_the_first_that_is_new_enough_is_taken(tmp_path: Path) -> None:
    candidates = [a_java(tmp_path, "11.0.2"), a_java(tmp_path, "17.0.1"), a_java(tmp_path, "25")]

    assert choose_java(candidates) == candidates[1].executable


def test_one_that_fails_is_passed_over(tmp_path: Path) -> None:
    broken, sound = a_java(tmp_path, "21", status=1), a_java(tmp_path, "17")

    assert choose_java([broken, sound]) == sound.executable


def test_without_a_java_the_error_says_what_was_found_and_what_to_do(tmp_path: Path) -> None:
    candidates = [JavaCandidate("JAVA_HOME", tmp_path / "nothing"), a_java(tmp_path, "1.8.0_292")]

    with pytest.raises(BrokerUnavailable) as caught:
        choose_java(candidates)

    for told in ("Java 17 or newer", "JAVA_HOME: does not run", "Java 8", "tidings[broker]", "KAFKA_BOOTSTRAP_SERVERS"):
        assert told in str(caught.value)


def test_without_any_candidate_the_error_says_so() -> None:
    with pytest.raises(BrokerUnavailable, match="no Java at all"):
        choose_java([])
