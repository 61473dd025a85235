"""Who may ask what: as a table."""

import pytest

from api.keys import EVERYTHING, Scope
from contracts.vocabulary import Channel
from tests.unit.api.rows import MESSAGE

READING = [
    "/v1/changes",
    f"/v1/messages/{MESSAGE}",
    "/v1/metrics",
    "/v1/conservation",
    "/v1/parked",
    "/v1/freshness",
    "/v1/reports/cost",
]
REGISTRATION = {"provider": "telesign", "connection": "main", "root_id": "A1", "channel": Channel.SMS}


def _ask(client, address):
    return client.post(address, json=REGISTRATION) if address == "/v1/attempts" else client.get(address)


@pytest.mark.parametrize("address", [*READING, "/v1/attempts"])
def test_without_a_key_nothing_is_told(connect, parts, address):
    connect(Scope.READ)
    answer = _ask(connect(), address)

    assert answer.status_code == 401
    assert answer.json()["type"] == "/problems/key-missing"
    assert answer.headers["www-authenticate"] == 'Bearer realm="tidings"'


@pytest.mark.parametrize("address", [*READING, "/v1/attempts"])
@pytest.mark.parametrize("given", ["Bearer tidings_00000000_wrong", "Bearer x", "bearer \x7f"])
def test_a_wrong_key_is_told_so(connect, address, given):
    client = connect()
    client.headers["Authorization"] = given
    answer = _ask(client, address)

    assert answer.status_code == 401
    assert answer.json()["type"] == "/problems/key-unknown"
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


@pytest.mark.parametrize("given", ["Basic dGlkaW5nczp4", "tidings_0_1", "Bearer", "Bearer "])
def test_what_is_no_bearer_key_counts_as_none(connect, given):
    client = connect()
    client.headers["Authorization"] = given

    assert client.get("/v1/freshness").json()["status"] == 401


def test_an_installation_without_keys_says_how_to_make_one(connect):
    assert "tidings keys create" in connect().get("/v1/freshness").json()["detail"]


@pytest.mark.parametrize(
    ("scopes", "address", "status"),
    [
        *((scopes, address, 200) for address in READING for scopes in ([Scope.READ], [Scope.ADMIN], EVERYTHING)),
        *(([Scope.SEND], address, 403) for address in READING),
        ([Scope.SEND], "/v1/attempts", 202),
        ([Scope.ADMIN], "/v1/attempts", 202),
        ([Scope.READ], "/v1/attempts", 403),
    ],
)
def test_a_scope_opens_its_addresses_only(connect, scopes, address, status):
    answer = _ask(connect(*scopes), address)

    assert answer.status_code == status
    if status == 403:
        assert answer.json()["type"] == "/problems/scope-missing"
        assert 'error="insufficient_scope"' in answer.headers["www-authenticate"]


def test_a_key_in_the_address_or_another_header_opens_nothing(connect, parts):
    _, text = parts.ring.create(parts.clock, name="test", scopes=EVERYTHING)
    client = connect()

    assert client.get("/v1/freshness", params={"key": text}).status_code == 401
    assert client.get("/v1/freshness", headers={"X-Api-Key": text}).status_code == 401
    assert client.get("/", params={"key": text}).headers["location"] == "/sign-in"


def test_a_session_of_the_page_opens_no_address_for_programs(connect, parts):
    key, _ = parts.ring.create(parts.clock, name="test", scopes=EVERYTHING)
    client = connect()
    client.cookies.set("tidings_session", parts.sessions.open(key))

    assert client.get("/").status_code == 200
    assert client.get("/v1/freshness").status_code == 401


@pytest.mark.parametrize(
    ("accounts", "is_told"),
    [
        pytest.param(None, True, id="a key for all accounts"),
        pytest.param(("default",), True, id="a key for this account"),
        pytest.param(("other", "default"), True, id="a key for this and another"),
        pytest.param(("other",), False, id="a key for another account"),
        pytest.param((), False, id="a key for no account"),
    ],
)
def test_a_key_sees_its_accounts_only(connect, parts, accounts, is_told):
    client = connect(Scope.READ, accounts=accounts)
    client.get("/v1/metrics")

    assert (client.get(f"/v1/messages/{MESSAGE}").status_code == 200) is is_told
    assert bool(client.get("/v1/changes").json()["changes"]) is is_told
    assert parts.store.asked[0].accounts == accounts


def test_what_waits_at_other_accounts_is_not_counted(connect):
    told = connect(Scope.READ, accounts=("default",)).get("/v1/parked").json()

    assert (told["report_count"], {one["account"] for one in told["connections"]}) == (3, {"default"})


def test_a_foreign_message_looks_like_one_that_is_not_there(connect):
    foreign = connect(Scope.READ, accounts=("other",)).get(f"/v1/messages/{MESSAGE}").json()
    absent = connect(Scope.READ).get(f"/v1/messages/{MESSAGE.replace('1', '2')}").json()

    assert foreign["detail"] == absent["detail"].replace(MESSAGE.replace("1", "2"), MESSAGE)
    assert foreign["status"] == absent["status"] == 404


@pytest.mark.parametrize("accounts", [("default",), ("default", "other"), ()])
def test_the_whole_installation_is_not_counted_for_one_account(connect, accounts):
    answer = connect(Scope.READ, accounts=accounts).get("/v1/conservation")

    assert answer.status_code == 403
    assert answer.json()["type"] == "/problems/account-bound"


def test_a_foreign_connection_looks_like_one_that_is_not_there(connect, parts):
    client = connect(Scope.SEND, accounts=("default",))
    answer = client.post("/v1/attempts", json=REGISTRATION | {"provider": "infobip", "connection": "other"})

    assert answer.status_code == 422
    assert answer.json()["type"] == "/problems/connection-unknown"
    assert "infobip/other" not in answer.json()["detail"]
    assert parts.registrar.written == []
