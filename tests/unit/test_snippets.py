"""Every block on every page is run by a test, or is listed with the reason why not; and none of them is misspelt."""

import json
import re
import tomllib
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

import jsonschema
import pytest
from typer.main import get_command

from api.answers.sessions import NextSend
from contracts.records import RawCallback
from providers import load_providers
from runtime.clock import SystemClock
from runtime.exchange import Exchange
from runtime.policies import PolicyBook
from runtime.settings import Settings
from tests.support.executed import NOT_RUN, RUN_BY, reason
from tests.support.snippets import ROOT, SHELLS, Snippet, snippets, snippets_of, words
from tidings.cli import app

ALL = snippets()
COMMANDS = [pytest.param(words(one), id=f"{block} {one[:50]}") for block in ALL for one in block.commands if words(one)]
DOCUMENT = json.loads((ROOT / "api" / "openapi.json").read_text("utf-8"))
TARGETS = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
SECRET = "ZXhhbXBsZS1vbmx5LW5vdC1hLXNlY3Jl"
PICTURES = ("", "text")
TYPED = re.compile(r"^(\$ |tidings |make |curl |python |\.venv/)", re.MULTILINE)


def missing(block: Snippet) -> list[str]:
    """What of a block no test runs."""
    if (block.page, block.language) in RUN_BY or block.language in PICTURES:
        return []
    parts = block.commands if block.language in SHELLS else [block.text]
    return [part for part in parts if not reason(part)]


def test_there_are_many():
    assert len(ALL) > 90
    assert len(COMMANDS) > 60


@pytest.mark.parametrize("block", ALL, ids=str)
def test_a_block_is_run_by_a_test_or_listed_with_its_reason(block):
    """When this fails: run it in a test and say in tests/support/executed.py which, or why none does."""
    assert missing(block) == []


def test_a_block_that_nobody_knows_is_found():
    [block] = snippets_of("docs/new.md", "```console\n$ tidings up\n```\n")

    assert missing(block) == ["tidings up"]


@pytest.mark.parametrize("block", [one for one in ALL if one.language in PICTURES], ids=str)
def test_what_has_no_language_or_is_text_is_a_picture_or_what_is_printed(block):
    assert not TYPED.search(block.text)


@pytest.mark.parametrize(("page", "test"), sorted({(page, test) for (page, _), test in RUN_BY.items()}))
def test_the_test_that_is_named_knows_the_page(page, test):
    text = (ROOT / test).read_text("utf-8")
    support = (ROOT / "tests" / "support" / "guide.py").read_text("utf-8") if "test_guide" in test else ""
    support += (ROOT / "tests" / "support" / "stories.py").read_text("utf-8") if "test_fallback" in test else ""

    assert Path(page).name in text + support or test == "tests/unit/test_snippets.py"


def test_nothing_is_listed_that_is_not_there():
    told = {(one.page, one.language) for one in ALL}
    typed = [" ".join(words(one)) for block in ALL for one in block.commands] + [one.text for one in ALL]

    assert set(RUN_BY) <= told
    assert [start for start in NOT_RUN if not any(one.startswith(start) for one in typed)] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_one_that_there_is(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    program, *arguments = command
    check = {"tidings": parsed, "curl": asked, "make": made, "python": found}.get(program)
    if check:
        check(arguments)
    else:
        assert program in {"export", "pytest", "kafka-configs.sh", "docker"}


def parsed(arguments: list[str]) -> None:
    """The command line takes these words; nothing is carried out."""
    for name in arguments:
        if name.endswith(".json"):
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            Path(name).write_text("{}")
    group, context = get_command(app), None
    while hasattr(group, "resolve_command"):
        context = group.make_context("tidings", arguments, parent=context)
        _, group, arguments = group.resolve_command(context, [*context._protected_args, *context.args])
        assert group
    group.make_context("tidings", arguments, parent=context)


def made(arguments: list[str]) -> None:
    assert {one for one in arguments if "=" not in one} <= TARGETS


def found(arguments: list[str]) -> None:
    if arguments[0] == "-m":
        assert find_spec(arguments[1])
    elif arguments[0] != "-c":
        assert f"# {arguments[0]}:" in (ROOT / "docs" / "exports.md").read_text("utf-8")


def asked(arguments: list[str]) -> None:
    """The query port has the address, takes the parameters, and the body."""
    [address] = [one for one in arguments if one.startswith("http")] or [None]
    if address is None or "$DOOR" in arguments:
        return
    url = urlsplit(address)
    method = arguments[arguments.index("-X") + 1].lower() if "-X" in arguments else "get"
    [operation] = [
        operations[method]
        for path, operations in DOCUMENT["paths"].items()
        if fits(path, url.path) and method in operations
    ]
    assert {name for name, _ in parse_qsl(url.query)} <= {one["name"] for one in operation.get("parameters", [])}
    bodies = [arguments[place + 1] for place, one in enumerate(arguments) if one == "-d"]
    for body in bodies:
        if not body.startswith("@"):
            schema = operation["requestBody"]["content"]["application/json"]["schema"]
            told = spelled_out(json.loads(body), schema)
            jsonschema.validate(told, schema | {"components": DOCUMENT["components"]})


def spelled_out(body: object, schema: dict[str, str]) -> object:
    """A text stands for a list of one in the filters of a body, which the document does not say."""
    members = DOCUMENT["components"]["schemas"].get(schema.get("$ref", "").rpartition("/")[2], {}).get("properties", {})
    if not isinstance(body, dict):
        return body
    lists = {name for name, member in members.items() if member.get("type") == "array"}
    return {name: [told] if name in lists and isinstance(told, str) else told for name, told in body.items()}


def fits(template: str, path: str) -> bool:
    return re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), unquote(path)) is not None


@pytest.mark.parametrize(
    "arguments", [["http://127.0.0.1:8000/v1/nothing"], ["http://127.0.0.1:8000/v1/metrics?measur=x"]]
)
def test_a_question_that_there_is_not_is_found(arguments):
    with pytest.raises((AssertionError, ValueError)):
        asked(arguments)


def test_an_option_that_there_is_not_is_found():
    with pytest.raises(Exception, match="no-such"):
        parsed(["keys", "create", "x", "--no-such"])


@pytest.mark.parametrize("block", [one for one in ALL if one.language == "json"], ids=str)
def test_json_can_be_read(block):
    assert json.loads(block.text)


OTHER_FILES = {"policies": PolicyBook, "rates": Exchange}
"""What else is written in TOML, by a member that it must have."""


@pytest.mark.parametrize("block", [one for one in ALL if one.language == "toml"], ids=str)
def test_settings_are_taken(block):
    text = re.sub(r'"(file|env):[^"]*"', f'"{SECRET}"', block.text).replace('"…"', '"telesign"')
    told = tomllib.loads(text)
    for member, file in OTHER_FILES.items():
        if member in told:
            assert file.model_validate(told)
            return
    settings = Settings.model_validate(told)

    providers = load_providers()
    for connection in settings.connections:
        if connection.own.keys() - {"base_url", "may_call_private_addresses"}:
            providers[connection.provider].settings.of(connection)


def test_the_callback_whose_line_is_told_holds_three_facts():
    [block] = [one for one in ALL if one.page == "docs/line-of-a-callback.md" and one.language == "json"]
    callback = RawCallback(
        provider="telesign",
        connection="main",
        method="POST",
        received_at=SystemClock().now(),
        body=block.text.encode(),
    )
    facts = load_providers()["telesign"].normalise(callback)

    assert [(fact.scope, fact.channel, fact.status) for fact in facts] == [
        ("channel", "viber", "expired"),
        ("channel", "sms", "delivered"),
        ("transaction", "sms", "delivered"),
    ]


def test_the_answer_about_a_conversation_is_one():
    [block] = [one for one in ALL if one.page == "docs/sessions.md" and one.language == "json"]

    assert NextSend.model_validate_json(block.text).effect == "refused"
