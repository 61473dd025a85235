"""docs/observation.md speaks of events, metrics, settings and addresses that there are."""

import json
import re
import tomllib
from pathlib import Path

import pytest

from contracts.alarms import AlarmKind
from contracts.vocabulary import DeadLetterKind
from docs.site.log_events import logged
from docs.site.metrics import declared
from runtime.settings import Settings, TracesSettings

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "observation.md").read_text("utf-8")
PAGES = [TEXT, (ROOT / "docs" / "log-events.md").read_text("utf-8")]
EVENTS = {event.name for event in logged()}
METRICS = {metric.name for metric in declared()}
WORDS = EVENTS | METRICS | {str(kind) for kind in (*AlarmKind, *DeadLetterKind)}
OF_A_CONNECTION = {"observe_only", "asks_when_silent"}


def test_its_settings_are_settings():
    [block] = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)

    assert TracesSettings.model_validate(tomllib.loads(block)["traces"]).share == TracesSettings().share


@pytest.mark.parametrize("page", PAGES, ids=["what to look at", "the events"])
def test_a_setting_that_is_named_exists(page):
    sections = set(Settings.model_fields)
    for section, member in re.findall(r"`([a-z]+)\.([a-z_]+)`", page):
        if section in sections:
            assert member in Settings.model_fields[section].annotation.model_fields


def test_a_word_with_an_underscore_is_an_event_a_metric_or_a_kind():
    named = {word for word in re.findall(r"`([a-z]+(?:_[a-z]+)+)`", TEXT) if word not in {"data_dir", "rule_files"}}

    assert named - WORDS - OF_A_CONNECTION == set()


@pytest.mark.parametrize("page", PAGES, ids=["what to look at", "the events"])
def test_an_address_of_the_api_is_one(page):
    paths = json.loads((ROOT / "api" / "openapi.json").read_text("utf-8"))["paths"]
    for method, path in re.findall(r"`(GET|POST) (/v1/[^`?]*)", page):
        assert method.lower() in paths[path]


def test_the_example_of_an_event_is_one():
    [block] = re.findall(r"```json\n(.*?)```", PAGES[1], re.DOTALL)
    told = json.loads(block)
    [event] = [event for event in logged() if event.name == told["event"]]

    assert set(told) - {"process", "event", "level", "timestamp"} == set(event.fields)
    assert told["level"] in event.levels
