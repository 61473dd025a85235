"""The application over fakes, and keys of every sort."""

from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from api.admission.keys import EVERYTHING, Scope
from api.parts import Parts
from tests.unit.api.fakes import app_over, make_parts

Connect = Callable[..., TestClient]


@pytest.fixture
def parts(tmp_path) -> Parts:
    return make_parts(tmp_path)


@pytest.fixture
def connect(parts) -> Connect:
    """A client with a key of these scopes and accounts; without scopes, with no key."""

    def made(*scopes: Scope, accounts: tuple[str, ...] | None = None, **terms) -> TestClient:
        client = TestClient(app_over(parts), raise_server_exceptions=False, follow_redirects=False)
        if scopes:
            _, text = parts.ring.create(parts.clock, name="test", scopes=scopes, accounts=accounts, **terms)
            client.headers["Authorization"] = f"Bearer {text}"
        return client

    return made


@pytest.fixture
def sign_in(connect, parts) -> Connect:
    """A client that has signed in to the pages, with a key of these scopes and accounts; without scopes, of all."""

    def made(*scopes: Scope, accounts: tuple[str, ...] | None = None) -> TestClient:
        client = connect()
        key, _ = parts.ring.create(parts.clock, name="person", scopes=scopes or EVERYTHING, accounts=accounts)
        client.cookies.set("tidings_session", parts.sign_ins.open(key))
        return client

    return made


@pytest.fixture
def visitor(sign_in) -> TestClient:
    """Someone who has signed in, and may look."""
    return sign_in(Scope.READ)


@pytest.fixture
def client(connect) -> TestClient:
    """With a key that may do everything."""
    return connect(*EVERYTHING)
