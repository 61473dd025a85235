"""The file of policies is read anew when it has changed, and never trusted when it is wrong."""

import os
from pathlib import Path

import pytest

from api.policies import PolicyShelf
from contracts.errors import ConfigurationInvalid
from runtime.settings import Connection, FallbackSettings, Settings

POLICY = """
[[policies]]
name = "otp"
version = {version}
[[policies.steps]]
channel = "sms"
provider = "telesign"
connection = "main"
sender = "ExampleShop"
wait_s = 60
content = {{kind = "text", text = "Hello"}}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "policies.toml"
    write(path, POLICY.format(version=1), at=1)
    return path


def write(path: Path, text: str, *, at: int) -> None:
    """With a time of its own, so that no clock is needed to see the change."""
    path.write_text(text, "utf-8")
    os.utime(path, (at, at))


def shelf(file: Path | None) -> PolicyShelf:
    connections = (Connection(provider="telesign", name="main"),)
    return PolicyShelf(Settings(connections=connections, fallback=FallbackSettings(policies=file)))


def version(policies: PolicyShelf) -> int | None:
    policy = policies().named("otp")
    return policy.version if policy else None


def test_without_a_file_there_are_none():
    assert shelf(None)().policies == ()


def test_a_change_is_seen(file):
    policies = shelf(file)
    before = version(policies)
    write(file, POLICY.format(version=2), at=2)

    assert (before, version(policies)) == (1, 2)


@pytest.mark.parametrize(
    "text", [pytest.param("[[policies", id="no TOML"), pytest.param(POLICY.format(version=0), id="a broken rule")]
)
def test_a_file_that_has_become_wrong_changes_nothing_until_it_is_mended(file, text):
    policies = shelf(file)
    write(file, text, at=2)
    meanwhile = version(policies)
    write(file, POLICY.format(version=3), at=3)

    assert (meanwhile, version(policies)) == (1, 3)


def test_a_file_that_is_gone_changes_nothing(file):
    policies = shelf(file)
    file.unlink()

    assert version(policies) == 1


def test_a_file_that_is_wrong_at_the_start_ends_it(file):
    write(file, POLICY.format(version=0), at=2)

    with pytest.raises(ConfigurationInvalid, match="version"):
        shelf(file)
