import json

import pytest

from contracts.errors import (
    CredentialsRefused,
    ProviderThrottled,
    ProviderUnavailable,
    RequestInvalid,
    SendError,
    SendInDoubt,
)
from providers._kit.sending import HttpAnswer
from providers.telesign.answers import REFUSALS, accepted
from providers.telesign.codes import CODES

OURS = "0123456789ABCDEF0123456789ABCDEF"


def answer(code, http_status=200, *, reference_id=OURS, headers=None, description="Said", **members):
    body = {"reference_id": reference_id, "status": {"code": code, "description": description}, **members}
    return HttpAnswer(status=http_status, headers=headers or {}, body=json.dumps(body).encode())


def error_of(found):
    with pytest.raises(SendError) as raised:
        accepted(found)
    return raised.value


@pytest.mark.parametrize("code", [3001, "3001", 290, 291, 292, 203, 3002, 3000, 200])
def test_a_message_on_its_way_is_taken(code):
    taken = accepted(answer(code))

    assert (taken.root_id, taken.provider_code, taken.is_repeat) == (OURS, str(code), False)


def test_the_code_decides_and_not_the_http_status():
    assert accepted(answer(3001, 201)).root_id == OURS
    assert type(error_of(answer(3400, 200))) is CredentialsRefused


@pytest.mark.parametrize("row", REFUSALS.rows, ids=lambda row: f"{row.code or 'no code'} {row.http_status or ''}")
def test_every_refusal_is_told(row):
    status = row.http_status or 400
    found = answer(int(row.code), status) if row.code else HttpAnswer(status=status, headers={}, body=b"")

    error = error_of(found)

    assert type(error) is row.error
    assert (error.code, error.http_status) == (row.code or None, status)
    assert row.meaning in str(error)


def test_no_refusal_stands_beside_a_status_on_its_way():
    on_its_way = {row.code for row in CODES.rows if row.status and not row.status.is_bad_end}

    assert [row.code for row in REFUSALS.rows if row.code in on_its_way] == []


def test_a_bad_end_that_an_answer_may_tell_is_a_refusal_too():
    # Over time only: they are told long after the send was answered.
    later = {"221", "295", "599", "3033", "3056"}
    bad_ends = {row.code for row in CODES.rows if row.status and row.status.is_bad_end}

    assert bad_ends - {row.code for row in REFUSALS.rows} == later & bad_ends


@pytest.mark.parametrize(
    ("found", "kind"),
    [
        pytest.param(answer(3001, reference_id=None), SendInDoubt, id="taken, and no id to hear of it"),
        pytest.param(answer(3001, reference_id="x" * 201), SendInDoubt, id="taken, with an id that cannot be kept"),
        pytest.param(answer(3999), SendInDoubt, id="a code that nobody told us about"),
        pytest.param(answer(250), SendInDoubt, id="a status that says nothing"),
        pytest.param(HttpAnswer(status=200, headers={}, body=b"<html>"), SendInDoubt, id="no sense"),
        pytest.param(HttpAnswer(status=200, headers={}, body=b""), SendInDoubt, id="nothing"),
        pytest.param(HttpAnswer(status=503, headers={}, body=b"<html>"), SendInDoubt, id="a gateway's 503"),
        pytest.param(answer(3500, 503), ProviderUnavailable, id="the provider's 503"),
        pytest.param(answer(3999, 500), SendInDoubt, id="an unknown failure"),
        pytest.param(HttpAnswer(status=302, headers={}, body=b""), RequestInvalid, id="elsewhere"),
        pytest.param(HttpAnswer(status=413, headers={}, body=b""), RequestInvalid, id="too large, without words"),
        pytest.param(answer(3203, 429), RequestInvalid, id="429 that patience does not help"),
    ],
)
def test_what_an_odd_answer_leaves(found, kind):
    assert type(error_of(found)) is kind


def test_older_interfaces_say_why_in_errors():
    error = error_of(answer(500, 429, errors=[{"code": -40007, "description": "Rate Limit Exceeded"}]))

    assert (type(error), error.code) == (ProviderThrottled, "-40007")


def test_how_long_to_wait_is_kept():
    assert error_of(answer(3204, 429, headers={"retry-after": "7"})).retry_after_s == 7


def test_a_number_that_the_provider_quotes_is_not_told_on():
    error = error_of(answer(3101, 400, description="Invalid value for parameter phone_number: 447700900123"))

    assert "447700900123" not in str(error)
    assert "phone_number" in str(error)
