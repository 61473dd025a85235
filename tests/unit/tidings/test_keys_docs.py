"""docs/keys.md: its commands do what it says of them, and its tables are those of the code."""

import json
import re
import shlex
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from api.admission.audit_log import AuditLog, Deed, Doer
from api.admission.keys import KeyEnded, KeyRing, Scope
from runtime.clock import SystemClock
from tests.support.command_line import run

PAGE = (Path(__file__).parents[3] / "docs" / "keys.md").read_text("utf-8")
CREATE, ROTATE, EVIDENCE, MADE = re.findall(r"^\$ tidings (.+)$", PAGE, re.MULTILINE)
SHOWN = "1a2b3c4d"
"""The id of the key on the page."""


@pytest.fixture
def shell(capsys, tmp_path):
    """Runs a command of the page for a key of one's own; what it says."""
    file = tmp_path / "tidings.toml"
    file.write_text(f'data_dir = "{tmp_path}"\n')

    def typed(command: str, key: str = "") -> tuple[str, str]:
        status, out, err = run(capsys, *shlex.split(command.replace(SHOWN, key or SHOWN)), "--config", file)
        assert not status, err
        return out, err

    return typed


@pytest.fixture
def ring(tmp_path) -> KeyRing:
    return KeyRing(tmp_path)


def column(heading: str) -> list[str]:
    """The names in the table that begins with `heading`."""
    table = PAGE[PAGE.index(f"| {heading} |") :].split("\n\n")[0]
    return [name for row in table.splitlines()[2:] for name in re.findall(r"`(\w+)`", row.split("|")[1])]


def masked(text: str) -> str:
    return re.sub(r"\b[0-9a-f]{8}\b", "<id>", re.sub(r"^tidings_.+$", "<text>", text, flags=re.MULTILINE))


def test_a_key_is_made_with_what_the_command_says(shell, ring):
    out, err = shell(CREATE)
    key = ring.find(out.strip(), datetime.now(UTC))
    block = PAGE[PAGE.index(CREATE) + len(CREATE) + 1 :].partition("```")[0]

    assert masked(out + err) == masked(block)
    assert (key.name, key.scopes, key.accounts) == ("bi", (Scope.READ, Scope.EXPORT), ("acme",))
    assert key.requests_per_minute == 600
    assert key.expires_at - key.created_at == pytest.approx(timedelta(days=90), abs=timedelta(minutes=1))


def test_a_rotated_key_has_a_new_text_and_the_old_one_works_for_a_day(shell, ring):
    old = shell(CREATE)[0].strip()
    now = datetime.now(UTC)
    key = ring.find(old, now)
    new = shell(ROTATE, key.id)[0].strip()

    assert ring.find(new, now).id == ring.find(old, now + timedelta(hours=23)).id == key.id
    assert ring.find(new, now).expires_at == key.expires_at
    with pytest.raises(KeyEnded, match="newer text"):
        ring.find(old, now + timedelta(hours=25))


def test_after_a_leak_the_old_text_works_no_more(shell, ring):
    old = shell(CREATE)[0].strip()
    key = ring.find(old, datetime.now(UTC))
    shell(f"keys rotate {key.id} {re.search('`(--overlap 0m)`', PAGE)[1]}")

    with pytest.raises(KeyEnded):
        ring.find(old, datetime.now(UTC))


def test_what_was_done_is_shown_by_key_and_by_deed(shell, ring, tmp_path):
    key = ring.find(shell(CREATE)[0].strip(), datetime.now(UTC))
    AuditLog(tmp_path, SystemClock()).write(Doer(key.id, key.name), Deed.EVIDENCE_SHOWN, {"message": "a message"})
    shown, _ = shell(EVIDENCE, key.id)
    made = [json.loads(line) for line in shell(MADE)[0].splitlines()]

    assert key.id in shown
    assert "key_created" not in shown
    assert [(one["deed"], one["details"]["key_name"]) for one in made] == [("key_created", "bi")]


def test_the_page_names_every_scope_and_deed():
    assert column("scope") == [*Scope]
    assert set(column("`deed`")) == {*Deed}
