"""The questions that the pages show are answered as they stand there."""

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[3] / "docs"
ASKED = re.compile(r'"http://127\.0\.0\.1:8000(/v1/(?:metrics|reports|messages\?)[^"]*)"')
EXAMPLES = [
    pytest.param(found[1], id=f"{page.stem}: {found[1][:60]}")
    for page in (DOCS / "api.md", DOCS / "reports.md")
    for found in ASKED.finditer(page.read_text("utf-8").replace("\\\n", ""))
]


def test_there_are_some():
    assert len(EXAMPLES) >= 3


@pytest.mark.parametrize("address", EXAMPLES)
def test_an_example_is_answered(client, address):
    assert client.get(address).status_code == 200
