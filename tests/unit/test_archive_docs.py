"""docs/archive.md: its program reads a sealed archive."""

import os
import re
import subprocess
import sys
from pathlib import Path

from analytics.archive.shelf import Shelf
from runtime.clock import FixedClock
from tests.support.archived import NOON, TOPIC, records

PAGE = (Path(__file__).parents[2] / "docs" / "archive.md").read_text("utf-8")


def test_the_program_of_the_page_counts_what_is_archived(tmp_path):
    (program,) = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    shelf = Shelf(tmp_path / ".tidings" / "archive" / "callbacks", TOPIC, FixedClock(NOON))
    shelf.begin({0: 0})
    shelf.take(0, records(0, 3))
    shelf.record()
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=os.environ, capture_output=True, text=True, check=False
    )

    assert ran.stderr == ""
    assert "telesign" in ran.stdout
    assert "3" in ran.stdout
