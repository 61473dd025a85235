"""What a person is told of settings that break a rule."""

from collections.abc import Callable

from pydantic import ValidationError

Place = tuple[int | str, ...]


def dotted(place: Place) -> str:
    """A member as people write it, `ingest.port`."""
    return ".".join(map(str, place))


def wrong_members(exc: ValidationError, name: Callable[[Place], str] = dotted) -> str:
    """Each wrong member and its rule, never its value. A rule about several members says itself which."""
    return "; ".join(
        ": ".join(filter(None, (name(error["loc"]), error["msg"].removeprefix("Value error, "))))
        for error in exc.errors()
    )
