"""The picture of the rooms: `python -m docs.site.picture` draws it from what the code imports."""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from textwrap import wrap

from docs.site.rooms import ROOT, Rooms, read_rooms

PICTURE = ROOT / "docs" / "pictures" / "rooms.svg"
WIDTH, ROW, TALL, GAP, MARGIN = 980, 148, 88, 28, 20
LETTER = 7.0
"""Of the small text, as wide as its letters are on average."""
FONT = "ui-sans-serif, system-ui, sans-serif"


@dataclass(frozen=True)
class Box:
    """Where a room stands."""

    x: float
    y: float
    wide: float


def places(layers: tuple[tuple[str, ...], ...]) -> dict[str, Box]:
    """Each layer fills a row."""
    found = {}
    for row, layer in enumerate(layers):
        wide = (WIDTH - 2 * MARGIN - GAP * (len(layer) - 1)) / len(layer)
        for column, room in enumerate(layer):
            found[room] = Box(MARGIN + column * (wide + GAP), MARGIN + row * ROW, wide)
    return found


def draw(rooms: Rooms) -> str:
    """The picture, light or dark as its reader's screen is."""
    boxes = places(rooms.layers)
    height = MARGIN * 2 + ROW * (len(rooms.layers) - 1) + TALL
    told = "; ".join(f"{room} imports {', '.join(_below(rooms, room)) or 'none of the others'}" for room in boxes)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="{FONT}"',
            'role="img" aria-labelledby="title desc">',
            '<title id="title">Which room imports which</title>',
            f'<desc id="desc">{escape(told)}.</desc>',
            "<style>",
            *_style(list(boxes)),
            "</style>",
            "<defs>",
            *(_tip(room) for room in boxes),
            "</defs>",
            f'<rect class="bg" width="{WIDTH}" height="{height}"/>',
            *_arrows(rooms, boxes),
            *(line for room, box in boxes.items() for line in _room(rooms, room, box)),
            "</svg>\n",
        ]
    )


def _below(rooms: Rooms, room: str) -> list[str]:
    return sorted(name for by, name in rooms.imports if by == room)


def _style(names: list[str]) -> Iterator[str]:
    """One colour a room, which its arrows have too."""
    yield ".arrow{fill:none;stroke-width:1.8}.box{stroke-width:1.8}"
    yield ".name{font-size:17px;font-weight:600}.small{font-size:12.5px}"
    yield ".bg{fill:#fff}.name{fill:#1d2740}.small{fill:#44506b}"
    yield from _colours(names, line="45% 42%", ground="60% 97%")
    yield "@media (prefers-color-scheme: dark){.bg{fill:#12161f}.name{fill:#eef2ff}.small{fill:#b9c3dc}"
    yield from _colours(names, line="50% 68%", ground="25% 15%")
    yield "}"


def _colours(names: list[str], *, line: str, ground: str) -> Iterator[str]:
    for place, name in enumerate(names):
        hue = round(360 * place / len(names))
        yield f".{name}{{stroke:hsl({hue} {line})}}.tip-{name}{{fill:hsl({hue} {line})}}"
        yield f".box.{name}{{fill:hsl({hue} {ground})}}"


def _tip(room: str) -> str:
    return (
        f'<marker id="tip-{room}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto">'
        f'<path class="tip-{room}" d="M0 0L10 5L0 10z"/></marker>'
    )


def _arrows(rooms: Rooms, boxes: Mapping[str, Box]) -> Iterator[str]:
    """From the lower edge of who imports to the upper edge of what is imported, in an order in which few cross."""

    def middle(room: str) -> float:
        return boxes[room].x + boxes[room].wide / 2

    def port(room: str, other: str, others: list[str]) -> float:
        ordered = sorted(others, key=lambda one: (middle(one), boxes[one].y))
        return boxes[room].x + boxes[room].wide * (ordered.index(other) + 1) / (len(ordered) + 1)

    for by, name in sorted(rooms.imports):
        start = port(by, name, [two for one, two in rooms.imports if one == by])
        end = port(name, by, [one for one, two in rooms.imports if two == name])
        top, bottom = boxes[by].y + TALL, boxes[name].y - 2
        bend = min(46.0, (bottom - top) / 2)
        yield (
            f'<path class="arrow {by}" marker-end="url(#tip-{by})" '
            f'd="M{start:.0f} {top:.0f}L{start:.0f} {bottom - 60 + bend / 4:.0f}C{start:.0f} {bottom - 20:.0f} '
            f'{end:.0f} {bottom - 44:.0f} {end:.0f} {bottom:.0f}"/>'
        )


def _room(rooms: Rooms, room: str, box: Box) -> Iterator[str]:
    centre = box.x + box.wide / 2
    known = [f"knows {name}" for name in rooms.knows[room]]
    lines = [*wrap(rooms.promises[room], int(box.wide / LETTER)), *known]
    yield f'<rect class="box {room}" x="{box.x:.0f}" y="{box.y:.0f}" width="{box.wide:.0f}" height="{TALL}" rx="8"/>'
    first = box.y + TALL / 2 - 8 * len(lines) + 4
    yield f'<text class="name" x="{centre:.0f}" y="{first:.0f}" text-anchor="middle">{room}</text>'
    for place, line in enumerate(lines):
        yield (
            f'<text class="small" x="{centre:.0f}" y="{first + 18 + 16 * place:.0f}" text-anchor="middle">'
            f"{escape(line)}</text>"
        )


if __name__ == "__main__":
    PICTURE.write_text(draw(read_rooms()), encoding="utf-8")
    sys.stdout.write(f"{PICTURE.relative_to(ROOT)}\n")
