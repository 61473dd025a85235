"""The dashboard asks for metrics and labels that there are, and each of its panels says what it shows."""

import json
import re
from pathlib import Path

import pytest

from tests.support.promql import KNOWN, asked

DASHBOARD = json.loads((Path(__file__).parents[2] / "docs/observe/tidings-dashboard.json").read_text("utf-8"))
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
NOT_SHOWN = {
    # What is asked for when one of the panels or an alert has told that there is something.
    "tidings_archive_bytes_total",
    "tidings_archive_complete_at_seconds",
    "tidings_archive_missing_records",
    "tidings_archive_rows_total",
    "tidings_claims_lost_total",
    "tidings_forgotten_attempts_total",
    "tidings_look_up_answers_total",
    "tidings_look_ups_total",
    "tidings_parked_oldest_timestamp_seconds",
    "tidings_policies_current",
    "tidings_presumed_lost_total",
    "tidings_provider_calls_total",
    "tidings_sessions_told_total",
    "tidings_spool_damaged_bytes_total",
    "tidings_spool_refused_total",
    "tidings_spool_torn_total",
    "tidings_stage_due_total",
    "tidings_stage_outputs_total",
    "tidings_stage_repeats_total",
    "tidings_stage_waiting",
    "tidings_store_forgotten_timestamp_seconds",
    "tidings_store_recoveries_total",
    "tidings_store_snapshot_bytes",
    "tidings_store_snapshot_seconds",
    "tidings_wishes_total",
}
FAMILIES = {re.sub(r"_(bucket|sum|count)$", "", name) for name in KNOWN if name.startswith("tidings_")}

every_panel = pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel["title"])


def questions(panel: dict) -> list[tuple[str, str]]:
    return [(target["expr"], target["legendFormat"]) for target in panel["targets"]]


@every_panel
def test_it_asks_for_metrics_and_labels_that_there_are(panel):
    for expression, _ in questions(panel):
        found = asked(expression)

        assert found.names <= set(KNOWN)
        assert all(filtered <= KNOWN[name] for name, filtered in found.series)
        assert found.grouped <= frozenset().union(*(KNOWN[name] for name in found.names))


@every_panel
def test_its_legend_speaks_of_labels_that_the_answer_has(panel):
    for expression, legend in questions(panel):
        assert set(re.findall(r"\{\{(\w+)\}\}", legend)) <= asked(expression).labels


@every_panel
def test_it_says_what_it_shows(panel):
    assert panel["title"]
    assert panel["description"].endswith(".")


def test_panels_do_not_cover_each_other():
    places = [panel["gridPos"] for panel in DASHBOARD["panels"]]
    taken = [
        (x, y) for at in places for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])
    ]

    assert len(set(taken)) == len(taken)
    assert max(x for x, _ in taken) < 24
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(places)


def test_every_metric_is_shown_or_said_not_to_be():
    shown = {
        re.sub(r"_(bucket|sum|count)$", "", name)
        for panel in PANELS
        for expression, _ in questions(panel)
        for name in asked(expression).names
    }

    assert FAMILIES - shown == NOT_SHOWN


def test_counters_are_shown_by_what_they_grow():
    bare = [
        expression
        for panel in PANELS
        for expression, _ in questions(panel)
        for name in asked(expression).names
        if name.endswith(("_total", "_bucket")) and not re.search(rf"(rate|increase)\({name}", expression)
    ]

    assert bare == []
