"""Makes the settings of a demo: a connection to each provider, its secrets in files that only their owner may read."""

import base64
import fcntl
import json
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from string import Template
from urllib.parse import urlsplit
from uuid import uuid4

from contracts.errors import ConfigurationInvalid
from runtime.broker.ports import free_port, is_free
from runtime.settings import Connection, Settings, load_settings

PLANS = "plans"
"""The connections over which messages with plans go are called so."""

SENDING_SECRETS = ("infobip_api_key", "routee_app_secret", "decisiontelecom_access_key")
HERE = "http://127.0.0.1"
ONCE = "once"
STAND_IN = "stand_in_port"
USUAL_PORTS = {
    "api_port": 8000,
    "ingest_port": 8080,
    "ingest_admin_port": 8081,
    "streams_admin_port": 8082,
    STAND_IN: 8090,
}


def ensure_demo_settings(data_dir: Path, *, topic_prefix: str, ports: Mapping[str, int]) -> Path:
    """The settings file of the demo in `data_dir`, made with its secrets on the first run."""
    file = data_dir / "tidings.toml"
    if file.exists():
        return file
    data_dir.mkdir(parents=True, exist_ok=True)
    members = {
        "data_dir": str(data_dir),
        "topic_prefix": topic_prefix,
        "customer_id": str(uuid4()).upper(),
        "telesign_key": _secret_file(data_dir, "telesign-api-key", base64.b64encode(secrets.token_bytes(48)).decode()),
        "infobip_password": _secret_file(data_dir, "infobip-password", secrets.token_urlsafe(24)),
        "routee_token": _secret_file(data_dir, "routee-token", secrets.token_urlsafe(24)),
        "decisiontelecom_token": _secret_file(data_dir, "decisiontelecom-token", secrets.token_urlsafe(24)),
        **{name: _secret_file(data_dir, name.replace("_", "-"), secrets.token_urlsafe(24)) for name in SENDING_SECRETS},
        "public_base_url": f"{HERE}:{ports['ingest_port']}",
        **ports,
    }
    # A JSON string is a TOML string, and a JSON number a TOML number.
    template = resources.files("tidings.demo") / "settings.toml"
    told = {name: json.dumps(value) for name, value in members.items()}
    file.write_text(
        Template(template.read_text("utf-8")).substitute(told, stand_in=f"{HERE}:{ports[STAND_IN]}"), "utf-8"
    )
    return file


def usual_ports() -> dict[str, int]:
    """The ports people expect, and free ones in place of those that are taken."""
    return {name: port if is_free(port) else free_port() for name, port in USUAL_PORTS.items()}


def fresh_ports() -> dict[str, int]:
    """Ports that nobody uses, so that two demos can run beside each other."""
    chosen: set[int] = set()
    while len(chosen) < len(USUAL_PORTS):
        chosen.add(free_port())
    return dict(zip(USUAL_PORTS, chosen, strict=True))


def data_home() -> Path:
    """Where demos live: `TIDINGS_DATA_DIR`, else `.tidings`."""
    return Path(os.environ.get("TIDINGS_DATA_DIR") or ".tidings").absolute()


@contextmanager
def fresh_place() -> Iterator[tuple[Settings, Path]]:
    """Settings and their file for a run that starts from nothing, in a folder of its own that stays for a look.

    Raises `ConfigurationInvalid` when such a run is under way there.
    """
    home = data_home()
    home.mkdir(parents=True, exist_ok=True)
    with (home / f"{ONCE}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigurationInvalid(
                f"`tidings demo --once` runs in {home} already; wait for it, or set TIDINGS_DATA_DIR to another place"
            ) from None
        place = home / ONCE
        shutil.rmtree(place, ignore_errors=True)
        # On a Kafka that others use too, nothing old may be met and nothing new may be in the way.
        prefix = f"demo-{secrets.token_hex(4)}-" if "KAFKA_BOOTSTRAP_SERVERS" in os.environ else "tidings-"
        file = ensure_demo_settings(place, topic_prefix=prefix, ports=fresh_ports())
        os.environ["TIDINGS_DATA_DIR"] = str(place)
        try:
            yield load_settings(file), file
        finally:
            os.environ["TIDINGS_DATA_DIR"] = str(home)


def lasting_place() -> tuple[Settings, Path]:
    """Settings and their file for a demo that goes on where it was left."""
    home = data_home()
    file = ensure_demo_settings(home, topic_prefix="tidings-", ports=usual_ports())
    os.environ["TIDINGS_DATA_DIR"] = str(home)
    settings = load_settings(file)
    ports = {
        "TIDINGS_API__PORT": settings.api.port,
        "TIDINGS_INGEST__PORT": settings.ingest.port,
        "TIDINGS_INGEST__ADMIN_PORT": settings.ingest.admin_port,
        "TIDINGS_STREAMS__ADMIN_PORT": settings.streams.admin_port,
    }
    for name, port in ports.items():
        if not is_free(port):
            os.environ[name] = str(free_port())
    moved = load_settings(file)
    os.environ["TIDINGS_INGEST__PUBLIC_BASE_URL"] = f"{HERE}:{moved.ingest.port}"
    return load_settings(file), file


def sent_to(connections: Sequence[Connection]) -> list[Connection]:
    """Those over which messages with plans go."""
    return [one for one in connections if one.name == PLANS]


def told_of(connections: Sequence[Connection]) -> list[Connection]:
    """Those on which callbacks come of messages that somebody else has sent."""
    return [one for one in connections if one.name != PLANS]


def stand_in_port(connections: Sequence[Connection]) -> int:
    """Where the APIs are to be played over which messages with plans go; 0 when there are none."""
    return next((urlsplit(str(one.own["base_url"])).port or 0 for one in sent_to(connections)), 0)


def _secret_file(data_dir: Path, name: str, secret: str) -> str:
    """Keep `secret` where only its owner can read it, and say how the settings name the place."""
    file = data_dir / "secrets" / name
    file.parent.mkdir(mode=0o700, exist_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as opened:
        opened.write(secret + "\n")
    return f"file:{file}"
