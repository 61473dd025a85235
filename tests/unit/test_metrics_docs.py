"""The reference of metrics says what is declared, all that is declared is counted, and a scrape gives just that."""

import ast
from pathlib import Path

import pytest

from docs.site.metrics import counted_in, declared, metrics_tables
from runtime.metrics import exposition
from tests.support.scraped import families

ROOT = Path(__file__).parents[2]
ALL = declared()
ROOMS = ("analytics", "api", "contracts", "ingest", "providers", "runtime", "streams", "tidings")
MAY_DECLARE = {"runtime/metrics.py", "runtime/durations.py"}

every_metric = pytest.mark.parametrize("metric", ALL, ids=lambda metric: metric.name)


def test_a_scrape_gives_what_is_on_the_page_and_nothing_else_of_ours():
    scraped = families(exposition()[0].decode())

    assert scraped == {metric.name for metric in ALL}
    assert all(f"`{name}" in metrics_tables() for name in scraped)


@every_metric
def test_it_is_counted_somewhere(metric):
    assert counted_in()[metric.constant]


@every_metric
def test_its_name_says_whose_it_is_and_its_meaning_is_a_sentence(metric):
    assert metric.name.startswith("tidings_")
    assert metric.name.endswith("_total") == (metric.kind == "counter")
    assert metric.meaning.endswith(".")


def test_metrics_are_declared_in_one_place():
    makers = {"Counter", "Gauge", "Histogram", "Summary", "Info", "Enum"}
    found = {
        str(path.relative_to(ROOT))
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
        if "tests" not in path.parts
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom)
        and (node.module or "").startswith("prometheus_client")
        and makers & {name.name for name in node.names}
    }

    assert found - MAY_DECLARE == {"ingest/tally.py"}  # which is given a counter and makes none
