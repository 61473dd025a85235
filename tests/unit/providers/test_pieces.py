import pytest

from providers._kit.pieces import Pieces
from providers._kit.reading import read_json

BODY = b'{ "results" : [ {"id": 1.50} , 7,\t{"deep": {"er": [ 1 ]}} ] , "other": null }'


@pytest.mark.parametrize(
    ("path", "piece"),
    [
        pytest.param(("results", 0), b'{"id": 1.50}', id="an item, with its own spaces"),
        pytest.param(("results", 1), b"7", id="an item that is none"),
        pytest.param(("results", 2, "deep", "er"), b"[ 1 ]", id="deep inside"),
        pytest.param((), BODY, id="the whole"),
    ],
)
def test_a_piece_is_as_the_provider_wrote_it(path, piece):
    assert Pieces(BODY).at(*path, value="not used") == piece


@pytest.mark.parametrize(
    "path", [("results", 9), ("nothing",), ("results", "id"), ("other", 0), ("results", 1, 0)], ids=repr
)
def test_what_is_not_found_is_written_anew(path):
    assert Pieces(BODY).at(*path, value={"a": 1}) == b'{"a":1}'


def test_pieces_of_a_body_with_trailing_commas_are_found():
    body = b'{"results": [{"id": 1,}, {"id": 2},]}'

    assert read_json(Pieces(body).at("results", 0, value=None)) == {"id": 1}
    assert Pieces(body).at("results", 1, value=None) == b'{"id": 2}'


def test_pieces_of_what_is_no_json_are_written_anew():
    assert Pieces(b"<a/>").at("a", value="x") == b'"x"'


def test_a_thousand_bad_items_cost_one_split():
    # Splitting for each item anew would take minutes here and run into the test's time limit.
    count = 50_000
    pieces = Pieces(b"[" + b",".join(b'{"id": %d}' % number for number in range(count)) + b"]")

    assert [pieces.at(number, value=None) for number in (0, count - 1)] == [b'{"id": 0}', b'{"id": 49999}']
    assert all(pieces.at(number, value=None) for number in range(count))
