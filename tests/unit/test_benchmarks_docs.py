"""docs/benchmarks.md is what its results say, and hides nothing."""

import re

import pytest

from bench.peers.charts import Bar, drawn
from bench.peers.page import DOCS, behind, counts, rendered, table
from bench.peers.results import OURS, Group, Row

ON = {"measured_on": "2026-11-22", "machine": "2 cores", "rounds": 3, "seconds": 4.0, "busy": 0.1}


def group(*rows, skipped=None):
    return Group(**ON, skipped=skipped or {}, rows=tuple(Row(*row) for row in rows))


@pytest.mark.parametrize("name", rendered())
def test_the_page_and_its_charts_are_what_the_results_say(name):
    assert (DOCS / name).read_text("utf-8") == rendered()[name], "run `python -m bench.peers.page`"


def test_a_table_shows_medians_and_what_they_are_of_ours():
    measured = group((OURS, "", "cpu_us", (10.0, 30.0, 20.0)), ("Theirs", "", "cpu_us", (10.0, 10.0, 11.0)))

    assert table("stream", measured, "").splitlines()[2:] == ["| **Tidings** | 20 |", "| Theirs | 10 (0.50 x) |"]


@pytest.mark.parametrize(
    ("figure", "ours", "theirs", "is_told"),
    [
        pytest.param("cpu_us", 20.0, 10.0, True, id="less CPU is ahead"),
        pytest.param("cpu_us", 10.0, 20.0, False, id="more CPU is not"),
        pytest.param("per_s", 10.0, 20.0, True, id="more a second is ahead"),
        pytest.param("per_s", 20.0, 10.0, False, id="less a second is not"),
        pytest.param("cpu_us", 100.0, 99.0, False, id="a hair's breadth is level"),
    ],
)
def test_whoever_is_ahead_of_us_is_named(figure, ours, theirs, is_told):
    measured = group((OURS, "", figure, (ours,)), ("Theirs", "", figure, (theirs,)))

    assert any("Theirs" in sentence for sentence in behind({"stream": measured})) is is_told


def test_what_is_counted_wrongly_is_told_in_percent():
    told = [(OURS, 100.0), ("Theirs", 105.0)]
    measured = group(
        *((peer, "", "delivered", (value,)) for peer, value in told),
        *((peer, "", "truly_delivered", (100.0,)) for peer, _ in told),
    )

    assert counts(measured).splitlines()[2:] == [
        "| **Tidings** | 100 | 100 | nothing |",
        "| Theirs | 105 | 100 | **+5.00 %** |",
    ]


def test_who_was_left_out_is_told_with_the_reason():
    page = rendered({"edge": group((OURS, "", "most_cpu_us", (1.0,)), skipped={"Go": "there is no `go`"})})

    assert "edge without Go: there is no `go`" in page["benchmarks.md"]


def test_a_chart_says_its_numbers_in_words():
    picture = drawn("CPU", "µs", [Bar("a < b", [("one", 1.0), ("two", 2.5)])])

    assert "a &lt; b: 3.5 µs (one 1, two 2.5)" in picture


def test_what_was_not_measured_yet_is_told_with_the_command():
    page = rendered({"edge": group((OURS, "", "most_cpu_us", (1.0,)))})["benchmarks.md"]

    assert "chain has not been measured yet: `make bench-peers ONLY=chain`" in page
    assert "edge has not been measured yet" not in page


@pytest.mark.parametrize("name", [name for name in rendered() if name.endswith(".svg")])
def test_in_a_chart_no_two_parts_have_one_colour(name):
    legend = re.findall(r'fill="(#\w+)"/><text class="legend"', rendered()[name])

    assert len(legend) == len(set(legend))
