"""What the provider answers, and what follows."""

import pytest

from contracts.errors import (
    CredentialsRefused,
    ProviderThrottled,
    RequestInvalid,
    SendInDoubt,
)
from providers._kit.rehearsal import Rehearsal
from providers._kit.sending import Accepted, HttpAnswer
from providers.infobip import PROVIDER
from providers.infobip.answers import REFUSALS
from providers.infobip.codes import CODES
from providers.infobip.tests.rehearsed import SETTINGS, SMS, answered, request, sent, worded


@pytest.fixture
def rehearsal():
    return Rehearsal(PROVIDER, SETTINGS)


REJECTIONS = [row for row in REFUSALS.rows if row.http_status == 200 and row.code.isdecimal()]


@pytest.mark.parametrize("row", REJECTIONS, ids=[row.code for row in REJECTIONS])
def test_each_rejection_inside_a_200_is_an_error_of_its_own(rehearsal, row):
    rehearsal.outbound.meet(answered(int(row.code)))

    with pytest.raises(row.error) as refused:
        sent(rehearsal, request())
    assert type(refused.value) is row.error
    assert refused.value.code == row.code


def test_every_documented_rejection_but_the_repeat_is_in_the_table():
    documented = {row.code for row in CODES.rows if row.scale == "status:5"}

    assert documented - {"23"} == {row.code for row in REJECTIONS}


def test_no_rejection_asks_for_the_same_id_again():
    assert not [row.code for row in REJECTIONS if row.error.may_retry]


@pytest.mark.parametrize("row", REJECTIONS, ids=[row.code for row in REJECTIONS])
def test_no_rejection_falls_back_where_its_report_would_not(row):
    by_report = CODES.find("status:5", row.code).may_fall_back

    assert by_report or not row.error.may_fall_back


def test_a_rejection_in_no_list_falls_back_to_nothing(rehearsal):
    rehearsal.outbound.meet(answered(4711))

    with pytest.raises(RequestInvalid, match="in no list") as refused:
        sent(rehearsal, request())
    assert refused.value.code == "4711"


@pytest.mark.parametrize(("status_id", "group"), [(26, 1), (7, 1), (0, 0), (5, 3), (9, 2), (15, 4)], ids=str)
def test_all_that_is_not_rejected_was_taken(rehearsal, status_id, group):
    rehearsal.outbound.meet(answered(status_id, group=group, name="AS IT MAY BE"))

    assert sent(rehearsal, request()) == Accepted(root_id="send-1", provider_code=str(status_id))


def test_an_sms_in_parts_says_how_many(rehearsal):
    status = {"groupId": 1, "id": 26}
    rehearsal.outbound.meet(
        worded(200, {"messages": [{"messageId": "send-1", "status": status, "details": {"messageCount": 3}}]})
    )

    assert sent(rehearsal, request(channel=SMS)).parts_count == 3


NEW = {"errorCode": "E400", "description": "Bad.", "violations": [{"property": "messages[0].to", "violation": "no"}]}
OLD = {
    "requestError": {
        "serviceException": {"messageId": "BAD_REQUEST", "text": "Bad", "validationErrors": {"to": ["no"]}}
    }
}


@pytest.mark.parametrize(
    ("answer", "error", "code", "text"),
    [
        pytest.param(worded(400, NEW), RequestInvalid, "E400", r"Bad.; messages\[0\].to: no", id="new wording"),
        pytest.param(worded(400, OLD), RequestInvalid, "BAD_REQUEST", r"Bad; to: \['no'\]", id="old wording"),
        pytest.param(worded(401, {"errorCode": "E401"}), CredentialsRefused, "E401", "key", id="new 401"),
        pytest.param(
            worded(401, {"requestError": {"serviceException": {"messageId": "UNAUTHORIZED"}}}),
            CredentialsRefused,
            "UNAUTHORIZED",
            "key",
            id="old 401",
        ),
        pytest.param(worded(403, {"errorCode": "E403"}), CredentialsRefused, "E403", "scopes", id="403"),
        pytest.param(worded(404, {"errorCode": "E404"}), CredentialsRefused, "E404", "base_url", id="404"),
        pytest.param(worded(500, {"errorCode": "E500"}), SendInDoubt, "E500", "wrong", id="500 may have taken it"),
        pytest.param(worded(503, []), SendInDoubt, None, "Not available", id="503 says nothing of the message"),
        pytest.param(HttpAnswer(status=502, headers={}, body=b"<html>"), SendInDoubt, None, "gave up", id="a proxy"),
        pytest.param(worded(200, {"messages": []}), SendInDoubt, None, "without a word", id="200, no message"),
        pytest.param(worded(200, {"messages": [{}]}), SendInDoubt, None, "without the status", id="200, no status"),
        pytest.param(worded(200, []), SendInDoubt, None, "not what it documents", id="200, no object"),
        pytest.param(HttpAnswer(status=200, headers={}, body=b"ok"), SendInDoubt, None, "not what", id="200, no JSON"),
    ],
)
def test_an_answer_says_what_follows(rehearsal, answer, error, code, text):
    rehearsal.outbound.meet(answer)

    with pytest.raises(error, match=text) as refused:
        sent(rehearsal, request())
    assert type(refused.value) is error
    assert refused.value.code == code


def test_patience_is_as_long_as_the_provider_asks(rehearsal):
    rehearsal.outbound.meet(429)

    with pytest.raises(ProviderThrottled) as refused:
        sent(rehearsal, request())
    assert (refused.value.code, refused.value.retry_after_s) == ("E429", 2.0)


@pytest.mark.parametrize("row", [row for row in REFUSALS.rows if row.http_status != 200], ids=str)
def test_each_row_of_the_table_is_found(rehearsal, row):
    body = {"errorCode": row.code} if row.code.startswith("E") else {}
    if row.code and not body:
        body = {"requestError": {"serviceException": {"messageId": row.code, "text": "x"}}}
    rehearsal.outbound.meet(worded(row.http_status, body))

    with pytest.raises(row.error, match=row.meaning[:20]):
        sent(rehearsal, request())
