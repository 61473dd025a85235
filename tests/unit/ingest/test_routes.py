"""Which connection a path means, and what must stay a 404."""

import pytest

from contracts.errors import ConfigurationInvalid, ConnectionUnknown
from ingest.routes import LONGEST_HINT, PATHS_LIMIT, make_routes
from runtime.clock import SystemClock
from runtime.settings import Connection
from tests.support.fake_provider import KEY, POSTBOX

LONG = "a" * LONGEST_HINT
CONNECTIONS = [
    Connection(provider="postbox", name="main", key=KEY),
    Connection(provider="postbox", name="second", key=KEY),
    Connection(provider="postbox", name="hidden", key=KEY, tokens=("old-token", "new-token")),
]


@pytest.fixture
def routes():
    return make_routes(CONNECTIONS, {"postbox": POSTBOX}, SystemClock())


@pytest.mark.parametrize(
    ("path", "connection", "hint"),
    [
        pytest.param("/callbacks/postbox/main", "main", "", id="the plain path"),
        pytest.param("/callbacks/postbox/main/", "main", "", id="a slash at the end means nothing"),
        pytest.param("/callbacks/postbox/second", "second", "", id="each connection has its own path"),
        pytest.param("/callbacks/postbox/main/viber", "main", "viber", id="what follows is the hint"),
        pytest.param("/callbacks/postbox/main/viber/delivery/", "main", "viber/delivery", id="a hint in parts"),
        pytest.param("/callbacks/postbox/main/new-token", "main", "new-token", id="a hint, where no token is asked"),
        pytest.param("/callbacks/postbox/hidden/old-token", "hidden", "", id="the old token while tokens rotate"),
        pytest.param("/callbacks/postbox/hidden/new-token/sms", "hidden", "sms", id="a hint behind the new token"),
        pytest.param(
            f"/callbacks/postbox/main/{'a' * LONGEST_HINT}", "main", "a" * LONGEST_HINT, id="the longest hint"
        ),
    ],
)
def test_a_path_names_a_connection(routes, path, connection, hint):
    route, found = routes.find(path)

    assert (route.connection, found) == (connection, hint)


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/", id="nothing"),
        pytest.param("", id="not even a slash"),
        pytest.param("/callbacks", id="no provider"),
        pytest.param("/callbacks/postbox", id="no connection"),
        pytest.param("/callbacks/postbox/", id="an empty connection"),
        pytest.param("/callbacks/postbox/other", id="unknown connection"),
        pytest.param("/callbacks/other/main", id="unknown provider"),
        pytest.param("/elsewhere/postbox/main", id="another prefix"),
        pytest.param("//callbacks/postbox/main", id="a slash too many"),
        pytest.param("/callbacks/postbox/hidden", id="no token"),
        pytest.param("/callbacks/postbox/hidden/", id="an empty token"),
        pytest.param("/callbacks/postbox/hidden/new-toke", id="half a token"),
        pytest.param("/callbacks/postbox/hidden/new-token2", id="more than a token"),
        pytest.param("/callbacks/postbox/hidden/sms/new-token", id="the token in another place"),
        pytest.param("/callbacks/postbox/hidden/\ufffd", id="a token that is not UTF-8"),
        pytest.param(f"/callbacks/postbox/main/{LONG}a", id="a hint too long"),
        pytest.param("/callbacks/postbox/main/a b", id="a hint with a blank"),
        pytest.param("/callbacks/postbox/main/a//b", id="a hint with an empty part"),
        pytest.param("/callbacks/postbox/main/a\nb", id="a hint with a line break"),
        pytest.param("/callbacks/postbox/main/viber\n", id="a line break at the end of a hint"),
        pytest.param("/callbacks/postbox/main/é", id="a hint outside ASCII"),
    ],
)
def test_any_other_path_is_unknown(routes, path):
    with pytest.raises(ConnectionUnknown):
        routes.find(path)


def test_heads_and_options_are_never_callbacks(routes):
    route, _ = routes.find("/callbacks/postbox/main")

    assert route.allow == "GET, POST"


@pytest.mark.parametrize(
    ("connections", "wrong"),
    [
        pytest.param([Connection(provider="other", name="main")], "other/main", id="a provider that nobody wrote"),
        pytest.param([Connection(provider="postbox", name="main")], "key", id="a secret is missing"),
        pytest.param([CONNECTIONS[0], CONNECTIONS[0]], "same name", id="one name twice"),
    ],
)
def test_wrong_settings_stop_the_start(connections, wrong):
    with pytest.raises(ConfigurationInvalid, match=wrong):
        make_routes(connections, {"postbox": POSTBOX}, SystemClock())


def test_a_path_with_a_token_is_compared_anew_each_time(routes):
    """A look-up ends sooner or later depending on what is asked, a comparison of digests does not."""
    for path in ("/callbacks/postbox/hidden/new-token", "/callbacks/postbox/main/viber"):
        routes.find(path)

    assert list(routes._by_path) == ["/callbacks/postbox/main/viber"]


def test_paths_that_callers_make_up_do_not_fill_our_memory(routes):
    for number in range(PATHS_LIMIT + 5):
        routes.find(f"/callbacks/postbox/main/{number}")

    assert len(routes._by_path) == PATHS_LIMIT
    assert routes.find("/callbacks/postbox/main/one-more")[1] == "one-more"
