"""Nobody sees on a page what is not theirs: every page, on a real store, as both of two accounts."""

import pytest
from starlette.testclient import TestClient

from api.admission.keys import EVERYTHING
from api.page.atlas import PAGES
from tests.unit.api.fakes import app_over
from tests.unit.api.tenants import TENANTS, Fixture

PATHS = [page.path for page in PAGES] + ["/fallbacks?first=viber&second=sms&wait_s=60", "/messages?period=7d"]


@pytest.fixture(scope="module")
def visitors(tmp_path_factory):
    """A client for each account, with a session of a key that is bound to it, and one that sees all."""
    fixture = Fixture(tmp_path_factory.mktemp("tenants"))
    for tenant in TENANTS:
        fixture.export(tenant)
    with TestClient(app_over(fixture.parts)) as client:

        def look(path, *accounts):
            key, _ = fixture.parts.ring.create(
                fixture.parts.clock, name="person", scopes=EVERYTHING, accounts=accounts or None
            )
            cookie = fixture.parts.sign_ins.open(key)
            return client.get(path, headers={"cookie": f"tidings_session={cookie}"})

        yield look
    fixture.close()


@pytest.mark.parametrize("path", [*PATHS, *(f"/messages/{tenant.message}" for tenant in TENANTS)])
def test_a_page_tells_of_the_own_account_alone(visitors, path):
    for own, foreign in zip(TENANTS, reversed(TENANTS), strict=True):
        page = visitors(path, own.name).text
        asked_for = {foreign.message} if foreign.message in path else set()

        assert {mark for mark in foreign.marks - asked_for if mark in page} == set()


@pytest.mark.parametrize("path", ["/", "/messages", "/fallbacks", "/exports"])
def test_and_that_could_be_seen_because_both_are_there(visitors, path):
    page = visitors(path).text

    assert all(any(mark in page for mark in tenant.marks) for tenant in TENANTS)
