"""`pyarrow.compute`, loaded when its first function is asked for: it registers hundreds, and no start needs one."""

from typing import Any


def __getattr__(name: str) -> Any:  # noqa: ANN401  # whatever pyarrow has; it is published without types
    import pyarrow.compute  # noqa: PLC0415  # this is the whole point

    return getattr(pyarrow.compute, name)
