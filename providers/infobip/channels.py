"""Which channel an entry is about: it says so itself, or the place it was sent to does."""

from functools import lru_cache
from types import MappingProxyType

from contracts.vocabulary import Channel
from providers._kit.reading import as_channel, as_text

# The Messages API's names and two from the other APIs; names that are ours already need no line.
_NAMES = MappingProxyType({"VIBER_BM": Channel.VIBER})


def channel_of(*names: object, hint: str) -> Channel | None:
    """The channel by the first of the entry's own `names` that is there, else by the callback's hint, else null."""
    for name in names:
        if text := as_text(name):
            return _NAMES.get(text.upper()) or as_channel(text)
    return _hinted(hint)


@lru_cache(maxsize=256)
def _hinted(hint: str) -> Channel | None:
    """The channel that a segment of the path names, as in `viber/seen`; `omni` and `messages` name none."""
    for segment in hint.split("/"):
        found = as_channel(segment.replace("-", "_"))
        if found not in (None, Channel.OTHER):
            return found
    return None
