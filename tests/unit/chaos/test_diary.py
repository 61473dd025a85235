"""What a chaos run takes down while it goes."""

import io

import pytest
from rich.console import Console

from tests.chaos.diary import ALL, CALM, Diary


@pytest.fixture
def diary(tmp_path):
    diary = Diary(tmp_path / "diary.jsonl", Console(file=io.StringIO()))
    yield diary
    diary.close()


def test_an_answer_in_calm_is_one_of_calm(diary):
    diary.answered(200, 0.01)

    assert diary.answers[CALM] == {200: 1}


def test_an_answer_under_a_fault_is_that_faults(diary):
    with diary.phase("kill api"):
        diary.answered(503, 0.01)

    assert diary.answers["kill api"] == {503: 1}


def test_an_answer_that_began_before_the_end_of_a_fault_is_that_faults(diary):
    with diary.phase("kill api"):
        pass
    diary.answered(200, 5.0)

    assert set(diary.answers) == {ALL, "kill api"}


def test_an_answer_under_two_faults_is_one_of_both_and_counts_once_in_all(diary):
    with diary.phase("kill api"), diary.phase("pause broker"):
        diary.answered(200, 0.01)

    assert diary.answers == {ALL: {200: 1}, "kill api": {200: 1}, "pause broker": {200: 1}}


def test_no_answer_is_counted_and_has_no_time(diary):
    diary.answered(0, 10.0)

    assert diary.answers[CALM] == {0: 1}
    assert not diary.answer_times[CALM]


def test_what_happened_can_be_read_by_machines(diary, tmp_path):
    diary.note("kill api", mark="fault", pid=7)

    assert '"what": "kill api", "pid": 7' in (tmp_path / "diary.jsonl").read_text()
