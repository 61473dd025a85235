"""The command line, called as a script would."""

import pytest

from tidings.cli import app


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    """The exit status and both outputs of a command."""
    with pytest.raises(SystemExit) as ended:
        app([str(argument) for argument in arguments])
    code = ended.value.code
    return (code if isinstance(code, int) else 0), *capsys.readouterr()
