"""How the doctor tells what it finds."""

import json
import re
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from runtime.broker.ports import free_port
from runtime.exits import Exit
from tests.support.command_line import run
from tidings.doctor.command import Wishes, line, pictured, summary
from tidings.doctor.examination import AT_REST, CHECKS
from tidings.doctor.signs import Finding, fault, skipped, status_of, warning, well

WELL = Finding("disk", "why", well("all is well"))
WARNING = Finding("clocks", "why it matters", warning("the clock is off", "set it"))
FAULT = Finding("topics", "why it matters", fault("one is missing", "`tidings topics --create`"))
NO_BROKER = Finding("broker", "why", fault("no Kafka", "start it", status=Exit.NO_BROKER))
WRONG = Finding("policies", "why", fault("not TOML", "mend it", status=Exit.CONFIGURATION))


@pytest.fixture
def config(tmp_path: Path) -> Path:
    ports = [free_port() for _ in range(3)]
    file = tmp_path / "tidings.toml"
    file.write_text(
        f'data_dir = "{tmp_path}"\n[kafka]\nbootstrap_servers = "127.0.0.1:9"\n[ingest]\nadmin_port = {ports[0]}\n'
        f"[streams]\nadmin_port = {ports[1]}\n[api]\nport = {ports[2]}\n"
        '[[connections]]\nprovider = "infobip"\nname = "main"\nobserve_only = true\nusername = "a"\npasswords = ["b"]\n'
    )
    return file


@pytest.fixture
def doctor(capsys, config):
    return lambda *options: run(capsys, "doctor", "--config", config, *options)


@pytest.mark.parametrize(
    ("findings", "is_strict", "status"),
    [
        pytest.param([WELL], False, Exit.DONE, id="well is 0"),
        pytest.param([WARNING], False, Exit.DONE, id="a warning is 0"),
        pytest.param([WARNING], True, Exit.FAILED, id="unless it is judged strictly"),
        pytest.param([WELL, FAULT], False, Exit.FAILED, id="a fault is 1"),
        pytest.param([FAULT, NO_BROKER], False, Exit.NO_BROKER, id="no broker before other faults"),
        pytest.param([NO_BROKER, WRONG], False, Exit.CONFIGURATION, id="settings before all"),
        pytest.param([Finding("x", "why", skipped("why not"))], True, Exit.DONE, id="what was not looked at is 0"),
    ],
)
def test_the_exit_status(findings, is_strict, status):
    assert status_of(findings, is_strict=is_strict) is status


def test_what_is_not_well_is_told_with_why_and_how_to_mend_it():
    console = Console(width=100, record=True, file=StringIO())
    console.print(pictured([WELL, FAULT]))
    said = " ".join(console.export_text().replace("│", " ").split())

    assert "one is missing why it matters → `tidings topics --create`" in said
    assert "all is well why" not in said


def test_a_line_is_for_grep_and_a_last_line_for_people():
    assert line(FAULT) == "fault   topics           one is missing -> `tidings topics --create`"
    assert summary([WELL, FAULT, WARNING]) == "1 to mend, 1 to look at, 1 well"


def test_json_has_every_finding_with_its_way_out(doctor):
    status, out, _ = doctor("--json", "--only", "connections", "--only", "broker")
    told = json.loads(out)

    assert (status, told["exit_status"], told["is_healthy"]) == (3, 3, False)
    assert {one["check"]: one["state"] for one in told["findings"]} == {"connections": "well", "broker": "fault"}
    assert all(one["mend"] for one in told["findings"] if one["state"] == "fault")


def test_settings_that_cannot_be_read_are_the_only_finding(doctor, config):
    config.write_text("[ingest]\nprot = 1\n")
    status, out, _ = doctor("--json")
    [found] = json.loads(out)["findings"]

    assert (status, found["check"], found["state"]) == (2, "settings", "fault")
    assert "ingest.prot" in found["what"]


def test_offline_says_only_what_can_be_told_at_rest(doctor):
    _, out, err = doctor("--offline")

    assert {row[8:25].strip() for row in out.splitlines()} == {check.name for check in AT_REST}
    assert "well" in err


def test_a_check_that_there_is_not_is_told_with_those_there_are(doctor):
    status, _, err = doctor("--only", "weather")

    assert status == 2
    assert "callback-address" in err


def test_every_check_has_a_name_and_a_reason_of_its_own():
    assert len({check.name for check in CHECKS}) == len({check.why for check in CHECKS}) == len(CHECKS)
    assert Wishes().checks() == CHECKS


def test_the_page_tells_of_every_check_in_order():
    page = (Path(__file__).parents[3] / "docs" / "doctor.md").read_text("utf-8")

    assert re.findall(r"^\| `([\w-]+)` \|", page, re.MULTILINE) == [check.name for check in CHECKS]
