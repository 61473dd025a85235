"""Nobody sees what is not theirs: every address of the OpenAPI document, with every scope, as both of two accounts.

An address that is new fails here until `tenants.TABLE` says how it is asked and what it may tell.
"""

import json
from functools import cache

import pytest
from starlette.testclient import TestClient

from api.admission.keys import EVERYTHING, Scope
from tests.unit.api.document import DOCUMENT
from tests.unit.api.fakes import app_over
from tests.unit.api.tenants import ACME, GLOBEX, TABLE, TENANTS, WITHOUT_A_KEY, Fixture, Row, Tenant

PATHS = DOCUMENT["paths"]
DESCRIBED = {f"{method.upper()} {path}": said for path, ways in PATHS.items() for method, said in ways.items()}
ROWS = sorted(set(DESCRIBED) & set(TABLE))
MISSING = (
    "{0} has no row in tests/unit/api/tenants.py: add one to TABLE with the scope that opens it, how the members of "
    "its path and its query or body are filled for an account, how the facts in its answer are counted, and, when it "
    "names something, the status for what is another account's; give the accounts such facts in `live` when they have "
    "none"
)


def rows(*kinds: str) -> list[str]:
    """The addresses whose row is of such a kind."""
    return [one for one in ROWS if kind_of(TABLE[one]) in kinds]


def kind_of(row: Row) -> str:
    if row.is_whole:
        return "whole"
    return "nobody" if row.tells_of_nobody else "list" if row.foreign is None else "named"


@pytest.fixture(scope="module")
def fixture(tmp_path_factory):
    made = Fixture(tmp_path_factory.mktemp("tenants"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def client(fixture):
    app = app_over(fixture.parts)
    with TestClient(app, raise_server_exceptions=False, follow_redirects=False) as entered:  # one loop for all requests
        yield entered


@pytest.fixture(scope="module")
def bearer(fixture):
    """The headers of a key of these scopes and accounts."""

    @cache
    def made(scopes, accounts):
        _, text = fixture.parts.ring.create(fixture.parts.clock, name="test", scopes=scopes, accounts=accounts)
        return {"Authorization": f"Bearer {text}"}

    return lambda scopes, accounts: made(scopes, accounts) if scopes else {}


@pytest.fixture(scope="module")
def ask(fixture, client, bearer):
    """What the application answers to a key of these scopes and accounts that asks `address` about `tenant`."""

    def asked(address, tenant: Tenant, *scopes: Scope, accounts=None, aimed=False):
        row, (method, path) = TABLE[address], address.split(" ")
        row.before(fixture, tenant)
        members = row.ask(tenant) | (row.aimed(tenant) if aimed else {})
        given = {"params": members} if method == "GET" else {"json": members}
        headers = bearer(scopes, accounts)
        return client.request(method, path.format(**row.path(tenant)), headers=headers, **given)

    return asked


def marks_in(answer, tenant: Tenant) -> set[str]:
    return {mark for mark in tenant.marks if mark in answer.text}


def other(tenant: Tenant) -> Tenant:
    return GLOBEX if tenant is ACME else ACME


@pytest.mark.parametrize("address", sorted(DESCRIBED))
def test_an_address_has_a_row_or_needs_no_key(address):
    assert (address in TABLE) is not (address in WITHOUT_A_KEY), MISSING.format(address)


def test_no_row_is_of_an_address_that_there_is_not():
    assert set(TABLE) | WITHOUT_A_KEY <= set(DESCRIBED)


@pytest.mark.parametrize("address", ROWS)
def test_the_document_names_the_one_scope_that_opens_it(address):
    (security,) = DESCRIBED[address]["security"]

    assert security == {"key": [TABLE[address].scope.value]}


@pytest.mark.parametrize("address", rows("list"))
def test_what_is_a_list_says_how_it_is_counted(address):
    assert TABLE[address].count, MISSING.format(address)


@pytest.mark.parametrize("address", ROWS)
def test_without_a_key_it_is_closed(ask, address):
    ask(address, ACME, TABLE[address].scope)
    answer = ask(address, ACME)

    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/key-missing")
    assert not marks_in(answer, ACME)


@pytest.mark.parametrize("scope", Scope)
@pytest.mark.parametrize("address", ROWS)
def test_its_scope_opens_it_and_no_other_does(ask, address, scope):
    row, answer = TABLE[address], ask(address, ACME, scope)

    if scope in {row.scope, Scope.ADMIN}:
        assert answer.status_code == row.status, answer.text
    else:
        assert (answer.status_code, answer.json()["type"]) == (403, "/problems/scope-missing")
        assert f"scope {row.scope.value}" in answer.json()["detail"]


@pytest.mark.parametrize("tenant", TENANTS, ids=lambda tenant: tenant.name)
@pytest.mark.parametrize("address", rows("named"))
def test_what_is_named_opens_for_its_account_only(ask, fixture, address, tenant):
    row, written = TABLE[address], fixture.parts.registrar.written
    assert ask(address, tenant, row.scope, accounts=(tenant.name,)).status_code == row.status
    written.clear()

    for accounts in ((other(tenant).name,), ()):
        refused = ask(address, tenant, *EVERYTHING, accounts=accounts)

        assert refused.status_code == row.foreign, refused.text
        assert not marks_in(refused, tenant) - asked_for(row, tenant)
        assert written == []


def asked_for(row: Row, tenant: Tenant) -> set[str]:
    """The marks that the caller has said, and may be told again."""
    said = json.dumps([row.path(tenant), row.ask(tenant), row.aimed(tenant) if row.aimed else {}])
    return {mark for mark in tenant.marks if mark in said}


@pytest.mark.parametrize("tenant", TENANTS, ids=lambda tenant: tenant.name)
@pytest.mark.parametrize("address", rows("list"))
def test_a_list_has_what_is_ones_own_and_nothing_else(ask, address, tenant):
    row = TABLE[address]
    for aimed in (False, True) if row.aimed else (False,):
        answer = ask(address, tenant, row.scope, accounts=(tenant.name,), aimed=aimed)

        assert answer.status_code == row.status, answer.text
        assert row.count(answer) > 0
        assert bool(marks_in(answer, tenant)) or not row.shows
        assert not marks_in(answer, other(tenant))


@pytest.mark.parametrize("tenant", TENANTS, ids=lambda tenant: tenant.name)
@pytest.mark.parametrize("address", [one for one in rows("list") if TABLE[one].aimed])
def test_a_filter_that_names_another_account_finds_nothing(ask, address, tenant):
    row = TABLE[address]
    answer = ask(address, other(tenant), *EVERYTHING, accounts=(tenant.name,), aimed=True)

    assert answer.status_code == row.status, answer.text
    assert row.count(answer) == 0
    assert not marks_in(answer, other(tenant)) - asked_for(row, other(tenant))


@pytest.mark.parametrize("address", rows("list"))
def test_counts_are_of_ones_own_accounts(ask, address):
    row = TABLE[address]

    def count(accounts):
        return row.count(ask(address, ACME, row.scope, accounts=accounts))

    own = [count((tenant.name,)) for tenant in TENANTS]
    assert count(None) == count(("acme", "globex")) == sum(own)
    assert count(()) == count(("nobody",)) == 0


@pytest.mark.parametrize("accounts", [("acme",), ("acme", "globex"), ()])
@pytest.mark.parametrize("address", rows("whole"))
def test_what_counts_everybody_is_closed_to_keys_of_accounts(ask, address, accounts):
    answer = ask(address, ACME, *EVERYTHING, accounts=accounts)

    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/account-bound")


@pytest.mark.parametrize("address", rows("nobody"))
def test_what_tells_of_nobody_tells_of_nobody(ask, address):
    answer = ask(address, ACME, *EVERYTHING)

    assert answer.status_code == TABLE[address].status
    assert not any(marks_in(answer, tenant) for tenant in TENANTS)


def test_what_needs_no_key_tells_of_nobody(client):
    told = "".join(client.get(one.removeprefix("GET ")).text for one in WITHOUT_A_KEY)

    assert not any(mark in told for tenant in TENANTS for mark in tenant.marks)
