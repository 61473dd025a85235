"""Makes the settings of a demo: two connections with fresh secrets, in files that only their owner may read."""

import base64
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from string import Template
from uuid import uuid4

from runtime.broker.ports import free_port, is_free

TEMPLATE = Template("""\
# Made by `tidings demo`; change what you like, it is not written again.
data_dir = $data_dir

[kafka]
topic_prefix = $topic_prefix

[ingest]
port = $ingest_port
admin_port = $ingest_admin_port

[streams]
admin_port = $streams_admin_port

[api]
port = $api_port

# Sends are registered: reports about others are parked until somebody claims them.
[[connections]]
provider = "telesign"
name = "main"
customer_id = $customer_id
api_keys = [$telesign_key]

# Reports are only watched: nobody registers anything, nothing is parked.
[[connections]]
provider = "infobip"
name = "main"
observe_only = true
username = "tidings"
passwords = [$infobip_password]
""")

USUAL_PORTS = {"api_port": 8000, "ingest_port": 8080, "ingest_admin_port": 8081, "streams_admin_port": 8082}


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
        **ports,
    }
    # A JSON string is a TOML string, and a JSON number a TOML number.
    file.write_text(TEMPLATE.substitute({name: json.dumps(value) for name, value in members.items()}), "utf-8")
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


def _secret_file(data_dir: Path, name: str, secret: str) -> str:
    """Keep `secret` where only its owner can read it, and say how the settings name the place."""
    file = data_dir / "secrets" / name
    file.parent.mkdir(mode=0o700, exist_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as opened:
        opened.write(secret + "\n")
    return f"file:{file}"
