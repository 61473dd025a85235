"""Which channel an entry is about: it says so itself, or the place it was sent to does."""

from functools import lru_cache
from types import MappingProxyType

from contracts.vocabulary import Channel
from providers._kit.reading import as_channel, as_text

# The Messages API's name, and how people spell a bot in an address; names that are ours already need no line.
_NAMES = MappingProxyType({"VIBER_BM": Channel.VIBER, "VIBERBOT": Channel.VIBER_BOT})


def channel_of(*names: object, hint: str) -> Channel | None:
    """The channel by the first of the entry's own `names` that is there, else by the callback's hint, else null."""
    for name in names:
        if text := as_text(name):
            return _named(text)
    return _hinted(hint)


@lru_cache(maxsize=256)
def _hinted(hint: str) -> Channel | None:
    """The channel that a segment of the path names, as in `viber/seen`; `omni` and `messages` name none."""
    for segment in hint.split("/"):
        found = _named(segment.replace("-", "_"))
        if found not in (None, Channel.OTHER):
            return found
    return None


def _named(text: str) -> Channel | None:
    return _NAMES.get(text.upper()) or as_channel(text)
