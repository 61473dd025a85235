"""Every test that the guarantees name is there."""

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
PAGE = TESTS.parent / "docs" / "reliability.md"
NAMED = sorted(set(re.findall(r"`([\w/]+\.py)(?:::(test_\w+))?`", PAGE.read_text(encoding="utf-8"))))


def test_the_page_names_tests():
    assert len(NAMED) > 50


@pytest.mark.parametrize(("file", "name"), NAMED, ids=["::".join(filter(None, one)) for one in NAMED])
def test_what_the_page_names_is_there(file, name):
    text = (TESTS / file).read_text(encoding="utf-8")

    assert not name or re.search(rf"def {name}\(", text)
