"""The token at the door: with it a callback comes in and keeps its hint, without it there is no door at all."""

import pytest

from contracts.errors import ConfigurationInvalid, ConnectionUnknown, SenderForbidden
from ingest.routes import make_routes
from providers import load_providers
from providers._kit.provider import CallbackRequest
from runtime.clock import SystemClock
from runtime.settings import Connection

FIRST, SECOND = "the-first-of-two-tokens", "the-other-of-two-tokens"


def routes_of(**members):
    return make_routes([Connection(provider="routee", name="main", **members)], load_providers(), SystemClock())


def test_a_connection_without_a_token_does_not_start():
    with pytest.raises(ConfigurationInvalid, match=r"connection routee/main: .*only a secret token keeps others out"):
        routes_of()


@pytest.mark.parametrize("token", [FIRST, SECOND])
def test_either_token_lets_in_and_leaves_the_hint(token):
    path = f"/callbacks/routee/main/{token}/viber/campaign-of-one/send/7f-1"
    route, hint = routes_of(tokens=[FIRST, SECOND]).find(path)

    route.verify(CallbackRequest("POST", f"https://hooks.example.test{path}", {}, b"{}"))
    assert hint == "viber/campaign-of-one/send/7f-1"


@pytest.mark.parametrize("path", ["", "/wrong-token-of-some-length", f"/viber/{FIRST}"])
def test_no_other_path_is_a_door(path):
    with pytest.raises(ConnectionUnknown):
        routes_of(tokens=[FIRST]).find(f"/callbacks/routee/main{path}")


def test_the_longest_send_id_fits_behind_the_token():
    path = f"/callbacks/routee/main/{FIRST}/viber/campaign-of-one/send/{'7' * 100}"

    assert routes_of(tokens=[FIRST]).find(path)[1].endswith("7" * 100)


def test_the_address_is_the_one_that_our_proxy_tells():
    members = {"caller_header": "X-Real-IP", "caller_addresses": ["192.0.2.0/24"]}
    route, _ = routes_of(tokens=[FIRST], **members).find(f"/callbacks/routee/main/{FIRST}")
    url = f"https://hooks.example.test/callbacks/routee/main/{FIRST}"

    route.verify(CallbackRequest("POST", url, {"x-real-ip": "192.0.2.9"}, b"{}"))
    for headers in ({}, {"x-real-ip": "198.51.100.1"}, {"x-forwarded-for": "192.0.2.9"}):
        with pytest.raises(SenderForbidden):
            route.verify(CallbackRequest("POST", url, headers, b"{}"))
