"""The SQL of the sink, one statement a file. Each runs inside the transaction of a batch, with `$batch_id`."""

from functools import cache
from importlib.resources import files

from analytics.queries import with_parts


@cache
def statement(name: str) -> str:
    """The SQL of the file called `name`."""
    return with_parts(files(__name__).joinpath(f"{name}.sql").read_text(encoding="utf-8"))
