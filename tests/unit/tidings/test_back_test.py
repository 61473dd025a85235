"""Asking about the past on the command line: what is asked, and how the answer reads."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
import typer
from rich.console import Console

from contracts.errors import ConfigurationInvalid
from tests.support.command_line import run
from tidings.back_test.command import Access, Which, back_test, parse_step
from tidings.back_test.tables import show_back_test, show_waits

RATE = {"arrived": 930, "ended": 1000, "country": "GB", "value": 0.93, "low": 0.912, "high": 0.944}
WHOLE = {
    "messages": 1000, "succeeded": 750, "ended_badly": 100, "waited_out": 140, "no_other_way": 6, "silent": 0,
    "undecided": 4, "of_unknown_kind": 0, "needed": 170, "needless": 70, "left_without": 6, "really_sent": 220,
    "really_won": 165, "really_double": 38, "gained_count": 237, "gained_p50_ms": 51_580.0, "gained_p90_ms": 1.9e6,
}  # fmt: skip  # a row
ESTIMATE = {"value": 158.1, "low": 155.0, "high": 160.5}
PLAN = [
    {"channel": "viber", "provider": "infobip", "connection": "main", "wait_s": 60, "succeed_on": "delivered"},
    {"channel": "sms", "provider": None, "connection": None, "wait_s": 60, "succeed_on": "delivered"},
]
REPLAYED = {
    "from": "2026-11-14T12:00:00Z",
    "to": "2026-11-21T12:00:00Z",
    "policy": {"name": "otp", "version": 3},
    "plan": PLAN,
    "whole": WHOLE,
    "steps": [
        {
            "channel": "sms",
            "sends": 240.0,
            "cost": [{"amount": "12.00", "currency": "EUR", "sends": 240.0}],
            "unpriced_sends": 0.0,
            "won": ESTIMATE,
            "of_unknown_rate": 0.0,
        }
    ],
    "double_deliveries": {"value": 65.1, "low": 63.8, "high": 66.1},
    "really_cost": [{"amount": "11.00", "currency": "EUR", "sends": 220.0}],
    "really_unpriced": 0.0,
    "places": [WHOLE | {"provider": "infobip", "connection": "main", "country": "GB"}],
    "basis": [
        {
            "step": 1,
            "country": "GB",
            "rate": RATE,
            "price": {"amount": "0.05", "currency": "EUR", "told_count": None},
        }
    ],
}
WAIT = {
    "provider": "infobip", "channel": "viber", "country": "GB", "verdict": "advised", "observations": 1000,
    "wait_s": 41.5, "low_s": 39.9, "high_s": 43.2, "spared_share": 0.75, "spared_later_share": 0.07,
}  # fmt: skip  # a row
ADVISED = {"from": "2026-11-14", "to": "2026-11-21", "value_of_minute": None, "fallback": "sms", "waits": [WAIT]}


def read(show, told: dict) -> str:
    """As somebody reads it on a wide screen."""
    console = Console(width=200, record=True, file=None, quiet=False)
    with console.capture() as captured:
        show(told, console)
    return captured.get()


class Api:
    """Answers everything with what it has, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, str | None, object]] = []
        self.status, self.answer = 200, REPLAYED
        api = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                key = self.headers.get("authorization")
                api.asked.append((self.command, self.path, key, json.loads(body) if body else None))
                self.send_response(api.status)
                self.send_header("content-type", "application/json")
                self.end_headers()
                self.wfile.write(json.dumps(api.answer).encode())

            do_GET = do_POST  # noqa: N815  # the name is the server's

            def log_message(self, *_: object) -> None:
                """Tests are silent."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)


@pytest.fixture
def api() -> Iterator[Api]:
    made = Api()
    thread = Thread(target=made.server.serve_forever, args=(0.01,))
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


@pytest.fixture
def config(tmp_path: Path, api: Api) -> Path:
    file = tmp_path / "tidings.toml"
    file.write_text(f'data_dir = "{tmp_path}"\n[api]\nport = {api.server.server_port}\n')
    return file


@pytest.mark.parametrize(
    ("text", "step"),
    [
        pytest.param("sms", {"channel": "sms"}, id="a channel"),
        pytest.param("viber:60", {"channel": "viber", "wait_s": 60}, id="with its wait"),
        pytest.param("viber@infobip", {"channel": "viber", "provider": "infobip"}, id="by a provider"),
        pytest.param(
            "viber@infobip/main:60",
            {"channel": "viber", "provider": "infobip", "connection": "main", "wait_s": 60},
            id="over a connection",
        ),
    ],
)
def test_a_step_is_written_short(text, step):
    assert parse_step(text) == step


@pytest.mark.parametrize("text", ["", "viber:", "viber:soon", "viber@", ":60", "viber 60"])
def test_what_is_no_step_is_refused(text):
    with pytest.raises(typer.BadParameter):
        parse_step(text)


def test_what_is_not_given_is_left_to_the_api():
    assert Which().members() == {}


@pytest.mark.parametrize(("policy", "steps"), [("", ()), ("otp", ("viber", "sms"))])
def test_one_plan_has_to_be_given(policy, steps):
    with pytest.raises(ConfigurationInvalid, match="give a plan"):
        back_test(Access(config=None, api_key="k"), Which(), policy=policy, steps=steps, as_json=False)


def test_a_key_is_needed(config):
    with pytest.raises(ConfigurationInvalid, match="--scope read"):
        back_test(Access(config=config, api_key=""), Which(), policy="otp", steps=(), as_json=False)


def test_the_plan_and_the_span_are_asked_of_the_api_and_its_answer_printed(capsys, api, config):
    options = ["--step", "viber:60", "--step", "sms", "--from", "2026-11-14", "--country", "GB"]
    status, out, _ = run(capsys, "back-test", "--config", config, "--api-key", "k", "--json", *options)

    assert status == 0
    assert json.loads(out) == REPLAYED
    assert api.asked == [
        (
            "POST",
            "/v1/back-tests",
            "Bearer k",
            {
                "from": "2026-11-14T00:00:00+00:00",
                "country": ["GB"],
                "steps": [{"channel": "viber", "wait_s": 60}, {"channel": "sms"}],
            },
        )
    ]


def test_advice_is_asked_with_what_was_given(capsys, api, config):
    api.answer = ADVISED
    options = ["--channel", "viber", "--value-of-minute", "0.01", "--provider", "infobip"]
    status, _, _ = run(capsys, "advise-wait", "--config", config, "--api-key", "k", "--json", *options)

    assert status == 0
    assert api.asked[0][:2] == (
        "GET",
        "/v1/advice/waits?provider=infobip&channel=viber&fallback=sms&value_of_minute=0.01",
    )


def test_a_refusal_says_which_rule_was_broken(capsys, api, config):
    errors = [{"place": "body", "member": "policy", "rule": "policy_unknown", "detail": "There is no such policy"}]
    api.status, api.answer = 422, {"title": "Members are not valid", "detail": "See errors", "errors": errors}
    status, _, err = run(capsys, "back-test", "--config", config, "--api-key", "k", "--policy", "absent")

    assert status == 1
    assert "policy: There is no such policy" in err


def test_a_replay_reads_as_what_would_have_been_beside_what_was():
    text = read(show_back_test, REPLAYED)

    assert "otp v3: viber by infobip/main 60 s → sms, with 1,000 messages" in text
    assert "14.0%" in text
    assert "fallback when the wait was over" in text
    assert "12.00 EUR" in text
    assert "11.00 EUR" in text
    assert "about 158 (155 to 160)" in text
    assert "51.6 s in the middle" in text
    assert "6 messages never arrived and would have had no fallback." in text


@pytest.mark.parametrize(
    ("members", "told"),
    [
        pytest.param({"price": None}, "unknown", id="a price that nobody told"),
        pytest.param({"rate": None}, "none", id="a way that nothing went"),
        pytest.param({"rate": RATE | {"country": None}}, "all countries", id="a rate from elsewhere"),
    ],
)
def test_what_an_estimate_lacks_is_said(members, told):
    assert told in read(show_back_test, REPLAYED | {"basis": [REPLAYED["basis"][0] | members]})


def test_sends_of_unknown_price_are_in_no_cost_and_said():
    steps = [REPLAYED["steps"][0] | {"cost": [], "unpriced_sends": 240.0}]

    assert "240 of unknown price" in read(show_back_test, REPLAYED | {"steps": steps})


@pytest.mark.parametrize(
    ("amount", "read_as"),
    [
        pytest.param("1248.450000", "1,248.45 EUR", id="zeros that say nothing are left out"),
        pytest.param("12", "12.00 EUR", id="cents are not"),
        pytest.param("0.000001", "0.000001 EUR", id="nothing is rounded away"),
    ],
)
def test_money_is_exact(amount, read_as):
    cost = [{"amount": amount, "currency": "EUR", "sends": 1.0}]

    assert read_as in read(show_back_test, REPLAYED | {"really_cost": cost})


def test_of_no_messages_nothing_is_told_but_that():
    text = read(show_back_test, REPLAYED | {"whole": WHOLE | {"messages": 0}})

    assert "with 0 messages" in text
    assert "What the plan would have done" not in text


@pytest.mark.parametrize(
    ("members", "told"),
    [
        pytest.param({}, "40 to 43 s", id="a wait with its range"),
        pytest.param({"verdict": "longer_than_seen"}, "more than 42 s", id="longer than was seen"),
        pytest.param({"verdict": "too_few", "wait_s": None}, "too few to say", id="too few observations"),
        pytest.param({"verdict": "at_once", "wait_s": None}, "not even a second pays", id="no wait at all"),
        pytest.param({"verdict": "price_unknown", "wait_s": None}, "[[prices]]", id="no price"),
    ],
)
def test_advice_reads_as(members, told):
    assert told in read(show_waits, ADVISED | {"waits": [WAIT | members]})
