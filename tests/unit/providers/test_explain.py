import pytest

from contracts.errors import ConfigurationInvalid
from contracts.vocabulary import Channel, InboundKind
from providers import load_providers
from providers._kit.codes import CodeTable
from providers._kit.explain import body_of, explain, explain_body, hint_of
from providers._kit.facts import InboundFact, RejectedItem, SignalFact
from providers._kit.provider import Provider
from providers._kit.settings import ConnectionSettings

TELESIGN = load_providers()["telesign"]
HTTP = {"method": "POST", "path_hint": "/webhooks/telesign/delivery", "headers": {}, "query": {}}


def sample(body, **members):
    return {"provider": "telesign", "kind": "delivery", "http": HTTP, "body": body, **members}


def provider_of(*items) -> Provider:
    """A provider whose every callback amounts to `items`."""
    return Provider(
        slug="example",
        title="Example",
        settings=ConnectionSettings,
        methods=frozenset({"POST"}),
        codes=CodeTable([]),
        make_verifier=lambda _settings: lambda _request: None,
        normalise=lambda _callback: items,
        simulate=lambda _script, _settings: (),
    )


@pytest.mark.parametrize(
    ("members", "body"),
    [
        pytest.param({"raw_body": '{ "a" : 1 }', "body": {"a": 1}}, b'{ "a" : 1 }', id="raw bytes as they are"),
        pytest.param({"body": "a=1&b=2"}, b"a=1&b=2", id="a text as it is"),
        pytest.param({"body": {"a": "é"}}, '{"a":"é"}'.encode(), id="anything else as compact JSON"),
        pytest.param({"body": None}, b"", id="no body is empty"),
    ],
)
def test_the_bytes_of_a_sample(members, body):
    assert body_of(members) == body


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("/webhooks/infobip/viber/delivery", "viber/delivery"),
        ("/callbacks/infobip", ""),
        ("/viber/2/logs", "viber/2/logs"),
    ],
)
def test_the_hint_is_what_stands_behind_the_provider_or_its_own_path(path, hint):
    assert hint_of("infobip", path) == hint


def test_a_sample_without_auth_is_read_as_authentic():
    explained = explain(TELESIGN, sample({"reference_id": "A1", "status": {"code": 3000}}))

    assert explained["accept"] is True
    assert explained["verified"] is None


def test_a_method_that_the_provider_never_uses_is_refused():
    explained = explain(TELESIGN, sample({}, http={**HTTP, "method": "PUT"}))

    assert explained["accept"] is False
    assert "PUT" in explained["refused"]


def test_auth_of_another_scheme_is_an_error_that_says_so():
    with pytest.raises(ConfigurationInvalid, match="auth does not fit Telesign"):
        explain(TELESIGN, sample({}, auth={"scheme": "basic"}))


def test_auth_for_a_provider_that_signs_no_samples_is_an_error():
    with pytest.raises(ConfigurationInvalid, match="drop `auth`"):
        explain(provider_of(), {**sample({}), "auth": {}})


def test_why_names_the_row_that_decided():
    [fact] = explain_body(TELESIGN, b'{"reference_id": "A1", "status": {"code": "3056"}}')["facts"]

    assert fact["status"] == "expired"
    assert fact["why"][0].startswith("messaging 3056 = expired, timed_out, temporary, another channel may cure it:")


def test_why_speaks_of_a_cure_only_where_the_fact_asks_for_one():
    body = b'{"reference_id": "A1", "status": {"code": 3056}, "channel_status": [{"viber": {"code": 3056}}]}'

    leg, whole = explain_body(TELESIGN, body)["facts"]

    assert "another channel" not in leg["why"][0]
    assert "another channel" in whole["why"][0]


def test_why_says_that_no_row_decided():
    [fact] = explain_body(TELESIGN, b'{"reference_id": "A1", "status": {"code": 3999}}')["facts"]

    assert fact["why"] == ["no row of telesign/codes.csv has 3999: unknown, and it starts no fallback"]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        pytest.param(b"{", "unreadable", id="not JSON"),
        pytest.param(b"{}", "empty", id="nothing in it"),
        pytest.param(b'{"status": {"code": 3000}}', "invalid_item", id="an item without an id"),
    ],
)
def test_what_cannot_be_understood_is_a_dead_letter_with_its_bytes(body, kind):
    explained = explain_body(TELESIGN, body)

    assert explained["facts"] == []
    assert [letter["kind"] for letter in explained["dead_letters"]] == [kind]
    assert [letter["body"].encode() for letter in explained["dead_letters"]] == [body]


def test_a_click_and_another_event_have_their_own_words():
    click = SignalFact(kind="click", message_id="m-1", extras={"url": "https://example.test/"})
    event = SignalFact(kind="subscribed", channel=Channel.VIBER_BOT, extras={"user_id": "u-1"})

    first, second = explain_body(provider_of(click, event), b"x")["facts"]

    assert (first["fact"], first["url"], first["message_id"]) == ("click", "https://example.test/", "m-1")
    assert (second["fact"], second["event"], second["user_id"]) == ("event", "subscribed", "u-1")


def test_extras_never_hide_a_member():
    fact = InboundFact(kind=InboundKind.TEXT, text="hi", extras={"text": "other", "keyword": "hi"})

    [explained] = explain_body(provider_of(fact), b"x")["facts"]

    assert (explained["text"], explained["keyword"]) == ("hi", "hi")


def test_bytes_that_are_no_text_are_shown_all_the_same():
    [letter] = explain_body(provider_of(RejectedItem(reason="odd", body=b"\xff")), b"x")["dead_letters"]

    assert letter == {"kind": "invalid_item", "reason": "odd", "body": "\ufffd"}
