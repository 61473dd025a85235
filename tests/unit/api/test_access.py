"""Who may ask what: as a table."""

from dataclasses import replace
from datetime import timedelta

import pytest
from starlette.testclient import TestClient
from structlog.testing import capture_logs

from api.admission.keys import EVERYTHING, Scope
from api.admission.rates import RateBook
from contracts.vocabulary import Channel
from tests.unit.api.fakes import app_over
from tests.unit.api.rows import MESSAGE, NOON

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


def test_a_session_of_the_page_opens_no_address_for_programs(sign_in):
    client = sign_in()

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


def test_an_expired_key_is_told_so(connect, parts):
    client = connect(Scope.READ, expires_at=NOON + timedelta(hours=1))
    assert client.get("/v1/freshness").status_code == 200

    parts.clock.advance(3600)
    answer = client.get("/v1/freshness")

    assert answer.status_code == 401
    assert answer.json()["type"] == "/problems/key-expired"
    assert "expired at 2026-11-21 13:00 UTC" in answer.json()["detail"]
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


def test_an_expired_key_signs_nobody_in(connect, parts):
    _, text = parts.ring.create(parts.clock, name="person", scopes=[Scope.READ], expires_at=NOON)

    assert connect().post("/sign-in", data={"key": text}).status_code == 401


def test_every_answer_says_how_many_requests_are_left(connect, parts):
    client = connect(Scope.READ, requests_per_minute=2)
    first, second = client.get("/v1/freshness"), client.post("/v1/attempts", json=REGISTRATION)

    assert first.headers["ratelimit-policy"] == '"key";q=2;w=60'
    assert first.headers["ratelimit"] == '"key";r=1;t=60'
    assert (second.status_code, second.headers["ratelimit"]) == (403, '"key";r=0;t=60')


def test_a_key_that_asks_too_much_is_told_when_to_come_back(connect, parts):
    client = connect(Scope.READ, requests_per_minute=2)
    for _ in range(2):
        assert client.get("/v1/freshness").status_code == 200
    parts.clock.advance(19.5)

    refused = client.get("/v1/freshness")

    assert refused.status_code == 429
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.headers["retry-after"] == "41"
    assert refused.headers["ratelimit"] == '"key";r=0;t=41'
    assert refused.json()["type"] == "/problems/rate-exceeded"
    assert refused.json()["violated-policies"] == ["key"]
    parts.clock.advance(41)
    assert client.get("/v1/freshness").status_code == 200


def test_a_key_that_asks_too_much_takes_nothing_from_others(connect):
    busy, other = connect(Scope.READ, requests_per_minute=1), connect(Scope.READ, requests_per_minute=1)
    assert [busy.get("/v1/freshness").status_code for _ in range(2)] == [200, 429]

    assert other.get("/v1/freshness").status_code == 200


@pytest.mark.parametrize(
    ("installation", "own", "statuses"),
    [
        pytest.param(1, None, [200, 429], id="the installation's limit when it has none of its own"),
        pytest.param(1, 2, [200, 200], id="its own instead of the installation's"),
        pytest.param(0, None, [200, 200], id="the installation has none"),
        pytest.param(1, 0, [200, 200], id="it has none"),
    ],
)
def test_whose_limit_counts(parts, installation, own, statuses):
    strict = replace(parts, rates=RateBook(installation, parts.clock))
    client = TestClient(app_over(strict))
    _, text = parts.ring.create(parts.clock, name="test", scopes=[Scope.READ], requests_per_minute=own)
    client.headers["Authorization"] = f"Bearer {text}"

    assert [client.get("/v1/freshness").status_code for _ in range(2)] == statuses


def test_what_watches_the_process_is_not_counted(connect):
    client = connect(Scope.READ, requests_per_minute=1)

    assert [client.get(address).status_code for address in ("/healthz", "/readyz", "/metrics") * 2] == [200] * 6
    assert "ratelimit" not in client.get("/healthz").headers


def test_a_use_is_kept_once_a_minute(connect, parts):
    client = connect(Scope.READ)
    (key,) = parts.ring.all()
    seen = []
    for _ in range(3):
        client.get("/v1/freshness")
        seen.append((parts.uses.all()[key.id] - NOON).total_seconds())
        parts.clock.advance(40)

    assert seen == [0, 0, 80]


def test_a_sign_in_is_a_use(connect, parts):
    key, text = parts.ring.create(parts.clock, name="person", scopes=[Scope.READ])
    assert connect().post("/sign-in", data={"key": text}).status_code == 303

    assert parts.uses.all() == {key.id: NOON}


@pytest.mark.parametrize(
    "harm",
    [
        pytest.param(lambda folder: (folder / "key_uses.lock").mkdir(), id="the file cannot be written"),
        pytest.param(lambda folder: (folder / "key_uses.json").write_text("{"), id="the file cannot be read"),
    ],
)
def test_a_use_that_cannot_be_kept_refuses_nothing(connect, parts, harm):
    client = connect(Scope.READ)
    harm(parts.settings.data_dir)
    with capture_logs() as lines:
        status = client.get("/v1/freshness").status_code

    assert (status, [line["event"] for line in lines]) == (200, ["key_use_not_kept"])
