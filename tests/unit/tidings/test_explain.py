"""`tidings explain`, on the samples of every provider and on bare bodies."""

import json
from pathlib import Path

import pytest

import providers
from contracts.errors import ConfigurationInvalid
from tidings.explain import explain_file, explain_files, in_words

SAMPLES = sorted(Path(providers.__file__).parent.glob("*/samples/*.json"))
BODY = '{"results":[{"messageId":"vb-1","to":"447700900105","status":{"groupId":3,"id":5}}]}'


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: f"{path.parent.parent.name} {path.stem}")
def test_every_sample_can_be_explained(sample):
    told = explain_file(sample, provider="", hint="")

    assert told["file"] == str(sample)
    assert {"accept", "facts", "dead_letters"} <= set(told)
    assert in_words(told)


@pytest.fixture
def body(tmp_path: Path) -> Path:
    file = tmp_path / "body.json"
    file.write_text(BODY)
    return file


def test_one_file_is_one_object(capsys, body):
    explain_files([body], provider="infobip", hint="viber", is_words=False)

    out, err = capsys.readouterr()
    (fact,) = json.loads(out)["facts"]
    assert (fact["message_id"], fact["status"], fact["channel"]) == ("vb-1", "delivered", "viber")
    assert "message vb-1 on viber is delivered" in err
    assert "because" in err


def test_several_files_are_a_list(capsys):
    explain_files(SAMPLES[:2], provider="", hint="", is_words=False)

    out, err = capsys.readouterr()
    assert [told["file"] for told in json.loads(out)] == [str(sample) for sample in SAMPLES[:2]]
    assert not err


def test_words_can_stand_alone(capsys, body):
    explain_files([body], provider="infobip", hint="viber", is_words=True)

    out, err = capsys.readouterr()
    assert "1 fact, 0 dead letters" in out
    assert not err


def test_a_body_that_cannot_be_read_is_a_dead_letter_in_words(tmp_path):
    file = tmp_path / "torn.json"
    file.write_text('{"results":')

    told = explain_file(file, provider="infobip", hint="")

    assert "Put aside as unreadable" in in_words(told)


@pytest.mark.parametrize(
    ("content", "provider", "says"),
    [
        pytest.param("{}", "", "is not a sample", id="a bare body needs its provider"),
        pytest.param("<xml/>", "", "--provider", id="so does one that is not JSON"),
        pytest.param("{}", "carrier-pigeon", "there is no provider carrier-pigeon", id="an unknown provider"),
        pytest.param('{"provider":"infobip","http":{}}', "", "not a whole sample", id="half a sample"),
    ],
)
def test_what_cannot_be_judged_is_said(tmp_path, content, provider, says):
    file = tmp_path / "x.json"
    file.write_text(content)

    with pytest.raises(ConfigurationInvalid, match=says):
        explain_file(file, provider=provider, hint="")


def test_a_missing_file_is_said(tmp_path):
    with pytest.raises(ConfigurationInvalid, match="cannot be read"):
        explain_file(tmp_path / "none.json", provider="", hint="")
