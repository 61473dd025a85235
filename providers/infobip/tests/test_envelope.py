import pytest

from contracts.errors import PayloadInvalid
from contracts.status import DeliveryStatus
from providers._kit.facts import RejectedItem, StatusFact

GOOD = b'{"messageId":"vb-1","status":{"groupId":3,"id":5}}'
XML = "application/xml"


def test_no_results_are_no_items(read_body):
    assert read_body(b'{"results":[]}') == []


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param(b"", "empty", id="an empty body"),
        pytest.param(b"not json", "not JSON", id="not JSON"),
        pytest.param(b'{"results":[', "not JSON", id="JSON that was cut"),
        pytest.param(b'{"results":["\xff"]}', "not UTF-8", id="not UTF-8"),
        pytest.param(b"\x00\x00", "not JSON", id="NUL bytes"),
        pytest.param(b"[" * 100_000, "deeper", id="nested without end"),
        pytest.param(b"[]", "expected an object with the reports in a list `results`, got a list", id="a list"),
        pytest.param(b'"results"', "got text", id="text"),
        pytest.param(b"7", "got a number", id="a number"),
        pytest.param(b"null", "got null", id="null"),
        pytest.param(b"{}", "`results` is missing", id="no results"),
        pytest.param(b'{"results":null}', "`results` is null", id="results null"),
        pytest.param(b'{"results":{"messageId":"x"}}', "`results` is an object", id="results an object"),
        pytest.param(b'{"results":"none"}', "`results` is text", id="results text"),
        pytest.param(
            b'{"messageId":"x","status":{"groupId":3}}', "`results` is missing", id="a report without the list"
        ),
        pytest.param(b"<DeliveryReports/>", "no element `results`", id="XML without results"),
        pytest.param(b"<DeliveryReports><results>", "not XML", id="XML that was cut"),
        pytest.param(b"<a>" * 3000 + b"</a>" * 3000, "no element `results`", id="deep XML without results"),
        pytest.param(b"<a><results>" + b"<b>" * 99 + b"</b>" * 99 + b"</results></a>", "deeper", id="deep XML"),
        pytest.param(b'<?xml version="1.0" encoding="x-none"?><a/>', "not XML", id="XML in no known encoding"),
        pytest.param(b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "document type", id="XML with entities"),
        pytest.param(b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "document type", id="XML with a document type"),
    ],
)
def test_a_body_that_cannot_be_read_says_what_was_expected(read_body, body, reason):
    with pytest.raises(PayloadInvalid, match=reason):
        read_body(body)


@pytest.mark.parametrize("bad", [b"42", b'"text"', b"null", b"[1, 2]", b"true", b'{ "messageId" :"x" }', b"{}"])
def test_a_bad_entry_is_put_aside_with_its_own_bytes_and_the_others_stand(read_body, bad):
    items = read_body(b'{"results": [' + GOOD + b" , " + bad + b"," + GOOD + b"]}")

    assert [type(item) for item in items] == [StatusFact, RejectedItem, StatusFact]
    assert items[1].body == bad


def test_the_reason_says_what_the_entry_is(read):
    [number, nothing] = read(42, None)

    assert number.reason.endswith("not a number")
    assert nothing.reason.endswith("not null")


def test_thousands_of_bad_entries_keep_each_its_own_bytes(read_body):
    numbers = [str(number).encode() for number in range(20_000)]
    items = read_body(b'{"results":[' + b",".join(numbers) + b"]}")

    assert [item.body for item in items] == numbers


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        pytest.param(
            "application/json", b"<DeliveryReports><results/></DeliveryReports>", id="the first byte is XML's"
        ),
        pytest.param("", b"\xef\xbb\xbf \n<DeliveryReports><results/></DeliveryReports>", id="after mark and spaces"),
        pytest.param(XML, "<DeliveryReports><results/></DeliveryReports>".encode("utf-16"), id="the type says XML"),
        pytest.param(XML, b'{"results":[]}', id="JSON that says it is XML"),
    ],
)
def test_xml_is_told_from_json_by_its_first_byte_else_by_its_type(read_body, content_type, body):
    assert read_body(body, content_type=content_type) == []


def test_an_xml_report_is_the_same_fact_as_in_json(read_body, read, report):
    entry = report(price={"pricePerMessage": "0.15", "currency": "EUR"})
    xml = _as_xml("result", entry)
    body = f"<?xml version='1.0'?>\n<DeliveryReports>\n <results>{xml}\n{xml}</results></DeliveryReports>".encode()

    assert read_body(body, content_type=XML) == read(entry, entry)


def test_the_messages_apis_xml_repeats_the_name_of_the_list(read_body, report):
    xml = _as_xml("results", report())
    items = read_body(
        f"<MessagesApiDeliveryReportResponse><results>{xml}</results></MessagesApiDeliveryReportResponse>".encode()
    )

    assert [item.status for item in items] == [DeliveryStatus.DELIVERED]


def test_empty_xml_elements_are_null_and_namespaces_do_not_matter(read_body):
    body = (
        b'<a xmlns="urn:x"><results><result><messageId>vb-1</messageId><error/><callbackData/>'
        b"<status><groupId>3</groupId><id>5</id></status></result></results></a>"
    )
    [fact] = read_body(body)

    assert (fact.status, fact.external_id, fact.is_permanent) == (DeliveryStatus.DELIVERED, None, None)


def test_a_bad_xml_entry_is_put_aside_with_its_own_text(read_body):
    [rejected] = read_body(b"<a><results><result><to>447700900105</to></result></results></a>")

    assert rejected == RejectedItem(reason=rejected.reason, body=b"<result><to>447700900105</to></result>")
    assert "expected a report" in rejected.reason


def test_a_bare_text_where_an_xml_entry_should_be_is_put_aside(read_body):
    [rejected] = read_body(b"<a><results><result>DELIVERED</result></results></a>")

    assert rejected.reason.endswith("not text")


def _as_xml(name: str, value: object) -> str:
    if isinstance(value, dict):
        return f"<{name}>" + "".join(_as_xml(key, member) for key, member in value.items()) + f"</{name}>"
    return f"<{name}>{str(value).lower() if isinstance(value, bool) else value}</{name}>"
