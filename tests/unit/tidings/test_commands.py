"""Every command teaches: it has help, an example that is understood, an end for scripts, and its page."""

import re
import shlex
from pathlib import Path

import pytest
import typer.main

from docs.site.commands import Taught, commands
from runtime.exits import Exit
from tidings.cli import app
from tidings.teaching import unwrapped

PAGE = Path(__file__).parents[3] / "docs" / "command-line.md"
TEXT = PAGE.read_text("utf-8")
SAYS_NOTHING = frozenset({"up", "demo", "stand-in", "broker"})
"""They run until they are told to stop, and answer nothing; what `demo --once` says is a line for scripts already."""
ANSWERS_IN_JSON = frozenset({"explain"})
"""Its answer is JSON anyhow."""

each = pytest.mark.parametrize("taught", list(commands()), ids=lambda taught: taught.name)


def parsed(words: list[str]) -> str:
    """The name of the command that the words call; raises what is wrong with them."""
    command, context = typer.main.get_command(app), None
    while True:
        context = command.make_context(command.name, words, parent=context)
        if not hasattr(command, "commands"):
            return context.info_name
        _, command, words = command.resolve_command(context, [*context._protected_args, *context.args])


@each
def test_it_says_what_it_does(taught: Taught):
    assert taught.summary.endswith(".") or ":" in taught.summary
    assert len(taught.summary.split()) > 4


@each
def test_its_example_is_one_that_the_command_line_understands(taught: Taught):
    program, *words = shlex.split(taught.example)

    assert program == "tidings"
    assert taught.example.startswith(f"tidings {taught.name}")
    assert parsed(words) == taught.name.split()[-1]


@each
def test_its_help_shows_the_example(taught: Taught, capsys):
    with pytest.raises(SystemExit) as ended:
        app([*taught.name.split(), "--help"])
    said = " ".join(capsys.readouterr().out.split())

    assert not ended.value.code
    assert "Usage: " in said
    assert f"Example: {taught.example}" in said


@each
def test_it_says_how_it_ends(taught: Taught):
    assert re.match(r"[123] when, |[123] when \w", taught.ends)


@each
def test_every_option_is_explained(taught: Taught):
    assert [option.name for option in taught.command.params if not getattr(option, "help", "")] == []


@each
def test_what_it_answers_can_be_had_as_json(taught: Taught):
    has_json = any("--json" in option.opts for option in taught.command.params)

    assert has_json is (taught.name not in SAYS_NOTHING | ANSWERS_IN_JSON)


@each
def test_the_page_tells_of_it(taught: Taught):
    word = taught.name.split()[0]

    assert re.search(rf"^## .*\btidings {word}\b", TEXT, re.MULTILINE)


def test_the_page_has_every_exit_status():
    assert [int(number) for number in re.findall(r"^\| (\d) \|", TEXT, re.MULTILINE)] == [*Exit]


def test_a_docstring_is_told_in_paragraphs():
    assert unwrapped("One line.\n\n    Two\n    lines.\n    ") == "One line.\n\nTwo lines."
