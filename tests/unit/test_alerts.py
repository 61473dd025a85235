"""The alert rules speak of metrics and labels that there are, and each says what to do."""

import re
from pathlib import Path

import pytest
import yaml

from runtime import metrics

RULES = Path(__file__).parents[2] / "docs" / "alerts" / "tidings.yml"
ALERTS = [rule for group in yaml.safe_load(RULES.read_text("utf-8"))["groups"] for rule in group["rules"]]
KNOWN = {
    name: frozenset(metric._labelnames)
    for metric in vars(metrics).values()
    if hasattr(metric, "describe") and hasattr(metric, "_labelnames")
    for family in metric.describe()
    for name in (family.name, f"{family.name}_total" if family.type == "counter" else family.name)
}
NAME = re.compile(r"\btidings_\w+")
FROM_PROMETHEUS = {"instance", "job"}

every_alert = pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert["alert"])


@every_alert
def test_it_asks_for_metrics_that_there_are(alert):
    assert (found := NAME.findall(alert["expr"]))
    assert set(found) <= set(KNOWN)


@every_alert
def test_counters_are_asked_for_by_their_whole_name(alert):
    counters = {name.removesuffix("_total") for name in KNOWN if name.endswith("_total")}

    assert not set(NAME.findall(alert["expr"])) & counters


@every_alert
def test_it_groups_and_filters_by_labels_that_the_metrics_have(alert):
    labels = {label for name in NAME.findall(alert["expr"]) for label in KNOWN[name]} | FROM_PROMETHEUS
    grouped = {word.strip() for words in re.findall(r"by \(([^)]*)\)", alert["expr"]) for word in words.split(",")}
    filtered = set(re.findall(r"[{,]\s*(\w+)\s*=", alert["expr"]))
    told = set(re.findall(r"\$labels\.(\w+)", str(alert["annotations"])))

    assert grouped | filtered <= labels
    assert told <= labels


@every_alert
def test_it_says_what_is_wrong_what_to_do_and_how_urgent_it_is(alert):
    assert alert["labels"]["severity"] in {"page", "ticket"}
    assert len(alert["annotations"]["description"].split()) > 5
    assert alert["annotations"]["summary"]
    assert alert["expr"].count("(") == alert["expr"].count(")")


def test_no_two_have_one_name():
    assert len({alert["alert"] for alert in ALERTS}) == len(ALERTS)


@pytest.mark.parametrize(
    "promise",
    [
        "tidings_unexplained_items",
        "tidings_spool_oldest_seconds",
        "tidings_sink_lag_records",
        "tidings_parked_oldest_timestamp_seconds",
        "tidings_dead_letters_total",
    ],
)
def test_what_was_promised_is_watched(promise):
    assert any(promise in alert["expr"] for alert in ALERTS)
