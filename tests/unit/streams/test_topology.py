"""The stages as data agree with the topics as files."""

import pytest

from contracts.errors import ConfigurationInvalid
from contracts.topics import load_topics
from runtime.settings import KafkaSettings, Settings
from streams.asking.asker import Asker
from streams.companions import companions_of
from streams.dispatch.dispatcher import FOLLOWS, READS, WRITES, Dispatcher
from streams.topology import STAGES, stages_named, topology_of


def declared(role: str, stage: str) -> set[str]:
    """The topics whose file names `stage` as a writer or reader."""
    return {topic.name for topic in load_topics().values() if stage in getattr(topic, role)}


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_a_stage_reads_what_the_topics_say(stage):
    assert {*stage.reads, *stage.watches, *filter(None, [stage.state])} == declared("readers", stage.name)


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_a_stage_writes_what_the_topics_say(stage):
    assert {*stage.writes, *filter(None, [stage.state, stage.due])} == declared("writers", stage.name)


def test_state_is_compacted():
    assert all(load_topics()[stage.state].compacted for stage in STAGES if stage.state)


def test_names_carry_the_prefix():
    settings = Settings(kafka=KafkaSettings(topic_prefix="mine-"))

    track = next(node for node in topology_of(settings) if node.stage == "track")

    assert (track.group, track.reads) == ("mine-track", ("mine-reports-v1", "mine-attempts-v1", "mine-track-due-v1"))
    assert track.state == "mine-track-state-v1"


def test_no_name_means_all_stages():
    assert stages_named([]) == STAGES


def test_a_stage_is_chosen_by_name():
    assert [stage.name for stage in stages_named(["track"])] == ["track"]


def test_a_name_that_is_none_is_refused_with_those_there_are():
    with pytest.raises(ConfigurationInvalid, match=r"trak.*normalise, track"):
        stages_named(["trak"])


@pytest.mark.parametrize(
    ("names", "beside"),
    [
        pytest.param([], [Asker, Dispatcher], id="all stages and all that stands beside them"),
        pytest.param(["reconcile"], [Asker], id="the asker stands beside the stage that says about what"),
        pytest.param(["dispatch"], [Dispatcher], id="who sends runs alone when it is named"),
        pytest.param(["track"], [], id="and beside no stage that is named"),
    ],
)
async def test_what_stands_beside_the_stages_follows_from_the_names(names, beside):
    assert [type(companion) for companion in companions_of(names, Settings())] == beside


def test_who_sends_is_no_stage():
    assert stages_named(["dispatch"]) == ()


def test_what_dispatch_reads_and_writes_is_what_the_topics_say():
    assert ({*READS, *FOLLOWS}, set(WRITES)) == (declared("readers", "dispatch"), declared("writers", "dispatch"))
