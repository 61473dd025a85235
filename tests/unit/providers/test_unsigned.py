"""Who is let in where the provider cannot sign."""

from ipaddress import ip_address
from threading import Event

import pytest

from contracts.errors import ConfigurationInvalid, SenderForbidden, SignatureInvalid
from providers._kit.callers import FRESH_S, Callers
from providers._kit.provider import CallbackRequest
from providers._kit.unsigned import UnsignedSettings, token_verifier
from runtime.settings import Connection

TOKEN = "0123456789abcdef-first"
OTHER = "0123456789abcdef-other"


def connection(**members) -> Connection:
    return Connection(provider="silent", name="main", **members)


def request(path: str, **headers: str) -> CallbackRequest:
    return CallbackRequest("POST", f"https://hooks.example.test{path}", headers, b"{}")


# The connection


@pytest.mark.parametrize(
    ("members", "wrong"),
    [
        pytest.param({}, "only a secret token keeps others out", id="no token"),
        pytest.param({"tokens": ["short"]}, "at least 16 characters", id="a token that can be guessed"),
        pytest.param({"tokens": ["0123456789abcdef/x"]}, "at least 16 characters", id="a token that no path can hold"),
        pytest.param(
            {"tokens": [TOKEN], "caller_hosts": ["a.example.test"]}, "caller_header goes with", id="no header"
        ),
        pytest.param({"tokens": [TOKEN], "caller_header": "x-real-ip"}, "caller_header goes with", id="no addresses"),
        pytest.param({"tokens": [TOKEN], "caller_adresses": []}, "caller_adresses", id="a slip of the pen"),
    ],
)
def test_a_connection_that_would_let_anybody_in_is_refused(members, wrong):
    with pytest.raises(ConfigurationInvalid, match=wrong):
        UnsignedSettings.of(connection(**members))


def test_tokens_do_not_show():
    assert TOKEN not in repr(UnsignedSettings.of(connection(tokens=[TOKEN])))


# The path


@pytest.mark.parametrize("token", [TOKEN, OTHER])
def test_either_token_lets_in(token):
    verify = token_verifier(UnsignedSettings.of(connection(tokens=[TOKEN, OTHER])))

    verify(request(f"/callbacks/silent/main/{token}/viber"))


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/callbacks/silent/main", id="none"),
        pytest.param(f"/callbacks/silent/main/{TOKEN[:-1]}", id="cut"),
        pytest.param(f"/callbacks/silent/main/{TOKEN}x", id="longer"),
        pytest.param(f"/callbacks/silent/main?token={TOKEN}", id="in the query"),
        pytest.param("/callbacks/silent/main/\udcff", id="not text"),
    ],
)
def test_any_other_path_is_refused(path):
    verify = token_verifier(UnsignedSettings.of(connection(tokens=[TOKEN])))

    with pytest.raises(SignatureInvalid):
        verify(request(path))


# The address


@pytest.mark.parametrize(
    ("given", "is_let_in"),
    [
        pytest.param("192.0.2.7", True, id="in the network"),
        pytest.param(" 192.0.2.7 ", True, id="with spaces"),
        pytest.param("::ffff:192.0.2.7", True, id="as IPv6 writes it"),
        pytest.param("198.51.100.1", False, id="elsewhere"),
        pytest.param("192.0.2.7, 198.51.100.1", False, id="a list"),
        pytest.param("", False, id="no header"),
        pytest.param("localhost", False, id="a name"),
    ],
)
def test_the_proxys_own_header_tells_the_address(given, is_let_in):
    settings = connection(tokens=[TOKEN], caller_header="X-Real-IP", caller_addresses=["192.0.2.0/24"])
    verify = token_verifier(UnsignedSettings.of(settings))
    call = request(f"/callbacks/silent/main/{TOKEN}", **{"x-real-ip": given})

    if is_let_in:
        verify(call)
    else:
        with pytest.raises(SenderForbidden):
            verify(call)


class Names:
    """A resolver that is told what to say."""

    def __init__(self, *answers) -> None:
        self._answers = list(answers)
        self.asked = Event()

    def __call__(self, host):
        answer = self._answers.pop(0)
        if not self._answers:
            self.asked.set()
        if isinstance(answer, OSError):
            raise answer
        return [ip_address(answer)]


def test_a_name_is_looked_up_anew_when_its_addresses_are_old():
    now, names = [0.0], Names("192.0.2.1", "192.0.2.2")
    callers = Callers((), ["calls.example.test"], look_up=names, seconds=lambda: now[0])
    before = callers.allow("192.0.2.1"), callers.allow("192.0.2.2")
    now[0] = FRESH_S
    callers.allow("192.0.2.1")
    names.asked.wait(10)
    while not callers.allow("192.0.2.2"):
        pass

    assert before == (True, False)
    assert not callers.allow("192.0.2.1")


def test_addresses_still_count_while_nobody_can_tell_new_ones():
    now, names = [0.0], Names("192.0.2.1", OSError("the resolver is away"))
    callers = Callers((), ["calls.example.test"], look_up=names, seconds=lambda: now[0])
    now[0] = FRESH_S
    callers.allow("192.0.2.1")
    names.asked.wait(10)

    assert callers.allow("192.0.2.1")
