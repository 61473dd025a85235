"""docs/fallback.md: its plans are taken, come to what is told below them, and its words are those of the decisions."""

import json
import re
import tomllib
from datetime import UTC, datetime

import pytest

from contracts.plans import Because, Decision
from runtime.policies import PolicyBook
from tests.support.stories import PAGE, SETTINGS, Play, examples

TEXT = PAGE.read_text(encoding="utf-8")
EXAMPLES = examples()


def first_column(heading: str) -> list[str]:
    """The names in the table that begins with `heading`."""
    table = TEXT[TEXT.index(f"| {heading} |") :].split("\n\n")[0]
    return re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)


def test_there_are_three():
    assert [one.title for one in EXAMPLES] == ["A one-time password", "Marketing", "An answer in a support session"]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: one.title)
def test_a_plan_comes_to_what_the_page_tells(example):
    assert list(Play(example).sentences()) == example.sentences


def test_each_decision_is_explained():
    assert first_column("decision") == [decision.value for decision in Decision]


def test_each_reason_is_explained():
    assert first_column("reason") == [because.value for because in Because]


def test_the_file_of_policies_is_one():
    [block] = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    book = PolicyBook.model_validate(tomllib.loads(block))

    policy = book.named("otp")
    assert policy is not None
    assert {(step.provider, step.connection) for step in policy.steps} <= {
        (one.provider, one.name) for one in SETTINGS.connections
    }
    [message] = re.findall(r'`(\{"recipient": .+, "policy": .+\})`', TEXT)
    assert policy.plan(datetime.now(UTC)).steps[0].content is None
    assert json.loads(message)["policy"] == policy.name
