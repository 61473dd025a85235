"""docs/dashboard.md names the pages that there are, and its addresses are answered."""

import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.admission.keys import EVERYTHING, Scope
from api.application import create_app
from api.page.address import PERIODS
from api.page.atlas import PAGES
from tests.unit.api.fakes import make_parts
from tests.unit.api.rows import NOON

PAGE = (Path(__file__).parents[2] / "docs" / "dashboard.md").read_text("utf-8")
ADDRESSES = re.findall(r"^/\S+$", PAGE, re.MULTILINE)


@pytest.fixture
def visitor(tmp_path):
    parts = make_parts(tmp_path)
    parts.store.metrics_rows = [
        {
            "bucket_at": NOON,
            "provider": "infobip",
            "sent": 1,
            "delivery_rate": 1.0,
            "latency_p95": 20,
            "cost_per_delivered": {},
        }
    ]
    client = TestClient(create_app(parts))
    key, _ = parts.ring.create(parts.clock, name="person", scopes=EVERYTHING)
    client.cookies.set("tidings_session", parts.sign_ins.open(key))
    return client


def test_every_page_is_told_of_with_what_a_key_needs_for_it():
    told = dict(re.findall(r"^\| ([A-Z][a-z ]+) \|.*\| ?(?:`(\w+)`.*)?\|$", PAGE, re.MULTILINE))

    assert list(told) == [page.title for page in PAGES]
    assert all(told[page.title] == page.scope for page in PAGES if page.scope is not Scope.READ)


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_of_the_page_is_answered(visitor, address):
    assert visitor.get(address).status_code == 200


def test_there_are_addresses_and_all_periods_are_named():
    assert len(ADDRESSES) == 3
    assert all(f"`{period}`" in PAGE for period in PERIODS)
