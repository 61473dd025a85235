"""`tidings audit`: who did what that has to be answered for."""

import getpass
from collections import deque
from pathlib import Path

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from api.admission.audit_log import AuditLog, Deed, Doer, Record
from contracts.errors import ConfigurationInvalid
from runtime.clock import SystemClock
from runtime.logging import configure_logging
from runtime.settings import load_settings


def written_down(data_dir: Path, deed: Deed, **details: str | int | bool | None) -> None:
    """Write down that the user of this machine is about to do this; raises `AuditUnavailable`."""
    AuditLog(data_dir, SystemClock()).write(Doer(None, _user()), deed, details)


def show_audit(config: Path | None, *, limit: int, deed: str, key: str, as_json: bool) -> None:
    """The newest records, the newest last. Raises `ConfigurationInvalid` for a deed that there is not."""
    configure_logging("audit")
    if deed and deed not in set(Deed):
        raise ConfigurationInvalid(f"there is no deed {deed}; known: {', '.join(Deed)}")
    kept = AuditLog(load_settings(config).data_dir, SystemClock()).read()
    wanted = (one for one in kept if deed in {"", one.deed} and key in {"", one.key_id, one.details.get("key")})
    found = deque(wanted, maxlen=limit)
    if as_json:
        for record in found:
            typer.echo(msgspec.json.encode(record))
        return
    Console().print(_table(found) if found else "nothing was written down yet")


def _table(records: deque[Record]) -> Table:
    table = Table("when (UTC)", "what", "who", "key", "from", "details")
    for one in records:
        details = ", ".join(f"{name}={value}" for name, value in one.details.items())
        table.add_row(f"{one.at:%Y-%m-%d %H:%M:%S}", one.deed, one.name, one.key_id, one.address, details)
    return table


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # containers run as numbers without names; the error was another before Python 3.13
        return "nobody known"
