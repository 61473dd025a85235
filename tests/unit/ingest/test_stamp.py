"""The headers that are made once, and what must never fill our memory."""

import pytest

from contracts.envelope import Headers
from contracts.raw import read_callback
from contracts.records import RawCallback
from ingest.stamp import WAYS_LIMIT, Stamp


def read(headers: Headers) -> RawCallback:
    return read_callback(b"", 0, headers)


@pytest.mark.parametrize(
    ("method", "content_type", "query", "hint"),
    [
        pytest.param("POST", "application/json", "", "", id="the usual"),
        pytest.param("GET", "", "a=1", "", id="a query"),
        pytest.param("POST", "text/xml", "", "viber/seen", id="a hint"),
    ],
)
def test_headers_tell_how_a_connection_was_called(method, content_type, query, hint):
    stamp = Stamp("postbox", "main")
    stamp.headers("POST", "application/json", "other=1", "other")

    callback = read(stamp.headers(method, content_type, query, hint))

    assert (callback.provider, callback.connection) == ("postbox", "main")
    assert (callback.method, callback.content_type, callback.query, callback.hint) == (
        method,
        content_type,
        query,
        hint,
    )


def test_each_way_is_remembered_by_all_its_parts():
    stamp = Stamp("postbox", "main")
    first = stamp.headers("POST", "application/json", "", "sms")

    assert stamp.headers("POST", "application/json", "", "sms") is first
    assert read(stamp.headers("POST", "application/json", "", "viber")).hint == "viber"
    assert read(stamp.headers("GET", "application/json", "", "sms")).method == "GET"


def test_queries_are_not_remembered():
    stamp = Stamp("postbox", "main")

    assert stamp.headers("GET", "", "id=1", "") is not stamp.headers("GET", "", "id=1", "")


def test_ways_beyond_a_number_are_served_and_not_remembered():
    stamp = Stamp("postbox", "main")
    for number in range(WAYS_LIMIT):
        stamp.headers("POST", "", "", f"hint-{number}")
    one_more = stamp.headers("POST", "", "", "one-more")

    assert read(one_more).hint == "one-more"
    assert stamp.headers("POST", "", "", "one-more") is not one_more
