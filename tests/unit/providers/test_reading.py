import json
from contextlib import suppress

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.errors import PayloadInvalid
from contracts.vocabulary import Channel
from providers._kit.reading import (
    MAX_DEPTH,
    MAX_ID,
    as_channel,
    as_content,
    as_e164,
    as_id,
    as_int,
    as_text,
    read_json,
    read_object,
    required_id,
)


@pytest.mark.parametrize(
    ("body", "value"),
    [
        pytest.param(b'{"id": 9007199254740993}', {"id": 9007199254740993}, id="an id above 2^53 survives"),
        pytest.param(b"[123456789012345678901234567890]", [123456789012345678901234567890], id="of any size"),
        pytest.param(b"[0.10]", ["0.10"], id="a fraction keeps its own text"),
        pytest.param(b"[1E+400]", ["1E+400"], id="however large"),
        pytest.param(b'{"a": 1, "a": 2}', {"a": 2}, id="of a member that stands twice the last counts"),
        pytest.param(b"\xef\xbb\xbf{}", {}, id="a byte-order mark is skipped"),
        pytest.param(b'{"a": [1, 2,],}', {"a": [1, 2]}, id="trailing commas are read"),
        pytest.param(b'{"a": "x,]",}', {"a": "x,]"}, id="a comma inside a text is not touched"),
        pytest.param(b'["\\ud83d"]', ["\ufffd"], id="half of an emoji is shown as such"),
        pytest.param(b'["\\ud83d\\ude00", "\\ud83d"]', ["\U0001f600", "\ufffd"], id="a whole one is not hurt by it"),
        pytest.param(b'["\\\\ud83d", "\\ude00"]', ["\\ud83d", "\ufffd"], id="an escaped backslash is no escape"),
        pytest.param(b'["a\\u0000b"]', ["a\x00b"], id="an escaped NUL is text"),
    ],
)
def test_what_is_meant_is_read(body, value):
    assert read_json(body) == value


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param(b"", "the body is empty", id="nothing"),
        pytest.param(b" \n", "the body is empty", id="only spaces"),
        pytest.param(b"{", "byte 1", id="cut off"),
        pytest.param(b'{"a": NaN}', "byte 6", id="NaN"),
        pytest.param(b"[Infinity]", "byte 1", id="Infinity"),
        pytest.param(b'{"a": "\xff"}', "not UTF-8 (byte 7)", id="not UTF-8"),
        pytest.param(b"{}\x00", "byte 3", id="a NUL byte behind"),
        pytest.param(b'{"a"\x00: 1}', "byte 4", id="a NUL byte between"),
        pytest.param(b'["a\x00"]', "byte 3", id="a bare NUL byte in a text"),
        pytest.param(b"[1,,]", "byte 4", id="two commas; the place is that in the original"),
        pytest.param(b"{} {}", "byte 4", id="two values"),
        pytest.param(b"<a/>", "byte 0", id="XML"),
        pytest.param(b"[" * 100_000, "nested deeper", id="a tower without a roof"),
        pytest.param(b"[" * 100_000 + b"]" * 100_000, "nested deeper", id="a tower"),
        pytest.param(b'{"a":' * 500 + b"1" + b"}" * 500, "nested deeper", id="a tower of objects"),
    ],
)
def test_what_is_no_json_is_refused_with_the_place(body, reason):
    with pytest.raises(PayloadInvalid) as refused:
        read_json(body)

    assert reason in str(refused.value)


def test_depth_is_bounded_exactly():
    deepest = b"[" * MAX_DEPTH + b"]" * MAX_DEPTH

    assert read_json(deepest)
    with pytest.raises(PayloadInvalid):
        read_json(b"[" + deepest + b"]")


def test_many_brackets_side_by_side_are_not_deep():
    assert len(read_json(b"[" + b"[]," * 1000 + b"[]]")) == 1001


@pytest.mark.parametrize("piece", [b'"', b'\\"', b",  ", b'{"a",', b"\\ud83d", b'"\\ud800'], ids=repr)
def test_a_long_body_of_slips_is_judged_at_once(piece):
    # Quadratic scanning would take minutes here and run into the test's time limit.
    with pytest.raises(PayloadInvalid):
        read_json(b"[" + piece * (1_000_000 // len(piece)))


@given(st.binary(max_size=200))
def test_random_bytes_are_read_or_refused(body):
    with suppress(PayloadInvalid):
        read_json(body)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=3)))
def test_json_comes_back_as_it_was(value):
    assert read_json(json.dumps(value).encode("utf-8", "surrogatepass")) == value


def test_only_an_object_is_an_object():
    with pytest.raises(PayloadInvalid, match="a JSON array"):
        read_object(b"[]")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param(" a ", "a", id="without the spaces around it"),
        pytest.param(7, "7", id="a number is text"),
        pytest.param("", None, id="empty is null"),
        pytest.param("  ", None, id="spaces are null"),
        pytest.param(None, None, id="null"),
        pytest.param(True, None, id="a boolean is no text"),
        pytest.param([1], None, id="nor is a list"),
        pytest.param({}, None, id="nor an object"),
        pytest.param("a\x00b", "a\ufffdb", id="a NUL character is shown"),
        pytest.param("x" * 1001, "x" * 1000, id="kept up to the limit"),
    ],
)
def test_text(value, text):
    assert as_text(value) == text


def test_what_a_person_wrote_keeps_its_spaces():
    assert as_content("  hi\n") == "  hi\n"


def test_an_empty_text_is_what_the_person_sent_and_none_is_none():
    assert as_content("") == ""
    assert as_content(None) is None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param(" a-1 ", "a-1", id="without the spaces around it"),
        pytest.param(12345678901234567890, "12345678901234567890", id="a large number"),
        pytest.param("00024", "00024", id="zeros in front are part of it"),
        pytest.param("é\u00a0ü", "é\u00a0ü", id="any script"),
        pytest.param("x" * MAX_ID, "x" * MAX_ID, id="as long as may be"),
        pytest.param(True, None, id="a boolean is none"),
        pytest.param("", None, id="empty is none"),
    ],
)
def test_ids(value, text):
    assert as_id(value, "messageId") == text


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("x" * (MAX_ID + 1), id="too long"),
        pytest.param("a\x00b", id="a NUL character"),
        pytest.param("a\x1fb", id="a control character"),
    ],
)
def test_an_id_that_would_have_to_be_changed_is_refused(value):
    with pytest.raises(PayloadInvalid, match="messageId"):
        as_id(value, "messageId")


def test_a_required_id_may_not_be_missing():
    with pytest.raises(PayloadInvalid, match="messageId is missing"):
        required_id(None, "messageId")


@pytest.mark.parametrize(
    ("value", "number"),
    [
        pytest.param(3, 3, id="a number"),
        pytest.param("3", 3, id="text"),
        pytest.param(" -3 ", -3, id="text with spaces"),
        pytest.param("3.0", 3, id="a whole number written as a fraction"),
        pytest.param("3.5", None, id="a fraction is none"),
        pytest.param(True, None, id="a boolean is none"),
        pytest.param("9" * 19, None, id="too many digits"),
        pytest.param(10**18, None, id="too large"),
        pytest.param("٣", None, id="digits of another script"),
        pytest.param(None, None, id="null"),
        pytest.param([3], None, id="a list"),
    ],
)
def test_whole_numbers(value, number):
    assert as_int(value) == number


@pytest.mark.parametrize(
    ("value", "number"),
    [
        pytest.param("447700900123", "+447700900123", id="digits"),
        pytest.param("+447700900123", "+447700900123", id="digits with a plus"),
        pytest.param(447700900123, "+447700900123", id="a number"),
        pytest.param(" 447700900123 ", "+447700900123", id="with spaces around"),
        pytest.param("a42f0000-1d5f-44f6-a321-0e4030000012", None, id="a UUID"),
        pytest.param("ExampleShop", None, id="a name"),
        pytest.param("12345", None, id="a short code"),
        pytest.param("0447700900123", None, id="no country starts with 0"),
        pytest.param("1" * 16, None, id="too long"),
        pytest.param("٤٤٧٧٠٠٩٠٠١٢٣", None, id="digits of another script"),
        pytest.param(True, None, id="a boolean"),
        pytest.param(None, None, id="null"),
    ],
)
def test_numbers_of_telephones(value, number):
    assert as_e164(value) == number


@pytest.mark.parametrize(
    ("value", "channel"),
    [
        pytest.param("viber", Channel.VIBER, id="as we write it"),
        pytest.param("VIBER_BOT", Channel.VIBER_BOT, id="in capitals"),
        pytest.param(" Sms ", Channel.SMS, id="in any case, with spaces"),
        pytest.param("pigeon", Channel.OTHER, id="a name nobody told us about"),
        pytest.param("", None, id="no name"),
        pytest.param(None, None, id="null"),
        pytest.param({}, None, id="an object"),
    ],
)
def test_channels(value, channel):
    assert as_channel(value) is channel


def test_what_was_read_can_be_written():
    assert msgspec.json.encode(read_json(b'["\\ud83d", 0.1, 12345678901234567890123]'))
