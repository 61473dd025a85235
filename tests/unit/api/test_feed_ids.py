"""The ids of the feed: places that can be read again, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.feed.bookmarks import Bookmark, looks_like_mark, origin_of, read_mark
from contracts.errors import QueryInvalid

ORIGIN = origin_of("MkU3OEVBNTcwNTJENDM2Qk", "tidings-updates-v1")
ENDS = (17, 9, 0)
OFFSETS = st.lists(st.integers(0, 10**17), min_size=1, max_size=20).map(tuple)


@given(offsets=OFFSETS)
def test_an_id_is_read_as_it_was_written(offsets):
    text = str(Bookmark(ORIGIN, offsets))

    assert looks_like_mark(text)
    assert read_mark(text, origin=ORIGIN, ends=offsets) == (ORIGIN, offsets)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param("", "not the id", id="nothing"),
        pytest.param("17", "not the id", id="a number"),
        pytest.param(f"{ORIGIN}-", "not the id", id="no offsets"),
        pytest.param(f"{ORIGIN}-1.2.", "not the id", id="an offset left out"),
        pytest.param(f"{ORIGIN}-1.2.-1", "not the id", id="a negative offset"),
        pytest.param(f"{ORIGIN}-1.02.0", "not the id", id="a zero in front"),
        pytest.param(f"{ORIGIN}-1.2.٣", "not the id", id="a digit of another script"),
        pytest.param(f"{ORIGIN}-1.2.0\n", "not the id", id="a line behind it"),
        pytest.param(f"{ORIGIN}-1.2." + "9" * 19, "not the id", id="an offset that no log has"),
        pytest.param(f"{ORIGIN}-" + ".".join(["1"] * 11_000), "not the id", id="too long to look at"),
        pytest.param("0123456789ab-1.2.0", "another installation", id="another cluster or topic"),
        pytest.param(f"{ORIGIN}-1.2", "another installation", id="too few partitions"),
        pytest.param(f"{ORIGIN}-1.2.0.0", "another installation", id="too many partitions"),
        pytest.param(f"{ORIGIN}-18.2.0", "ahead of all there is", id="ahead of the log"),
    ],
)
def test_what_is_no_id_of_this_feed_is_refused(text, why):
    with pytest.raises(QueryInvalid, match=why):
        read_mark(text, origin=ORIGIN, ends=ENDS)


def test_the_end_of_the_log_is_a_place():
    assert read_mark(f"{ORIGIN}-17.9.0", origin=ORIGIN, ends=ENDS).offsets == ENDS


@pytest.mark.parametrize(
    ("cluster_id", "topic"),
    [pytest.param("another", "tidings-updates-v1", id="cluster"), pytest.param("one", "other-updates-v1", id="topic")],
)
def test_another_cluster_or_topic_has_another_origin(cluster_id, topic):
    assert origin_of(cluster_id, topic) != origin_of("one", "tidings-updates-v1")
