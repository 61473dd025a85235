"""A process that is told nonsense says so in one line and does not begin."""

import os
import subprocess
import sys


def test_a_file_that_only_a_stage_reads_is_named_when_it_is_wrong(tmp_path):
    (tmp_path / "policies.toml").write_text("[[")
    (tmp_path / "tidings.toml").write_text('[fallback]\npolicies = "policies.toml"\n')
    told = {"TIDINGS_CONFIG": str(tmp_path / "tidings.toml")}
    ended = subprocess.run(
        [sys.executable, "-m", "streams", "fallback"],
        env=os.environ | told,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    said = (ended.stdout + ended.stderr).splitlines()

    assert ended.returncode == 2
    assert len(said) == 1
    assert "stages_cannot_begin" in said[0]
    assert "policies.toml is not valid TOML" in said[0]
