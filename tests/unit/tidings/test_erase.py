"""`tidings erase`: who is meant, until when Kafka remembers, and what the answer says."""

from datetime import UTC, datetime, timedelta

import pytest

from analytics.erasure.eraser import Erased
from analytics.erasure.rows import Forgotten
from analytics.erasure.spelling import Spelling
from contracts.codec import encode
from contracts.errors import ConfigurationInvalid
from contracts.topics import load_topics
from tests.support.wishes import wish
from tidings.erase.command import Answer, person_of, said
from tidings.erase.retention import SLACK_MS, forgotten_at
from tidings.erase.state import _note

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SLACK = timedelta(milliseconds=SLACK_MS)
DAY_MS = 86_400_000
NUMBER = "+447700900105"
DELETED = {"cleanup.policy": "delete", "retention.ms": str(7 * DAY_MS), "segment.ms": str(DAY_MS)}
COMPACTED = {"cleanup.policy": "compact", "max.compaction.lag.ms": str(DAY_MS), "delete.retention.ms": str(DAY_MS)}


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        pytest.param(DELETED, NOW + timedelta(days=8) + SLACK, id="after its retention and one segment"),
        pytest.param(DELETED | {"retention.ms": "-1"}, None, id="never where retention has no end"),
        pytest.param(COMPACTED, NOW + timedelta(days=3) + SLACK, id="a tombstone is compacted twice"),
        pytest.param(COMPACTED | {"max.compaction.lag.ms": str(2**63 - 1)}, None, id="never told when it compacts"),
    ],
)
def test_kafka_has_forgotten(config, expected):
    assert forgotten_at(config, NOW) == expected


def test_every_topic_that_keeps_the_newest_of_each_key_says_when_it_compacts():
    endless = [
        name for name, one in load_topics().items() if one.compacted and "max.compaction.lag.ms" not in one.config
    ]

    assert not endless, "without it nobody can tell when a person who was erased is gone from it"


@pytest.mark.parametrize(
    ("text", "person"),
    [
        pytest.param("+44 7700 900105", NUMBER, id="spaces"),
        pytest.param(NUMBER, NUMBER, id="as we keep it"),
        pytest.param("01234/567+89A==", "01234/567+89A==", id="the id of a bot's user"),
    ],
)
def test_who_is_meant(text, person):
    assert person_of(text) == person


@pytest.mark.parametrize("text", ["+44", "", "07700900105"])
def test_a_number_that_is_none_is_refused_in_our_words(text):
    with pytest.raises(ConfigurationInvalid, match=r"neither a number nor an id: (?!Value error)"):
        person_of(text)


def test_what_a_key_stands_for_is_what_was_said_last():
    keys: set[bytes] = set()
    state, other = encode(wish("stop", recipient=NUMBER)), encode(wish("stop", recipient="+447700900211"))
    noted = []
    for value in (state, other, state, None):
        _note(keys, b"default:*:x", value, Spelling(NUMBER))
        noted.append(bool(keys))

    assert noted == [True, False, True, False]


def answer(**members) -> Answer:
    usual = {
        "person": "+44*******05",
        "is_dry_run": False,
        "files": Erased(archive={"callbacks": 3}, store=Forgotten({"report": 2}, {}), copies_removed=2),
        "state": {"track-state": 1},
        "wishes_kept": 0,
        "readable": [],
        "forgets_at": {"callbacks": NOW, "reports": NOW + timedelta(days=1)},
    }
    return Answer(**usual | members)


def test_the_answer_names_the_day_on_which_the_last_topic_has_forgotten():
    assert said(answer())[-1] == "Kafka has forgotten what came until now at 2026-11-23 12:00 UTC at the latest"
    assert answer().as_json["forgotten_at"] == "2026-11-23T12:00:00+00:00"


def test_a_topic_that_never_forgets_is_named():
    told = answer(forgets_at={"callbacks": NOW, "suppressions": None}, wishes_kept=2)

    assert "no time for suppressions" in said(told)[-1]
    assert "kept: 2 keys of wishes" in "\n".join(said(told))
    assert told.as_json["forgotten_at"] is None


def test_what_can_still_be_read_is_said_in_the_place_of_the_proof():
    lines = said(answer(readable=["/data/spool/1"]))

    assert "can still be read: /data/spool/1" in lines
    assert not [line for line in lines if line.startswith("proven")]
    assert [line for line in said(answer()) if line.startswith("proven")]
