"""docs/operations.md: its sizes are those that were measured."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "operations.md").read_text("utf-8")
BENCH = dict(
    re.findall(r"^\| (.+?) \| ([\d.]+) \S+ \|", (ROOT / "bench" / "README.md").read_text("utf-8"), re.MULTILINE)
)
NEAR = 0.3


@pytest.mark.parametrize(
    ("told", "figure", "times"),
    [
        ("all Python processes, idle | 0.4 GB", "memory: all Python processes, idle", 1000),
        ("54 to 60 µs of a core for a callback", "ingest: ours, 256 connections: cpu", 1),
        ("some 16 000 a second", "ingest: ours, 64 connections: rate", 1),
        ("53 and 42 µs of a core for a report", "normalise: CPU per event", 1),
        ("takes 60 000 updates a second", "sink: updates stored, whole transaction", 1),
        ("0.55 GB for a million open attempts", "recovery: 1 M attempts, resident", 1000),
        ("reads back in 7 s", "recovery: 1 M attempts", 1),
        ("0.76 GB for a million", "fallback: 1 M open plans, resident", 1000),
        ("read back in 14 s", "fallback: 1 M open plans", 1),
    ],
)
def test_a_size_is_near_what_was_measured(told, figure, times):
    """When this fails: the table of bench/README.md has moved; say the new size."""
    assert told in PAGE
    number = float(re.search(r"[\d.]+(?: \d{3})?", told)[0].replace(" ", ""))

    assert number * times == pytest.approx(float(BENCH[figure]), rel=NEAR)
