"""Long work shows that it goes on: on standard error, while it takes, and without a trace afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn


@contextmanager
def at_work(words: str) -> Iterator[None]:
    """Say what is done, and for how long already, for the time of the block; nothing where no terminal is."""
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        progress.add_task(words, total=None)
        yield
