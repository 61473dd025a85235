"""A person goes out of the archive; everything else in it stays byte for byte."""

from base64 import b64encode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.archive.erasing import BLANKED, Blanking
from analytics.archive.rows import records_of, table_of
from analytics.erasure.spelling import Spelling
from contracts.archived import Archived
from tests.support.archived import NOON_MS, kept, record
from tests.support.examples import share

NUMBER, OTHER = "+447700900105", "+447700900211"
BATCH = f'{{"results":[{{"to":"{OTHER}","id":"1"}},{{"to":"{NUMBER}","id":"2"}}]}}'.encode()


def blanked(*found: Archived, about=frozenset()) -> list[Archived]:
    return list(records_of(Blanking(Spelling(NUMBER), about)(table_of(0, list(found)))))


def test_the_others_of_a_batch_stay():
    (found,) = blanked(record(0, body=BATCH))

    assert found.value == BATCH.replace(NUMBER.encode(), b"+440000000000")
    assert BLANKED in found.headers


def test_rows_without_the_person_are_the_same_rows():
    rows = table_of(0, [record(0, body=OTHER.encode()), record(1, body=None)])

    assert Blanking(Spelling(NUMBER))(rows) is rows


@pytest.mark.parametrize("where", ["key", "headers"])
def test_keys_and_headers_are_blanked_too(where):
    given_ = {"key": NUMBER.encode()} if where == "key" else {"headers": (("query", b"to=%2B447700900105"),)}
    (found,) = blanked(record(0)._replace(**given_))

    assert not Spelling(NUMBER).stands_in(repr(found).encode())


def test_a_callback_about_the_person_that_does_not_spell_the_number_is_emptied():
    first = record(0, body=b"utf-16 or worse")._replace(headers=(("query", b"x=1"), ("provider", b"telesign")))
    found = blanked(first, record(1, body=b"of somebody else"), about=frozenset({(0, 0)}))

    assert [one.value for one in found] == [b"", b"of somebody else"]
    assert dict(found[0].headers)["query"] == b""
    assert dict(found[0].headers)["provider"] == b"telesign"


def test_begun_again_after_a_crash_a_callback_is_not_emptied():
    (once,) = blanked(record(0, body=BATCH), about=frozenset({(0, 0)}))
    (twice,) = blanked(once, about=frozenset({(0, 0)}))

    assert twice == once


MARKED = st.sampled_from([NUMBER, OTHER, "447700900105", "07700 900 105", b64encode(NUMBER.encode()).decode(), ""])
BODIES = st.none() | st.tuples(st.binary(max_size=30), MARKED, st.binary(max_size=30)).map(
    lambda parts: parts[0] + b'"' + parts[1].encode() + b'"' + parts[2]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=share(0.4))
@given(bodies=st.lists(BODIES, min_size=1, max_size=8))
def test_what_is_sealed_comes_back_and_without_a_person_all_else_does(opened, directory, bodies):
    shelf = opened()
    first = shelf.next_offset(0)
    put = [record(first + place, body=body) for place, body in enumerate(bodies)]
    shelf.take(0, put)
    shelf.record()

    assert [one for one in kept(directory) if one.offset >= first] == put

    shelf.rewrite(Blanking(Spelling(NUMBER)))
    left = [one for one in kept(directory) if one.offset >= first]
    spelling = Spelling(NUMBER)

    assert [one.value for one in left] == [body and spelling.blanked(body) for body in bodies]
    assert [(one.offset, one.timestamp) for one in left] == [(one.offset, NOON_MS) for one in put]
    assert not any(spelling.stands_in(one.value or b"") for one in left)
