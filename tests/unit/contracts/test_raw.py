"""A callback that is played again says which one it repeats."""

import pytest

from contracts.envelope import header
from contracts.raw import REPLAY_OF, origin_headers, replay_headers, replayed_place


def test_the_place_of_then_comes_back():
    headers = replay_headers(origin_headers("infobip", "main"), 1_795_000_000_000, place=b"tidings-callbacks-v1/3/1207")

    assert replayed_place(header(headers, REPLAY_OF) or b"") == (3, 1207)


@pytest.mark.parametrize(
    "told",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"topic/3", id="no offset"),
        pytest.param(b"topic/three/4", id="no number"),
        pytest.param(b"topic/-3/4", id="a sign"),
        pytest.param(b"topic/32768/4", id="more than a partition can be"),
        pytest.param(b"topic/3/%d" % 2**63, id="more than an offset can be"),
        pytest.param(b"\xff/\xb2/\xb3", id="no text"),
    ],
)
def test_what_is_no_place_is_none(told):
    assert replayed_place(told) == (None, None)
