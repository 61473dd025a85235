"""The directory a broker lives in: its properties, its data and its logs."""

import base64
import os
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from string import Template
from uuid import uuid4

from contracts.errors import BrokerUnavailable
from runtime.broker.jars import KAFKA_VERSION

FORMAT_LIMIT_S = 90.0
LOG_END_LINES = 15
LOG_END_BYTES = 16_384


@dataclass(frozen=True, slots=True)
class Installation:
    """Where everything of one broker stands. Its programs run inside, so that no path has to be spelt for Java."""

    directory: Path

    @property
    def log_file(self) -> Path:
        """Kafka's own log."""
        return self.directory / "logs" / "server.log"

    @property
    def console_file(self) -> Path:
        """What Java itself had to say since the last start."""
        return self.directory / "logs" / "console.log"

    @property
    def last_address(self) -> str | None:
        """Where the broker was told to listen when it was last started; null before the first time."""
        try:
            told = (self.directory / "server.properties").read_text(encoding="utf-8")
        except OSError:
            return None
        found = re.search(r"^advertised\.listeners=PLAINTEXT://(\S+)$", told, re.MULTILINE)
        return found[1] if found else None

    def make(self) -> None:
        """Make the directory. Raises `BrokerUnavailable` when that cannot be."""
        try:
            self.log_file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as exc:
            raise BrokerUnavailable(f"{self.directory} cannot be made ({exc.strerror}); give another one") from exc

    def write_properties(self, port: int, controller_port: int) -> None:
        """Write what the broker is told, for these ports."""
        template = Template(_resource("server.properties"))
        told = template.substitute(version=KAFKA_VERSION, port=port, controller_port=controller_port)
        (self.directory / "server.properties").write_text(told, encoding="utf-8")
        (self.directory / "log4j2.properties").write_text(_resource("log4j2.properties"), encoding="utf-8")

    def format(self, java: list[str], descriptor: int) -> None:
        """Give the data directory its identity, once in its life."""
        if (self.directory / "data" / "meta.properties").is_file():
            return
        tool = [*java, "kafka.tools.StorageTool", "format", "--ignore-formatted"]
        done = subprocess.run(  # noqa: S603  # the program is the Java that was chosen
            [*tool, "--cluster-id", _cluster_id(), "--config", "server.properties"],
            cwd=self.directory,
            pass_fds=(descriptor,),
            capture_output=True,
            text=True,
            timeout=FORMAT_LIMIT_S,
            check=False,  # its words matter more than its status
        )
        if done.returncode:
            raise BrokerUnavailable(
                f"Kafka's storage tool ended with status {done.returncode} and has not prepared {self.directory}; mend "
                f"what it names, or give another directory. It said:\n{_telling_lines(done.stdout + done.stderr)}"
            )

    def launch(self, java: list[str], descriptor: int) -> subprocess.Popen[bytes]:
        """The broker, just started, with new logs; it inherits `descriptor`."""
        if self.log_file.exists():
            self.log_file.replace(self.log_file.with_name("server.previous.log"))
        with self.console_file.open("wb") as console:
            return subprocess.Popen(  # noqa: S603  # likewise
                [*java, "kafka.Kafka", "server.properties"],
                cwd=self.directory,
                pass_fds=(descriptor,),
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for us: we stop the broker in order
            )

    def log_end(self) -> str:
        """The lines of both logs that tell how the broker ended."""
        ends = [_telling_lines(_end_of(file)) for file in (self.log_file, self.console_file)]
        return "\n".join(end for end in ends if end) or "(both logs are empty)"


def java_command(java: Path, jars: Sequence[Path], *, heap: str) -> list[str]:
    """The command line up to the main class, to be run inside an installation."""
    return [
        str(java),
        f"-Xmx{heap}",
        "-XX:+ExitOnOutOfMemoryError",  # a broker that limps is worse than one that ended
        "-Dlog4j2.configurationFile=log4j2.properties",
        "-cp",
        os.pathsep.join(map(str, jars)),
    ]


def _resource(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def _cluster_id() -> str:
    """A random id as Kafka makes them: a UUID in URL-safe base64, not beginning as an option would."""
    made = base64.urlsafe_b64encode(uuid4().bytes).rstrip(b"=").decode("ascii")
    return _cluster_id() if made.startswith("-") else made


def _end_of(file: Path) -> str:
    if not file.is_file():
        return ""
    with file.open("rb") as opened:
        opened.seek(max(0, file.stat().st_size - LOG_END_BYTES))
        return opened.read().decode("utf-8", errors="replace")


def _telling_lines(text: str) -> str:
    """From the first error on, else the last lines: after an error Kafka still tells at length how it shuts down."""
    lines = text.strip().splitlines()
    errors = [number for number, line in enumerate(lines) if " ERROR " in line or " FATAL " in line]
    begin = errors[0] if errors else -LOG_END_LINES
    return "\n".join(lines[begin:][:LOG_END_LINES])
