"""`tidings up` says what is wrong with the settings before it starts anything, and so does each process by itself."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from contracts.errors import ConfigurationInvalid
from runtime.exits import Exit
from tidings.up import stay_up

CONNECTION = '[[connections]]\nprovider = "telesign"\nname = "main"\n'


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "tidings.toml"
    file.write_text(f'data_dir = "{tmp_path / "data"}"\n{CONNECTION}')
    return file


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        pytest.param(CONNECTION, "", "no connection is configured", id="no connection"),
        pytest.param("telesign", "telesing", "telesing/main: no such provider; known: ", id="no such provider"),
        pytest.param(
            "main", 'main"\napi_keys = ["file:/nowhere"]\ncustomer_id = "C-1', "cannot be read", id="no secret"
        ),
    ],
)
def test_a_wrong_connection_is_told_before_anything_runs(config, right, wrong, said):
    config.write_text(config.read_text().replace(right, wrong))

    with pytest.raises(ConfigurationInvalid, match=said):
        stay_up(config)
    assert not (config.parent / "data").exists()


@pytest.mark.parametrize("process", ["ingest", "api"])
def test_a_process_ends_with_the_status_of_a_wrong_setting_and_a_line(config, process):
    """Whatever stands behind that line hides it from whoever looks at the end of the log."""
    config.write_text("[kafka]\npartitions = 0\n" + config.read_text().partition("\n")[2])
    ended = subprocess.run(
        [sys.executable, "-m", process],
        env=os.environ | {"TIDINGS_CONFIG": str(config)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    (said,) = (ended.stdout + ended.stderr).splitlines()

    assert (ended.returncode, "kafka.partitions" in said) == (Exit.CONFIGURATION, True)
