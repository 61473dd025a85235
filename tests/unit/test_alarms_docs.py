"""docs/alarms.md has a runbook for each alarm, and the numbers in it are those of the settings."""

import json
import re
from pathlib import Path

import pytest

from api.answers.alarms import AlarmShown
from contracts.alarms import AlarmKind
from runtime.settings import TrustSettings

TEXT = (Path(__file__).parents[2] / "docs" / "alarms.md").read_text("utf-8")
USUAL = TrustSettings()


@pytest.mark.parametrize("kind", AlarmKind)
def test_each_kind_says_when_it_is_found_and_what_to_do(kind):
    [runbook] = re.findall(rf"^## `{kind}`: .*?(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL)

    assert "**Found**" in runbook
    assert "**Do:**" in runbook


@pytest.mark.parametrize(
    ("told", "value"),
    [
        ("`quiet_times` (3)", USUAL.quiet_times),
        ("`quiet_days` (28)", USUAL.quiet_days),
        ("`quiet_least_days` (4)", USUAL.quiet_least_days),
        ("`drop_share` (0.1)", USUAL.drop_share),
        ("`drop_at_least` (100)", USUAL.drop_at_least),
    ],
)
def test_a_number_is_the_setting(told, value):
    assert told in TEXT
    assert float(told.split("(")[1].rstrip(")")) == value


def test_the_example_is_an_answer():
    [block] = re.findall(r"```json\n(.*?)```", TEXT, re.DOTALL)
    [alarm] = json.loads(block)["alarms"]

    assert AlarmShown.model_validate(alarm).kind is AlarmKind.QUIET_PROVIDER
    assert set(alarm) == set(AlarmShown.model_fields)
