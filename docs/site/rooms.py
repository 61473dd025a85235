"""The rooms, and who imports whom, as the code is now."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grimp
from importlinter.api import read_configuration

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Rooms:
    """What is drawn: the layers from the top, who imports whom, and what each says of itself."""

    layers: tuple[tuple[str, ...], ...]
    imports: frozenset[tuple[str, str]]
    promises: Mapping[str, str]
    knows: Mapping[str, tuple[str, ...]]
    """Of the libraries that some rooms may not import those that a room does."""


def read_rooms() -> Rooms:
    """As the code is now; the layers are those that the architecture check holds it to."""
    told = read_configuration(str(ROOT / ".importlinter"))
    contracts = told["contracts_options"]
    [layered] = [one for one in contracts if one["type"] == "layers"]
    layers = tuple(tuple(name.strip() for name in layer.split("|")) for layer in layered["layers"])
    rooms = [room for layer in layers for room in layer]
    graph = grimp.build_graph(rooms[0], *rooms[1:], include_external_packages=True, cache_dir=None)
    pairs = {(module.split(".")[0], one.split(".")[0]) for module in graph.modules for one in _imported(graph, module)}
    guarded = _guarded(contracts, rooms)
    return Rooms(
        layers,
        frozenset((by, name) for by, name in pairs if by != name and {by, name} <= set(rooms)),
        {room: _promise(room) for room in rooms},
        {room: tuple(sorted(name for by, name in pairs if by == room and name in guarded)) for room in rooms},
    )


def _guarded(contracts: list[dict[str, Any]], rooms: list[str]) -> set[str]:
    """The libraries that whole rooms may not import."""
    ruled = [
        one for one in contracts if one["type"] == "forbidden" and set(_listed(one["source_modules"])) <= set(rooms)
    ]
    return {name for one in ruled for name in _listed(one["forbidden_modules"])} - set(rooms)


def _imported(graph: grimp.ImportGraph, module: str) -> set[str]:
    return graph.find_modules_directly_imported_by(module)


def _listed(names: str | list[str]) -> list[str]:
    return [names] if isinstance(names, str) else list(names)


def _promise(room: str) -> str:
    """The first sentence of the package."""
    text = (ROOT / room / "__init__.py").read_text(encoding="utf-8").strip().strip('"')
    return re.split(r"[.;](?:\s|$)", text)[0]
