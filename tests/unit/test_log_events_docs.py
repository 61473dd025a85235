"""The reference of log events says what the code logs, and has a word on each."""

import ast
import re
from pathlib import Path

import pytest

from docs.site.events import HEADINGS, words_in
from docs.site.log_events import ROOMS, UNNAMED, Event, _in_module, logged

PAGE = Path(__file__).parents[2] / "docs" / "log-events.md"
EVENTS = logged()
WORDS = words_in(PAGE.read_text(encoding="utf-8"))
OF_PEOPLE = {"recipient", "author", "author_id", "sender", "text", "body", "media_url", "secret", "token", "key_hash"}

every_event = pytest.mark.parametrize("event", EVENTS, ids=lambda event: f"{event.room}: {event.name}")


@every_event
def test_it_says_what_it_means_and_what_to_do(event):
    """When this fails: write what is missing beside the event, on the page."""
    means, todo = WORDS[HEADINGS[event.room], event.name]

    assert len(means.split()) >= 2
    assert todo


@every_event
def test_it_has_a_name_of_words_and_no_field_of_a_person(event):
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", event.name)
    assert event.name != UNNAMED
    assert not OF_PEOPLE & set(event.fields)


def test_every_room_is_read():
    assert {event.room for event in EVENTS} == set(ROOMS) == set(HEADINGS)


@pytest.mark.parametrize(
    ("code", "found"),
    [
        pytest.param('log.info("come", a=1)', Event("come", "x", frozenset({"info"}), ("a",)), id="a name"),
        pytest.param(
            'log.exception("broke")',
            Event("broke", "x", frozenset({"error"}), ("exception",)),
            id="a traceback is a field",
        ),
        pytest.param(
            'name = "gone"\n    log.error(name, **told)',
            Event("gone", "x", frozenset({"error"}), ("…",)),
            id="a variable",
        ),
        pytest.param(
            'told = {"b": 1}\n    log.error("gone", **told)',
            Event("gone", "x", frozenset({"error"}), ("b",)),
            id="fields from a dictionary",
        ),
        pytest.param(
            "log.info(find())", Event(UNNAMED, "x", frozenset({"info"}), ()), id="a name that cannot be found"
        ),
    ],
)
def test_it_is_read_from_the_code(code, found):
    assert list(_in_module("x", ast.parse(f"def f():\n    {code}"))) == [found]


def test_one_of_two_names_is_both():
    module = ast.parse('def f(is_ill):\n    log.warning("ill" if is_ill else "well")')

    assert {event.name for event in _in_module("x", module)} == {"ill", "well"}


def test_a_name_that_is_passed_on_is_that_of_the_callers():
    module = ast.parse('def tell(event):\n    log.warning(event)\n\ndef f():\n    tell("here")\n    tell("there")')

    assert {event.name for event in _in_module("x", module)} == {"here", "there"}
