"""What a terminal would show, as a picture that a page or a ticket can hold."""

import re
from io import StringIO
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT  # the only place that exports it
from rich.console import Console, RenderableType

from contracts.errors import ConfigurationInvalid

WIDTH = 112
# Rich's own frame has the viewer fetch a font from another host; one without it takes the viewer's own.
FRAME = re.sub(r"@font-face \{\{.*?\}\}\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)


def draw(file: Path, title: str, *shown: RenderableType) -> None:
    """Write `shown` into `file` as SVG. Raises `ConfigurationInvalid` when it cannot be written."""
    console = Console(width=WIDTH, record=True, file=StringIO(), force_terminal=True)
    console.print(*shown, sep="\n")
    try:
        file.write_text(console.export_svg(title=title, code_format=FRAME, unique_id="tidings"), encoding="utf-8")
    except OSError as exc:
        raise ConfigurationInvalid(f"{file} cannot be written: {exc.strerror}; give another --picture") from exc
