"""Where the broker's jars come from."""

from pathlib import Path

import pytest

from contracts.errors import ConfigurationInvalid
from runtime.broker.repository import (
    MavenRepository,
    RepositoryAddress,
    mirror_of_central,
    parse_address,
    repository_address,
)
from runtime.broker.settings import BrokerSettings

MIRROR = RepositoryAddress("https://maven.example/all")


def maven_settings(mirrors: str, servers: str = "", namespace: str = "") -> str:
    return f"<settings{namespace}><mirrors>{mirrors}</mirrors><servers>{servers}</servers></settings>"


def mirror(of: str, more: str = "", url: str = "https://maven.example/all") -> str:
    return f"<mirror><id>ours</id><mirrorOf>{of}</mirrorOf><url>{url}</url>{more}</mirror>"


@pytest.mark.parametrize(
    ("mirrors", "found"),
    [
        pytest.param(mirror("central"), MIRROR, id="a mirror of Central"),
        pytest.param(mirror("*"), MIRROR, id="a mirror of everything"),
        pytest.param(mirror("snapshots, external:*"), MIRROR, id="a list of patterns"),
        pytest.param(mirror("*,!central"), None, id="everything but Central"),
        pytest.param(mirror("external:http:*"), None, id="plain HTTP only, which Central is not"),
        pytest.param(mirror("releases"), None, id="another repository"),
        pytest.param(mirror("*", "<blocked>true</blocked>"), None, id="a blocked mirror"),
        pytest.param(mirror("releases") + mirror("central"), MIRROR, id="the first that fits"),
        pytest.param("", None, id="no mirror"),
    ],
)
def test_a_mirror_of_central_is_honoured(mirrors: str, found: RepositoryAddress | None) -> None:
    assert mirror_of_central(maven_settings(mirrors), {}) == found


def test_the_namespace_of_the_settings_does_not_matter() -> None:
    text = maven_settings(mirror("*"), namespace=' xmlns="urn:maven-settings-1.2.0"')

    assert mirror_of_central(text, {}) == MIRROR


def test_the_server_of_the_same_name_gives_the_credentials() -> None:
    server = "<server><id>ours</id><username>someone</username><password>${env.MAVEN_PASSWORD}</password></server>"
    other = "<server><id>theirs</id><username>nobody</username><password>wrong</password></server>"

    address = mirror_of_central(maven_settings(mirror("*"), other + server), {"MAVEN_PASSWORD": "hush"})

    assert address == RepositoryAddress("https://maven.example/all", "someone", "hush")


def test_credentials_in_the_url_are_taken_out_of_it() -> None:
    address = parse_address("https://some%40one:hu%3Ash@maven.example:8443/all")

    assert address == RepositoryAddress("https://maven.example:8443/all", "some@one", "hu:sh")
    assert address.name == "maven.example"


def test_a_password_does_not_show() -> None:
    assert "hush" not in repr(parse_address("https://someone:hush@maven.example/all"))


@pytest.mark.parametrize("url", ["ftp://maven.example/all", "maven.example/all", "https://", "file:///srv/maven"])
def test_what_is_not_a_web_address_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationInvalid, match="MAVEN_REPO_URL"):
        parse_address(url)


@pytest.mark.parametrize(
    ("settings", "in_file", "expected"),
    [
        pytest.param(
            BrokerSettings(maven_repo_url="https://named.example/m"),
            maven_settings(mirror("*")),
            RepositoryAddress("https://named.example/m"),
            id="the environment wins over Maven's settings",
        ),
        pytest.param(BrokerSettings(), maven_settings(mirror("*")), MIRROR, id="Maven's settings win over the default"),
        pytest.param(BrokerSettings(), maven_settings(""), RepositoryAddress(), id="else the default"),
        pytest.param(BrokerSettings(), None, RepositoryAddress(), id="no Maven settings, the default"),
    ],
)
def test_the_nearest_word_wins(
    settings: BrokerSettings, in_file: str | None, expected: RepositoryAddress, tmp_path: Path
) -> None:
    file = tmp_path / "settings.xml"
    if in_file is not None:
        file.write_text(in_file)

    assert repository_address(settings, file) == expected


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("<settings>", id="not closed"),
        pytest.param('<!DOCTYPE s [<!ENTITY a "b">]><settings>&a;</settings>', id="with entities of its own"),
        pytest.param("\x00", id="not XML at all"),
    ],
)
def test_unreadable_maven_settings_are_named(text: str, tmp_path: Path) -> None:
    file = tmp_path / "settings.xml"
    file.write_text(text)

    with pytest.raises(ConfigurationInvalid, match=r"settings\.xml cannot be read.*MAVEN_REPO_URL"):
        repository_address(BrokerSettings(), file)


def test_the_default_repository_has_a_name_for_errors() -> None:
    assert MavenRepository(RepositoryAddress()).name == "Maven Central"
