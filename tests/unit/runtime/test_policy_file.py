"""A file of policies that changes is followed; one that becomes wrong is not, and that is said."""

import os

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from contracts.errors import ConfigurationInvalid
from runtime.policy_file import BEAT_S, PolicyFile
from tests.support.policies import FILE, settings_with


class Beats:
    """Seconds that pass as the test says."""

    def __init__(self):
        self.now_s = 0.0

    def __call__(self):
        return self.now_s

    def pass_one(self):
        self.now_s += BEAT_S


class Written:
    """A file of policies and who reads it."""

    def __init__(self, directory):
        self.beats = Beats()
        self.file = directory / "policies.toml"
        self.policies = PolicyFile(settings_with(FILE, directory), self.beats)
        self.writes = 0

    def write(self, text):
        self.writes += 1
        self.file.write_text(text)
        os.utime(self.file, ns=(self.writes, self.writes))  # coarse clocks of file systems are not what is tested

    def waits(self):
        self.beats.pass_one()
        return [step.wait_s for step in self.policies.current().named("otp").steps]


@pytest.fixture
def written(tmp_path):
    return Written(tmp_path)


def is_current():
    return REGISTRY.get_sample_value("tidings_policies_current")


CHANGED = FILE.replace("wait_s = 300", "wait_s = 200")
NEWER = CHANGED.replace("version = 3", "version = 4")


def test_a_change_is_followed_within_a_beat(written):
    written.write(NEWER)
    at_once = [step.wait_s for step in written.policies.current().named("otp").steps]

    assert (at_once, written.waits()) == ([30, 300], [30, 200])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param(CHANGED, "otp has changed and its version is 3 where it was 3; raise it", id="the same version"),
        pytest.param(NEWER.replace("version = 4", "version = 2"), "its version is 2", id="an older version"),
        pytest.param(NEWER.replace("wait_s = 200", "wait_s = 0"), "policies.0.steps.1.wait_s", id="a wrong member"),
        pytest.param("[[", "not valid TOML", id="no TOML"),
    ],
)
def test_what_becomes_wrong_is_said_and_what_stood_there_is_followed(written, text, said):
    with capture_logs() as logs:
        written.write(text)
        kept = written.waits()

    assert kept == [30, 300]
    assert [one["event"] for one in logs] == ["policies_kept"]
    assert said in logs[0]["reason"]
    assert is_current() == 0


def test_a_file_that_is_taken_away_changes_nothing_until_it_is_back(written):
    written.file.unlink()
    gone, state = written.waits(), is_current()
    written.write(NEWER)

    assert (gone, state) == ([30, 300], 0)
    assert (written.waits(), is_current()) == ([30, 200], 1)


def test_what_is_wrong_is_said_once(written):
    written.write("[[")
    with capture_logs() as logs:
        for _ in range(3):
            written.waits()

    assert len(logs) == 1


def test_nothing_begins_with_a_file_that_is_wrong(tmp_path):
    with pytest.raises(ConfigurationInvalid, match="not valid TOML"):
        PolicyFile(settings_with("[[", tmp_path), Beats())
