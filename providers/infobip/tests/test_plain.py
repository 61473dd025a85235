"""The short way gives what the long way gives, for each entry by itself, or nothing."""

from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contracts.errors import PayloadInvalid
from contracts.records import RawCallback
from contracts.status import DeliveryStatus
from providers._kit.conformance import callback_of, samples_of
from providers._kit.facts import StatusFact
from providers._kit.reading import as_e164, required_id
from providers._kit.times import as_instant
from providers.infobip import PROVIDER
from providers.infobip.normaliser import normalise, read_any, read_each
from providers.infobip.plain import _Templates, read_plain
from providers.infobip.reports import as_message_id, as_number, as_time

SAMPLES = samples_of("infobip")
TIMES = st.sampled_from(
    [
        "2024-07-01T08:00:04.250+0000",
        "2024-07-01T05:00:04.250-0300",
        "2024-07-01T08:00:04,250+0000",
        "2024-W27-1T08:00:04.250+0000",
        "2024-07-01T08:00:04.2+010000",
        "2024-07-01 08:00:04.250+0000",
        "2024-02-30T08:00:04.250+0000",
        "0001-01-01T00:00:00.000+0100",
        "2024-07-01T08:00:04.250+2460",
        "2024-07-01T08:00:04.250 0000",
        "2024-07-01T08:00:04.25+00:00",
        "1719820804250",
    ]
)
WORDS = st.sampled_from(
    [
        "",
        "0",
        "1",
        "5",
        "null",
        "true",
        " x ",
        "447700900105",
        "0447700900",
        "+447700900105",
        "٤٤٧٧٠٠٩٠٠",
        "\x00",
        "\x7f",
    ]
)
ODD = st.none() | st.booleans() | st.integers(-1, 10**19) | st.floats(-2, 2) | WORDS | TIMES | st.just([]) | st.just({})


def objects(**members):
    return st.fixed_dictionaries({}, optional=members) | ODD


STATUS = objects(
    groupId=st.integers(-1, 6) | ODD,
    groupName=ODD,
    id=st.sampled_from([2, 5, 7, 9, 26, 87, "5", 5.0]) | ODD,
    name=ODD,
    description=ODD,
)
ERROR = objects(groupId=ODD, id=st.sampled_from([0, 7002, 2050]) | ODD, permanent=ODD)
PRICE = objects(pricePerMessage=st.sampled_from([0.0152, 0, "0.01", 5e-4]) | ODD, currency=ODD)
MEMBERS = {
    "messageId": ODD,
    "event": st.sampled_from(["DELIVERY", "SEEN", "MO", "delivery", None]),
    "status": STATUS,
    "error": ERROR,
    "price": PRICE,
    **dict.fromkeys(("channel", "from", "to", "sender", "destination", "mccMnc", "callbackData", "message"), ODD),
    **dict.fromkeys(("sentAt", "sendAt", "doneAt", "seenAt"), TIMES | ODD),
    "campaignReferenceId": ODD,
    "receivedAt": TIMES,
}
WHOLE = (
    {
        "messageId": "vb-1",
        "to": "447700900105",
        "sender": "ExampleShop",
        "sentAt": "2024-07-01T08:00:00.000+0000",
        "doneAt": "2024-07-01T08:00:04.250+0100",
        "status": {"groupId": 3, "groupName": "DELIVERED", "id": 5, "name": "DELIVERED_TO_HANDSET"},
        "error": {"groupId": 0, "id": 0, "permanent": False},
        "price": {"pricePerMessage": 0.0152, "currency": "EUR"},
    },
    {"messageId": "vb-1", "from": "447700900105", "to": "ExampleShop", "seenAt": "2024-07-01T08:00:04.250+0000"},
)
CHANGES = st.lists(st.one_of([st.tuples(st.just(name), value) for name, value in MEMBERS.items()]), max_size=3)
REPORT = st.builds(lambda whole, changes: whole | dict(changes), st.sampled_from(WHOLE), CHANGES)


SAMPLED = [
    entry
    for sample in SAMPLES
    if isinstance(sample.content["body"], dict)
    for entry in sample.content["body"].get("results", [sample.content["body"]])
]
# What no report is, beside what the samples hold.
NO_REPORTS = (
    None,
    7,
    "vb-1",
    [],
    {},
    WHOLE[0] | {"messageId": None},
    WHOLE[0] | {"messageId": "x" * 201},
    WHOLE[0] | {"sender": ["ExampleShop"]},
    WHOLE[0] | {"status": "DELIVERED"},
    WHOLE[1] | {"seenAt": None},
    {"messageId": "mo-1", "receivedAt": "2024-07-01T08:00:04.250+0000", "message": {"type": "TEXT", "text": 1.50}},
)
ENTRY = REPORT | st.sampled_from(SAMPLED) | st.sampled_from(NO_REPORTS) | ODD


def callback(body: bytes):
    return RawCallback(
        provider="infobip",
        connection="main",
        method="POST",
        received_at=datetime(2024, 7, 1, 12, tzinfo=UTC),
        body=body,
        hint="viber",
        content_type="application/json",
    )


def agree(one):
    try:
        each = read_each(one)
    except ValueError:  # to be read as a whole
        return
    assert each == read_any(one)


def outcome(read):
    try:
        return read()
    except PayloadInvalid as exc:
        return str(exc)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_both_ways_read_the_samples_alike(sample):
    agree(callback_of(PROVIDER, sample))


@given(st.lists(REPORT, max_size=4))
@example([{"messageId": "1", "status": {"id": 5, "groupId": 3}, "sender": 1}] * 2)
@example(
    [
        {"messageId": "1", "status": {"id": 5, "groupId": 3}, "sender": "1"},
        {"messageId": "1", "status": {"id": 5, "groupId": 3}, "sender": True},
    ]
)
def test_both_ways_read_whatever_comes_alike(entries):
    agree(callback(msgspec.json.encode({"results": entries})))


@given(st.lists(ENTRY, max_size=6), st.sampled_from([b",", b" ,\n\t"]))
@example([WHOLE[0], *NO_REPORTS, WHOLE[1]], b", ")
@example([WHOLE[0], *SAMPLED, WHOLE[1]], b",")
def test_both_ways_read_a_mixed_batch_alike_item_by_item(entries, comma):
    one = callback(b'{"results": [' + comma.join(msgspec.json.encode(entry) for entry in entries) + b" ]}")

    assert read_each(one) == read_any(one)


@pytest.mark.parametrize("odd", NO_REPORTS, ids=lambda odd: msgspec.json.encode(odd).decode()[:60])
def test_an_odd_entry_alone_takes_the_long_way(odd):
    one = callback(msgspec.json.encode({"results": [WHOLE[0], odd, WHOLE[1]]}))
    before, *_, after = read_each(one)

    assert read_plain(msgspec.Raw(msgspec.json.encode(odd)), "viber") is None
    assert [before, after] == [read_plain(msgspec.Raw(msgspec.json.encode(whole)), "viber") for whole in WHOLE]


@pytest.mark.parametrize(
    "odd",
    [
        b'{"messageId":"1","status":{"id":5,"id":9,"groupId":3},"sender":[]}',
        b'{"status":7,"messageId":"1","status":{"groupId":3},"status":7}',
        b'{"messageId" : "1" , "x" : 1.50 }',
        b'{"messageId":"mo","receivedAt":"2024-07-01","text":"\\ud83d"}',
        b'{"messageId":"mo","receivedAt":"2024-07-01","text":"x",}',
        b'{"messageId":"mo","receivedAt":"2024-07-01","text":"\xff"}',
        b'{"messageId":"mo","receivedAt":"2024-07-01","text":"caf\xc3\xa9","keyword":1.50}',
        b'{"messageId":"mo","receivedAt":NaN}',
        b'{"x":' + b"[" * 29 + b"]" * 29 + b"}",
        b'{"x":' + b"[" * 30 + b"]" * 30 + b"}",
        b"[" * 5000 + b"]" * 5000,
        b"[" * 5000,
        b" 1.50 ",
        b"",
    ],
    ids=lambda odd: odd[:60].decode(errors="backslashreplace"),
)
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["bare", "marked"])
def test_bytes_of_an_odd_entry_mean_what_they_mean_on_the_long_way(mark, odd):
    whole = msgspec.json.encode(WHOLE[0])
    one = callback(mark + b'{"results":[' + whole + b", " + odd + b" ," + whole + b"]}")

    assert outcome(lambda: normalise(one)) == outcome(lambda: read_any(one))


@pytest.mark.parametrize(
    "body",
    [
        b'{"results":[{"messageId":"1","status":{"id":5,"groupId":3},"sender":null,"x":"\xff"}]}',
        b'{"results":[{"messageId":"1","status":{"id":5,"id":9,"groupId":3}}],"results":[]}',
        b'{"results":[],"results":[{"messageId":"1","status":{"id":5,"id":9,"groupId":3}},7]}',
        b'{"results":[{"messageId":"1","status":{"id":5,"groupId":3,"name":"\\ud800"}}]}',
        b'{"results":[{"messageId":"1","status":{"id":5,"groupId":3},}]}',
        b'\xef\xbb\xbf{"results":[]}',
        b'{"results":null}',
        b'{"notificationType":"CLICK","messageId":"1"}',
        b'[{"messageId":"1"}]',
        b"",
    ],
)
def test_bytes_that_are_not_as_they_should_be_mean_what_they_mean_on_the_long_way(body):
    one = callback(body)

    assert outcome(lambda: normalise(one)) == outcome(lambda: read_any(one))


@given(TIMES | ODD)
def test_a_time_is_what_the_kit_reads(value):
    assert as_time(value) == as_instant(value)


@given(ODD | st.from_regex(r"[0+]?[0-9]{5,17}", fullmatch=True))
@example("0447700900105")
def test_a_number_is_what_the_kit_reads(value):
    assert as_number(value) == as_e164(value)


@given(st.text(max_size=5) | st.just("x" * 201))
@example(" x")
@example("x ")
@example("x\x7f")
def test_an_id_is_what_the_kit_reads(value):
    assert outcome(lambda: as_message_id(value)) == outcome(lambda: required_id(value, "messageId"))


def test_reports_take_the_short_way():
    long = [entry for entry in SAMPLED if read_plain(msgspec.Raw(msgspec.json.encode(entry)), "viber") is None]
    reports = [entry for entry in long if entry.get("status") or entry.get("seenAt")]

    assert reports == []


def test_nesting_in_a_member_that_nobody_reads_does_not_matter():
    body = msgspec.json.encode({"results": [WHOLE[0]]})[:-3] + b',"x":' + b"[" * 40 + b"]" * 40 + b"}]}"
    (fact,) = normalise(callback(body))

    assert fact.message_id == "vb-1"


def test_what_is_remembered_is_bounded():
    templates = _Templates(most=2, longest=20)
    fact = StatusFact(message_id="1", status=DeliveryStatus.SENT, provider_code="7")
    keys = [((b"s", b"", b""), "viber", None, sender, None, None) for sender in ("a", "b", 3, "d" * 20)]
    for key in keys:
        templates.keep(key, fact)

    assert [templates.get(key) for key in keys] == [None, None, fact, None]
