"""Which Tidings this is."""

from functools import cache
from importlib.metadata import PackageNotFoundError, version

UNKNOWN = "unknown"


@cache
def installed_version() -> str:
    """The version of the installed package; `unknown` where the sources run without being installed."""
    try:
        return version("tidings")
    except PackageNotFoundError:
        return UNKNOWN
