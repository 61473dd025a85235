"""The picture of the rooms is what the code imports."""

import pytest

from docs.site.picture import PICTURE, draw
from docs.site.rooms import Rooms, read_rooms


@pytest.fixture(scope="module")
def rooms() -> Rooms:
    return read_rooms()


def test_the_picture_is_what_the_code_imports(rooms):
    """When this fails: python -m docs.site.picture."""
    assert PICTURE.read_text(encoding="utf-8") == draw(rooms)


def test_arrows_point_down(rooms):
    rank = {room: place for place, layer in enumerate(rooms.layers) for room in layer}

    assert rooms.imports
    assert [(by, name) for by, name in rooms.imports if rank[by] >= rank[name]] == []


def test_each_room_says_what_it_is(rooms):
    assert [room for room, promise in rooms.promises.items() if not promise] == []


def test_every_import_is_an_arrow(rooms):
    one_less = Rooms(rooms.layers, rooms.imports - {("api", "analytics")}, rooms.promises, rooms.knows)

    assert draw(rooms).count('class="arrow ') == len(rooms.imports)
    assert draw(one_less) != draw(rooms)


def test_libraries_that_are_kept_to_a_room_stand_there(rooms):
    assert {room: names for room, names in rooms.knows.items() if names} == {
        "analytics": ("duckdb",),
        "api": ("fastapi",),
        "ingest": ("fastapi",),
        "streams": ("faust",),
    }
