"""The commands of the pages, typed as they stand there, one after the other, to an installation that is up."""

import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.e2e.conftest import Installed, environment, eventually
from tests.support.executed import reason
from tests.support.patience import LIMIT_S
from tests.support.snippets import Snippet, snippets

pytestmark = [pytest.mark.broker, pytest.mark.long]

START = "docs/start.md"
PAGES = (
    "docs/alarms.md",
    "docs/analytics-cookbook.md",
    "docs/api.md",
    "docs/archive.md",
    "docs/back-test.md",
    "docs/fallback-cookbook.md",
    "docs/fallback.md",
    "docs/feed.md",
    "docs/operations.md",
    "docs/providers.md",
    "docs/reports.md",
    "docs/sessions.md",
    "docs/trust.md",
)
NOBODY = {"$SEND_ID": "not-found", "sessions/ExampleShop": "not-found", "dead-letters/3-41": "not-found"}
"""What a page asks for that only the reader has; here the answer is that it is not there."""
TOO_LATE = {"/cancel": "nothing-left"}
"""What a page asks that may have been overtaken: no provider is played here, so plans come to their end in a moment."""
NOT_YET = ("not-found", "kafka-silent", "store-behind")
PATIENCE_S = 60.0
STREAM_ENDED_BY_US = 28
REFUSED = 22


def blocks(page: str, language: str) -> list[Snippet]:
    return [one for one in snippets() if (one.page, one.language) == (page, language)]


def commands(page: str) -> list[str]:
    return [one for block in blocks(page, "console") for one in block.commands if not reason(one)]


class Shell:
    """A reader's: what one command sets, the next ones have."""

    def __init__(self, installed: Installed, folder: Path) -> None:
        self._folder, self._here = folder, installed.settings
        (folder / ".curlrc").write_text("silent\nshow-error\nfail-with-body\nmax-time = 15\n")
        (folder / "set").write_text("")
        self._environment = environment(installed.bootstrap, installed.settings.data_dir) | {
            "TIDINGS_CONFIG": str(installed.config),
            "TIDINGS": f"http://127.0.0.1:{installed.settings.api.port}",
            "CURL_HOME": str(folder),
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        }

    def type(self, command: str, **environ: str) -> tuple[int, str]:
        """Its exit status and what it printed."""
        script = f"set -ea; . ./set\n{self._translated(command)}\nexport -p > set"
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self._folder,
            env=self._environment | environ,
            capture_output=True,
            text=True,
            check=False,
            timeout=LIMIT_S,
        )
        return done.returncode, done.stdout + done.stderr

    def must(self, command: str, **environ: str) -> str:
        status, told = self.type(command, **environ)
        assert status == 0, f"{command}\n{told}"
        return told

    def patiently(self, command: str, **environ: str) -> tuple[int, str]:
        """The same, typed again while the answer is to ask again."""
        deadline = time.monotonic() + PATIENCE_S
        status, told = self.type(command, **environ)
        while status == REFUSED and any(kind in told for kind in NOT_YET) and time.monotonic() < deadline:
            status, told = self.type(command, **environ)
        return status, told

    def _translated(self, command: str) -> str:
        """The page's ports and places are those that are usual, and its times lie as near to now as on it."""
        places = {
            "http://127.0.0.1:8000": f"http://127.0.0.1:{self._here.api.port}",
            "http://127.0.0.1:8080": f"http://127.0.0.1:{self._here.ingest.port}",
            ".tidings/": f"{self._here.data_dir}/",
            ".venv/bin/": f"{Path(sys.executable).parent}/",
            "2026-11-21T09:59:57Z": datetime.now(UTC).isoformat(),
            "2026-11-22T18:00:00Z": (datetime.now(UTC) + timedelta(days=2)).isoformat(),
        }
        for usual, here in places.items():
            command = command.replace(usual, here)
        return command


@pytest.fixture
def shell(installed, tmp_path) -> Shell:
    return Shell(installed, tmp_path)


@pytest.fixture(scope="module")
def key(installed, tmp_path_factory) -> str:
    """That of an installation which has run for an hour: there is a copy of its store."""
    shell = Shell(installed, tmp_path_factory.mktemp("key"))
    made = shell.must("tidings keys create reader --scope admin").splitlines()[0]
    [registration] = [one for one in commands(START) if "/v1/attempts" in one]
    shell.patiently(registration, KEY=made)

    def there_is_a_copy() -> bool:
        shell.must('curl -X POST -H "Authorization: Bearer $KEY" http://127.0.0.1:8000/v1/snapshots', KEY=made)
        return shell.type("tidings snapshot verify")[0] == 0

    eventually(there_is_a_copy, LIMIT_S, "the store has a copy")
    return made


def test_the_first_steps_lead_where_they_say(shell):
    *before, look, measured, account, sent, export, counted = commands(START)
    for command in before:
        assert shell.patiently(command)[0] == 0
    eventually(lambda: '"status":"delivered"' in shell.must(look), LIMIT_S, "the callback is in the answer")

    assert "decisiontelecom" in shell.must(measured)
    assert '"unexplained":0' in shell.must(account)
    assert '"message_id"' in shell.must(sent)
    assert shell.must(export) == ""
    assert "decisiontelecom" in shell.must(counted)


@pytest.mark.parametrize("page", PAGES)
def test_a_command_of_a_page_is_answered(shell, key, page):
    plans = blocks("docs/fallback.md", "json")
    shell.must(f"cat > message.json <<'END'\n{plans[0].text}\nEND")
    known = {"KEY": key, "TIDINGS_API_KEY": key, "SEND_ID": "019aa5a1-0000-7000-8000-00000000000f"}
    for command in commands(page):
        missed = next((kind for part, kind in NOBODY.items() if part in command), None)
        status, told = shell.type(command, **known) if missed else shell.patiently(command, **known)
        expected = REFUSED if missed else STREAM_ENDED_BY_US if " -N " in command else 0
        overtaken = any(part in command and kind in told for part, kind in TOO_LATE.items())

        assert status == expected or overtaken, f"{command}\n{told}"
        assert not missed or missed in told


def test_the_program_of_the_cookbook_prints_numbers(shell, key):
    [program] = blocks("docs/analytics-cookbook.md", "python")
    told = shell.must(f"python - <<'END'\n{program.text}\nEND", KEY=key)

    assert told.splitlines()[0].startswith("20") or told.startswith("None")


def test_a_command_that_is_refused_would_be_seen(shell, key):
    status, told = shell.type(
        'curl -H "Authorization: Bearer $KEY" http://127.0.0.1:8000/v1/metrics?measure=x', KEY=key
    )

    assert status == REFUSED
    assert json.loads(told.partition("\n")[0].partition("curl:")[0])["status"] == 422
