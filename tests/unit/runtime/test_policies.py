"""The file of policies: what it says is a plan, and what is wrong in it is named."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from contracts.errors import ConfigurationInvalid
from contracts.plans import SucceedOn
from contracts.records import AttemptRegistered
from contracts.sends import TextContent
from contracts.vocabulary import Channel
from runtime.policies import PolicyBook, load_policies
from runtime.settings import FallbackSettings, Settings, load_settings
from tests.support.policies import FILE, settings_with

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)


def book_of(text: str, directory: Path) -> PolicyBook:
    return load_policies(settings_with(text, directory))


def registered(**members) -> AttemptRegistered:
    given = {"provider": "routee", "connection": "main", "account": "shop", "root_id": "r", "registered_at": NOW}
    return AttemptRegistered(**given | {"campaign": "otp-login"} | members)


def test_without_a_file_there_are_no_policies():
    assert load_policies(Settings()).policies == ()


def test_a_policy_becomes_a_plan_with_its_name_and_version(tmp_path):
    plan = book_of(FILE, tmp_path).named("otp").plan(NOW)

    assert (plan.policy, plan.version, plan.in_doubt) == ("otp", 3, "resend")
    assert plan.guards.send_before == NOW + timedelta(minutes=10)
    assert (plan.guards.quiet_hours.end.hour, plan.guards.budget) == (7, "sms")
    assert [(step.channel, step.wait_s, step.succeed_on) for step in plan.steps] == [
        (Channel.VIBER, 30, SucceedOn.SEEN),
        (Channel.SMS, 300, SucceedOn.DELIVERED),
    ]


def test_a_step_sends_its_own_content_and_else_that_of_the_message(tmp_path):
    plan = book_of(FILE, tmp_path).named("otp").plan(NOW, content=TextContent(text="1234"))

    assert [step.content.text for step in plan.steps] == ["1234", "Look into your Viber"]


@pytest.mark.parametrize(
    ("members", "applies"),
    [
        pytest.param({}, True, id="what is described follows it"),
        pytest.param({"channel": Channel.VIBER}, True, id="also where the channel is told"),
        pytest.param({"channel": Channel.SMS}, False, id="another channel"),
        pytest.param({"connection": "other"}, False, id="another connection"),
        pytest.param({"account": "bank"}, False, id="another account"),
        pytest.param({"campaign": "autumn"}, False, id="another campaign"),
        pytest.param({"campaign": None}, False, id="no campaign"),
    ],
)
def test_what_follows_a_policy_by_itself(tmp_path, members, applies):
    assert (book_of(FILE, tmp_path).applying_to(registered(**members)) is not None) is applies


def test_a_policy_that_says_nothing_of_it_applies_to_nothing(tmp_path):
    text = FILE.replace('[policies.applies_to]\naccount = "shop"\ncampaign = "otp-*"\n', "")

    assert book_of(text, tmp_path).applying_to(registered()) is None


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        pytest.param("wait_s = 300", "wait_s = 0", r"policies\.0\.steps\.1\.wait_s: .*greater", id="a wait of nothing"),
        pytest.param("wait_s = 300", "wait = 300", r"steps\.1\.wait: Extra inputs", id="a member that is none"),
        pytest.param("version = 3", "version = 0", r"policies\.0\.version", id="no version"),
        pytest.param('kind = "text"', 'kind = "song"', r"steps\.1\.content: .*no content: Invalid value", id="a song"),
        pytest.param("content =", "own =", r"steps\.1\.content: must be given", id="nothing to send"),
        pytest.param('"telesign"', '"infobip"', r"otp\.steps\.1: there is no connection main", id="no such connection"),
        pytest.param('budget = "sms"', 'budget = "x"', r"otp\.guards\.budget: there is no", id="no such budget"),
        pytest.param("[[policies]]", "[[policies]", "is not valid TOML", id="no TOML"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, old, new, said):
    with pytest.raises(ConfigurationInvalid, match=said):
        book_of(FILE.replace(old, new, 1), tmp_path)


def test_a_name_stands_there_once(tmp_path):
    with pytest.raises(ConfigurationInvalid, match="otp stands there twice"):
        book_of(FILE + FILE, tmp_path)


def test_a_policy_that_applies_by_itself_has_a_second_step(tmp_path):
    with pytest.raises(ConfigurationInvalid, match="needs a second step"):
        book_of(FILE[: FILE.rindex("[[policies.steps]]")], tmp_path)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ConfigurationInvalid, match=r"fallback\.policies: .*none\.toml cannot be read"):
        load_policies(Settings(fallback=FallbackSettings(policies=tmp_path / "none.toml")))


def test_the_file_is_looked_for_beside_the_settings(tmp_path):
    (tmp_path / "tidings.toml").write_text('[fallback]\npolicies = "policies.toml"\n')

    assert load_settings(tmp_path / "tidings.toml").fallback.policies == tmp_path / "policies.toml"
