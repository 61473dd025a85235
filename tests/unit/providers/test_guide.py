"""The page about adding a provider is true: what it builds passes the suite, and nothing else had to change."""

import subprocess
import sys

import pytest

from providers._kit.conformance import FOLDER
from tests.support.guide import ROOT, SLUG, environment, write_provider


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("elsewhere")
    assert {name.rpartition("/")[2] for name in write_provider(folder)} >= set(FOLDER)
    return folder


def run(folder, *command):
    told = {"cwd": ROOT, "env": environment(folder), "capture_output": True, "text": True}
    done = subprocess.run([sys.executable, *command], check=False, timeout=120, **told)
    return done.returncode, done.stdout + done.stderr


def pytest_of(folder, *arguments):
    return run(folder, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", ROOT / "pyproject.toml", *arguments)


def test_it_passes_the_suite_that_every_provider_passes(folder):
    status, told = pytest_of(folder, "tests/conformance", "-k", SLUG)

    assert status == 0, told[-3000:]
    assert " passed" in told


def test_its_own_tests_pass(folder):
    status, told = pytest_of(folder, folder / "providers" / SLUG / "tests")

    assert status == 0, told[-3000:]


def test_the_house_finds_it_by_itself(folder):
    sample = folder / "providers" / SLUG / "samples" / "delivered.json"

    status, told = run(folder, "-m", "tidings", "explain", sample)

    assert status == 0, told
    assert '"status": "delivered"' in told


def test_it_keeps_the_rules_of_style(folder):
    # Imports are sorted by where they are from, and a copy of a provider elsewhere is not from here.
    status, told = run(
        folder, "-m", "ruff", "check", "--config", ROOT / "pyproject.toml", "--ignore", "I001,INP001,ANN,S101", folder
    )

    assert status == 0, told
