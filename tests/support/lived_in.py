"""An installation in which a person lives, and all that it keeps, unpacked."""

import re
from base64 import b64encode
from pathlib import Path

import duckdb

from analytics.archive.draft import groups_of
from analytics.archive.shelf import Shelf
from api.admission.audit_log import AuditLog, Deed, Doer
from api.admission.keys import EVERYTHING
from runtime.clock import FixedClock
from tests.support.archived import TOPIC, record
from tests.unit.api.tenants import ACME, GLOBEX, NOW, Fixture

NUMBER = ACME.person
NATIONAL = NUMBER.removeprefix("+44")
DIGITS = re.compile(r"[^0-9]{0,3}".join(NATIONAL))
"""The digits that all spellings have in common, with what people and encodings put between them."""
BATCH = f'{{"results":[{{"to":"{NUMBER}","id":"1"}},{{"to":"{GLOBEX.person}","id":"2"}}]}}'.encode()


def lived_in(folder: Path) -> Path:
    """The data directory of an installation in which the person wrote, was written to, opted out, and was looked at."""
    made = Fixture(folder)
    made.export(ACME)
    made.replay(ACME)
    made.close()
    clock = FixedClock(NOW)
    shelf = Shelf(folder / "archive" / "callbacks", TOPIC, clock)
    shelf.begin({0: 0})
    shelf.take(0, [record(0, body=BATCH), record(1)])
    shelf.record()
    key, _ = made.parts.ring.create(clock, name="bi", scopes=EVERYTHING)
    made.parts.uses.keep(key.id, NOW)
    made.parts.sign_ins.open(key)
    AuditLog(folder, clock).write(Doer(key.id, "bi"), Deed.EVIDENCE_SHOWN, {"message": ACME.message})
    return folder


def spelled(data: bytes) -> bool:
    """Whether the number stands in `data`, as it is or as base64."""
    return bool(DIGITS.search(data.decode("latin-1"))) or any(
        b64encode(b"x" * shift + NATIONAL.encode())[4:-4] in data for shift in range(3)
    )


def contents(folder: Path) -> dict[str, bytes]:
    """All that an installation keeps: by the path of each file, or of each table in the store.

    The archive is there twice: as it stands on the disk, and under `opened/` as those read it who have its keys.
    """
    found = {}
    for path in sorted(one for one in folder.rglob("*") if one.is_file()):
        name = str(path.relative_to(folder))
        found[name] = path.read_bytes()
        if path.suffix == ".duckdb":
            del found[name]
            found |= {f"{name}/{table}": rows for table, rows in tables(path).items()}
        elif path.suffix == ".parquet" and name.startswith("archive/"):
            found[f"opened/{name}"] = repr([rows.to_pylist() for rows in groups_of(path)]).encode()
        elif path.suffix == ".parquet":
            found[name] = repr(duckdb.read_parquet(str(path)).fetchall()).encode()
    return found


def tables(store: Path) -> dict[str, bytes]:
    with duckdb.connect(str(store), read_only=True) as opened:
        names = [name for (name,) in opened.sql("SELECT table_name FROM duckdb_tables()").fetchall()]
        return {name: repr(opened.sql(f'FROM "{name}"').fetchall()).encode() for name in names}
