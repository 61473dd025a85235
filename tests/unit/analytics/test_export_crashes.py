"""A process that is killed while it exports leaves no half file under a name that counts."""

import os
import signal
import subprocess
import sys

import pytest

from analytics.exports.verification import wrong
from runtime.crash_points import VARIABLE
from tests.support.exporting import export_once


@pytest.mark.parametrize(
    ("place", "left"),
    [
        pytest.param("written", {"reports.parquet.part"}, id="before a file has its name"),
        pytest.param("renamed", {"reports.parquet"}, id="before the manifest tells of it"),
        pytest.param("recorded", {"reports.parquet", "manifest.json"}, id="when all is done"),
    ],
)
def test_what_a_killed_export_leaves(database, writer, line, tmp_path, place, left):
    for of in "abc":
        line.report("sent", of=of)
    writer.write(writer.prepare(writer.resume(), line.fetch()))
    writer.close()
    database.close()
    directory = tmp_path / "export"
    directory.mkdir()
    killed = subprocess.run(
        [sys.executable, "-m", "tests.support.exporting", database.path, directory],
        env=os.environ | {VARIABLE: f"export.{place}"},
        check=False,
    )
    found = {path.name for path in directory.iterdir()}
    export_once(database.path, directory)

    assert (killed.returncode, found) == (-signal.SIGKILL, left)
    assert list(wrong(directory)) == []
