"""Where the jars come from: Maven Central, unless the user's environment or Maven settings name another place."""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import unquote, urlsplit
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree

from contracts.errors import BrokerUnavailable, ConfigurationInvalid
from runtime.broker.settings import BrokerSettings

CHUNK_BYTES = 65_536
CONNECT_AND_READ_LIMIT_S = (10, 60)
REFUSED = range(400, 500)


class JarUnreachable(BrokerUnavailable):
    """A repository did not give a jar. `may_retry` is false where it would say the same again."""

    def __init__(self, text: str, *, may_retry: bool) -> None:
        super().__init__(text)
        self.may_retry = may_retry


@dataclass(frozen=True, slots=True)
class RepositoryAddress:
    """A Maven repository; without a URL it is the one that every Maven uses by default."""

    url: str | None = None
    username: str | None = None
    password: str | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """What to call it in an error."""
        return (urlsplit(self.url).hostname or "the given repository") if self.url else "Maven Central"


def repository_address(settings: BrokerSettings, maven_settings: Path | None = None) -> RepositoryAddress:
    """`MAVEN_REPO_URL`, else the mirror that the user's Maven settings name, else the default."""
    if settings.maven_repo_url:
        return parse_address(settings.maven_repo_url.get_secret_value())
    file = maven_settings or Path.home() / ".m2" / "settings.xml"
    if not file.is_file():
        return RepositoryAddress()
    try:
        return mirror_of_central(file.read_text(encoding="utf-8"), os.environ) or RepositoryAddress()
    except (ParseError, ValueError) as exc:
        raise ConfigurationInvalid(f"{file} cannot be read as XML ({exc}); mend it, or set MAVEN_REPO_URL") from exc


def parse_address(url: str) -> RepositoryAddress:
    """The address in a URL, with the user and password it may carry taken out, so that no error can show them."""
    if not re.match(r"https?://[^/?#]+", url):
        raise ConfigurationInvalid(
            "the Maven repository of MAVEN_REPO_URL, or of a mirror in Maven's settings.xml, must begin with https://host"
        )
    parts = urlsplit(url)
    login = [unquote(part) if part else None for part in (parts.username, parts.password)]
    return RepositoryAddress(parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl(), *login)


def mirror_of_central(settings_xml: str, environment: Mapping[str, str]) -> RepositoryAddress | None:
    """The first mirror of Maven Central in a Maven settings file, with the credentials of the server of that name."""
    root = ElementTree.fromstring(settings_xml)
    for mirror in root.iterfind("./{*}mirrors/{*}mirror"):
        if _mirrors_central(_text(mirror, "mirrorOf", environment)) and _text(mirror, "blocked", environment) != "true":
            address = parse_address(_text(mirror, "url", environment))
            login = _server(root, _text(mirror, "id", environment), environment)
            return replace(address, username=login[0], password=login[1]) if login else address
    return None


def _mirrors_central(mirror_of: str) -> bool:
    # `external:http:*` means plain HTTP only, and Central is reached over TLS.
    patterns = {pattern.strip() for pattern in mirror_of.split(",")}
    return "!central" not in patterns and bool(patterns & {"*", "central", "external:*"})


def _server(root: Element, name: str, environment: Mapping[str, str]) -> tuple[str, str] | None:
    for server in root.iterfind("./{*}servers/{*}server"):
        if _text(server, "id", environment) == name:
            return _text(server, "username", environment), _text(server, "password", environment)
    return None


def _text(element: Element, name: str, environment: Mapping[str, str]) -> str:
    """The text of a member, with `${env.NAME}` read from the environment as Maven does."""
    text = (element.findtext(f"{{*}}{name}") or "").strip()
    return re.sub(r"\$\{env\.(\w+)}", lambda match: environment.get(match[1], ""), text)


class MavenRepository:
    """Reads jars from a Maven repository through the `maven-artifact` package."""

    def __init__(self, address: RepositoryAddress) -> None:
        try:
            from maven_artifact import Downloader  # noqa: PLC0415  # optional: not needed once the jars are there
        except ImportError as exc:
            raise BrokerUnavailable(
                "Kafka's jars have to be fetched and the package for that is not installed; install tidings[broker], "
                "or set KAFKA_BOOTSTRAP_SERVERS to a Kafka that runs already"
            ) from exc
        self.name = address.name
        login = {"username": address.username, "password": address.password}
        self._downloader = Downloader(address.url, **login) if address.url else Downloader(**login)

    def read(self, coordinate: str) -> Iterator[bytes]:
        """The bytes of one jar, in chunks. Raises `JarUnreachable`."""
        try:
            yield from self._chunks(coordinate)
        except OSError as exc:
            answer = getattr(exc, "response", None)
            reason = f"HTTP {answer.status_code}" if answer is not None else type(exc).__name__
            raise JarUnreachable(
                f"{self.name} does not give {coordinate} ({reason})",
                may_retry=answer is None or answer.status_code not in REFUSED,
            ) from exc

    def _chunks(self, coordinate: str) -> Iterator[bytes]:
        from maven_artifact import Artifact  # noqa: PLC0415  # likewise

        # Its own `download` prints to standard output, has no time limit and trusts the repository's MD5.
        uri = self._downloader.resolver.uri_for_artifact(Artifact.parse(coordinate))
        answer = self._downloader.requestor.request(uri, None, stream=True, timeout=CONNECT_AND_READ_LIMIT_S)
        with answer:
            yield from answer.iter_content(CHUNK_BYTES)
