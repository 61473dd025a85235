"""The pieces of a body as the provider wrote them, for what must be put aside with its own bytes."""

import msgspec

from providers._kit.leniency import mended

_Container = dict[str, msgspec.Raw] | list[msgspec.Raw]
_DECODER: msgspec.json.Decoder[_Container] = msgspec.json.Decoder(_Container)
_Path = tuple[str | int, ...]


class Pieces:
    """Cuts `body` apart only when a piece is wanted, and each list only once: a thousand bad items cost one split."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._containers: dict[_Path, _Container | None] = {}

    def at(self, *path: str | int, value: object) -> bytes:
        """The bytes at `path`; `value`, which was read there, is written anew when they cannot be told apart."""
        piece = self._raw(path)
        return msgspec.json.encode(value) if piece is None else bytes(piece)

    def _raw(self, path: _Path) -> bytes | msgspec.Raw | None:
        if not path:
            return self._body
        container = self._container(path[:-1])
        try:
            return None if container is None else container[path[-1]]  # type: ignore[index]  # a wrong kind of step is a TypeError
        except (LookupError, TypeError):
            return None

    def _container(self, path: _Path) -> _Container | None:
        if path not in self._containers:
            piece = self._raw(path)
            self._containers[path] = None if piece is None else _split(piece)
        return self._containers[path]


def _split(piece: bytes | msgspec.Raw) -> _Container | None:
    try:
        return _DECODER.decode(piece)
    except (ValueError, RecursionError):
        pass
    try:
        return _DECODER.decode(mended(bytes(piece)))
    except (ValueError, RecursionError):
        return None
