"""`python -m tidings`: the command line, where the `tidings` script is not on the path."""

from tidings.cli import app

app()
