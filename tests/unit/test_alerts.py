"""The alert rules speak of metrics and labels that there are, each says what to do, and fires when it is to."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.support.promql import KNOWN, asked

ALERTS_IN = Path(__file__).parents[2] / "docs" / "alerts"
RULES, CASES = ALERTS_IN / "tidings.yml", ALERTS_IN / "tidings.test.yml"
ALERTS = [rule for group in yaml.safe_load(RULES.read_text("utf-8"))["groups"] for rule in group["rules"]]
RUNBOOK = (ALERTS_IN.parent / "observation.md").read_text("utf-8")

every_alert = pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert["alert"])


@every_alert
def test_it_asks_for_metrics_that_there_are(alert):
    assert asked(alert["expr"]).names
    assert asked(alert["expr"]).names <= set(KNOWN)


@every_alert
def test_it_groups_filters_and_tells_by_labels_that_the_metrics_have(alert):
    found = asked(alert["expr"])
    told = set(re.findall(r"\$labels\.(\w+)", str(alert["annotations"])))

    assert all(filtered <= KNOWN[name] for name, filtered in found.series)
    assert found.grouped <= frozenset().union(*(KNOWN[name] for name in found.names))
    assert told <= found.labels


@every_alert
def test_it_says_what_is_wrong_what_to_do_and_how_urgent_it_is(alert):
    assert alert["labels"]["severity"] in {"page", "ticket"}
    assert len(alert["annotations"]["description"].split()) > 5
    assert alert["annotations"]["summary"]


@every_alert
def test_it_has_its_place_in_the_runbook(alert):
    [entry] = re.findall(rf"^### {alert['alert']}\n(.*?)(?=^##|\Z)", RUNBOOK, re.MULTILINE | re.DOTALL)

    assert all(part in entry for part in ("**Means**", "**Look**", "**Do**"))


def test_the_runbook_has_no_alert_that_is_none():
    assert set(re.findall(r"^### (Tidings\w+)", RUNBOOK, re.MULTILINE)) == {alert["alert"] for alert in ALERTS}


def test_no_two_have_one_name():
    assert len({alert["alert"] for alert in ALERTS}) == len(ALERTS)


@pytest.mark.parametrize(
    "promise",
    [
        "tidings_unexplained_items",
        "tidings_spool_oldest_seconds",
        "tidings_sink_lag_records",
        "tidings_stage_lag_records",
        "tidings_parked_oldest_timestamp_seconds",
        "tidings_dead_letters_total",
    ],
)
def test_what_was_promised_is_watched(promise):
    assert any(promise in alert["expr"] for alert in ALERTS)


@every_alert
def test_a_case_says_when_it_fires(alert):
    fired = re.findall(r'alertname="(\w+)"', CASES.read_text("utf-8"))

    assert alert["alert"] in fired


@pytest.mark.parametrize(
    "told",
    [("check", "rules", RULES.name), ("test", "rules", CASES.name)],
    ids=["the rules are well formed", "they fire"],
)
def test_prometheus_finds_so_too(told):
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed; it is in Debian's package prometheus")
    found = subprocess.run([promtool, *told], cwd=ALERTS_IN, capture_output=True, text=True, check=False)

    assert found.returncode == 0, found.stdout + found.stderr
