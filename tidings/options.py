"""Options that many commands have."""

from pathlib import Path
from typing import Annotated

import typer

Config = Annotated[
    Path | None, typer.Option(help="The settings file; else TIDINGS_CONFIG, else tidings.toml when there is one.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
