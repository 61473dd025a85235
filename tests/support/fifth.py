"""The provider of docs/add-a-provider.md, found by this process and by those that it starts, for the time of a test."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import providers
from providers import load_providers
from tests.support.guide import SLUG, write_provider


@contextmanager
def fifth_provider(folder: Path) -> Iterator[str]:
    """Its slug."""
    write_provider(folder)
    before, told = list(providers.__path__), os.environ.get("PYTHONPATH")
    providers.__path__.append(str(folder / "providers"))
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(folder), told]))
    load_providers.cache_clear()
    try:
        yield SLUG
    finally:
        providers.__path__[:] = before
        os.environ.pop("PYTHONPATH") if told is None else os.environ.update(PYTHONPATH=told)
        load_providers.cache_clear()
        for name in [name for name in sys.modules if name.startswith(f"providers.{SLUG}")]:
            del sys.modules[name]
