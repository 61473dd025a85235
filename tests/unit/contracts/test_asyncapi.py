"""The document that describes the topics is complete, valid, and the one that is checked in."""

import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from contracts.describe import COPY, PARTITIONS, describe, rendered
from contracts.topics import Topic, load_topics
from runtime.kafka import _new_topic
from runtime.settings import KafkaSettings

DOCUMENT = describe()
CHANNELS, COMPONENTS = DOCUMENT["channels"], DOCUMENT["components"]
MESSAGES, SCHEMAS = COMPONENTS["messages"], COMPONENTS["schemas"]
TOPICS = load_topics()
KAFKA = KafkaSettings()
ROOT = Path(__file__).parents[3]

every_topic = pytest.mark.parametrize("topic", TOPICS.values(), ids=TOPICS)


def test_the_copy_that_is_checked_in_is_the_document():
    """When this fails and the change is meant: `python -m contracts.describe`, and commit what it wrote."""
    assert COPY.read_text("utf-8") == rendered()


@pytest.mark.parametrize("reference", sorted(set(re.findall(r'"\$ref": "#/([^"]+)"', rendered()))))
def test_all_it_refers_to_is_there(reference):
    found = DOCUMENT
    for member in reference.split("/"):
        found = found[member]

    assert found


@every_topic
def test_a_topic_is_told_of_as_the_broker_has_it(topic: Topic):
    made = _new_topic(KAFKA, topic)
    told = CHANNELS[topic.name]["bindings"]["kafka"]
    settings = {name: json.dumps(value).strip('[]"') for name, value in told["topicConfiguration"].items()}

    assert CHANNELS[topic.name]["address"] == made.name
    assert told["partitions"] == made.num_partitions == PARTITIONS
    assert {"cleanup.policy": "delete"} | made.topic_configs == settings | {
        "min.insync.replicas": str(KAFKA.min_insync_replicas)
    }


@every_topic
def test_a_topic_has_its_messages_its_key_and_somebody_who_writes_it(topic: Topic):
    channel = CHANNELS[topic.name]
    messages = [MESSAGES[one["$ref"].rpartition("/")[2]] for one in channel["messages"].values()]

    assert messages
    assert [one["name"] for one in messages] == list(channel["messages"])
    assert all(("bindings" in one) == bool(topic.key) for one in messages)
    assert DOCUMENT["operations"][f"tell-{topic.name}"]["channel"] == {"$ref": f"#/channels/{topic.name}"}


def test_only_the_memory_of_stages_is_private():
    private = {name for name, channel in CHANNELS.items() if "x-private" in channel}

    assert private == {"track-state", "fallback-state", "reconcile-state", "session-state"}


SHOWN = [(name, example) for name, message in MESSAGES.items() for example in message["examples"]]


@pytest.mark.parametrize(("name", "example"), SHOWN, ids=[name for name, _ in SHOWN])
def test_an_example_is_valid_by_the_schema_beside_it(name, example):
    schema = {"components": {"schemas": SCHEMAS}} | MESSAGES[name]["payload"]

    Draft202012Validator(schema).validate(example["payload"])


@pytest.mark.parametrize("topic", [topic for topic in TOPICS.values() if topic.example], ids=lambda topic: topic.name)
def test_every_example_of_a_topic_is_shown(topic: Topic):
    assert [name for name, _ in SHOWN if name.startswith(f"{topic.name}.")]


@pytest.mark.parametrize("name", SCHEMAS)
def test_each_schema_is_valid_and_says_what_it_is(name):
    Draft202012Validator.check_schema(SCHEMAS[name])

    assert SCHEMAS[name]["description"]


def test_times_are_told_of_as_times():
    members = SCHEMAS["DeliveryReport"]["properties"]

    assert members["received_at"]["format"] == members["occurred_at"]["format"] == "date-time"


def test_the_program_of_the_page_lists_every_topic_that_is_for_others(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    (program,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "asyncapi.md").read_text("utf-8"), re.DOTALL)
    exec(program, {})
    told = capsys.readouterr().out

    assert [line.split()[0] for line in told.splitlines()] == [
        channel["address"] for name, channel in sorted(CHANNELS.items()) if "x-private" not in channel
    ]
