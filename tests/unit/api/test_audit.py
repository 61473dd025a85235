"""What has to be answered for is written down before it is done, and stays."""

import json
import stat
from dataclasses import replace
from pathlib import Path

import pytest
import structlog

from api.admission.access import Caller
from api.admission.audit_log import KEPT_FILES, AuditLog, Deed, Doer
from api.admission.auditing import audit
from api.admission.keys import Scope
from contracts.errors import AuditUnavailable
from runtime.clock import FixedClock
from tests.unit.api.rows import MESSAGE, NOON

EVIDENCE = f"/v1/messages/{MESSAGE}?evidence=true"
SOMEBODY = Doer("1a2b3c4d", "bi", "192.0.2.7")


@pytest.fixture
def clock():
    return FixedClock(NOON)


@pytest.fixture
def kept(tmp_path, clock):
    return AuditLog(tmp_path, clock)


def test_a_record_says_who_what_when_and_from_where(kept):
    kept.write(SOMEBODY, Deed.EXPORT_ASKED, {"export": "e-1", "rows": 12})
    (record,) = kept.read()

    assert (record.at, record.deed, record.details) == (NOON, Deed.EXPORT_ASKED, {"export": "e-1", "rows": 12})
    assert (record.key_id, record.name, record.address) == ("1a2b3c4d", "bi", "192.0.2.7")


def test_records_are_added_by_all_processes_in_their_order(tmp_path, clock, kept):
    elsewhere = AuditLog(tmp_path, clock)
    for number, one in enumerate((kept, elsewhere, kept)):
        one.write(SOMEBODY, Deed.EXPORT_ASKED, {"number": number})

    assert [record.details["number"] for record in elsewhere.read()] == [0, 1, 2]


def test_only_the_owner_may_read_it(tmp_path, kept):
    kept.write(SOMEBODY, Deed.EXPORT_ASKED, {})

    assert stat.S_IMODE((tmp_path / "audit.jsonl").stat().st_mode) == 0o600


def test_a_full_file_is_put_aside_and_the_oldest_goes(tmp_path, clock):
    kept = AuditLog(tmp_path, clock, full_bytes=1)
    for number in range(KEPT_FILES + 5):
        kept.write(SOMEBODY, Deed.EXPORT_ASKED, {"number": number})

    assert [record.details["number"] for record in kept.read()] == list(range(4, KEPT_FILES + 5))
    assert len(list(tmp_path.glob("audit.jsonl*"))) == KEPT_FILES + 1


def test_what_a_crash_has_cut_harms_no_other_record(tmp_path, kept):
    kept.write(SOMEBODY, Deed.EXPORT_ASKED, {"number": 1})
    with (tmp_path / "audit.jsonl").open("ab") as file:
        file.write(b'{"at":"2026-11-')

    kept.write(SOMEBODY, Deed.EXPORT_ASKED, {"number": 2})

    assert [record.details["number"] for record in kept.read()] == [1, 2]


@pytest.mark.parametrize("deed", Deed)
def test_each_deed_is_in_the_docs(deed):
    assert f"`{deed}`" in (Path(__file__).parents[3] / "docs" / "keys.md").read_text("utf-8")


def test_who_looks_at_raw_callbacks_is_written_down(connect, parts):
    client = connect(Scope.READ)
    (key,) = parts.ring.all()
    client.get(f"/v1/messages/{MESSAGE}")
    assert not list(parts.audit.read())

    assert client.get(EVIDENCE).status_code == 200

    (record,) = parts.audit.read()
    assert (record.deed, record.details) == (Deed.EVIDENCE_SHOWN, {"message": MESSAGE})
    assert (record.key_id, record.name, record.address) == (key.id, "test", "testclient")


def test_who_looks_at_them_on_the_page_is_too(visitor, parts):
    visitor.get(f"/messages/{MESSAGE}?evidence=true")

    assert [(record.deed, record.name) for record in parts.audit.read()] == [(Deed.EVIDENCE_SHOWN, "person")]


def test_what_cannot_be_written_down_is_not_done(connect, parts):
    client = connect(Scope.READ)
    (parts.settings.data_dir / "audit.jsonl").mkdir()

    answer = client.get(EVIDENCE)

    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/audit-unavailable")
    assert parts.evidence.asked == []


def test_what_cannot_be_written_down_says_so(tmp_path, kept):
    (tmp_path / "audit.jsonl").mkdir()

    with pytest.raises(AuditUnavailable, match="nothing was done"):
        kept.write(SOMEBODY, Deed.EXPORT_ASKED, {})


async def test_the_log_has_it_as_well(connect, parts):
    connect(Scope.READ)
    (key,) = parts.ring.all()
    caller = replace(Caller(key.id, frozenset(key.scopes), None), name="bi", address="192.0.2.7")
    with structlog.testing.capture_logs() as lines:
        await audit(parts, caller, Deed.EXPORT_ASKED, export="e-1")

    (line,) = lines
    assert (line["event"], line["deed"], line["key_id"]) == ("audit", "export_asked", key.id)
    assert json.dumps(line["details"]) == '{"export": "e-1"}'
