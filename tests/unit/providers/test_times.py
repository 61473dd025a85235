from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers._kit.times import as_instant

AT = datetime(2024, 7, 4, 12, 5, 1, 250_000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "instant"),
    [
        pytest.param("2024-07-04T12:05:01.250Z", AT, id="ISO 8601"),
        pytest.param("2024-07-04 12:05:01.250", AT, id="a space, and no offset: UTC"),
        pytest.param("2024-07-04t12:05:01.250z", AT, id="small letters"),
        pytest.param("2024-07-04T12:05:01,250Z", AT, id="a comma"),
        pytest.param("2024-07-04T12:05:01.25Z", AT, id="two digits"),
        pytest.param("2024-07-04T12:05:01.2500009Z", AT, id="seven digits: cut at microseconds"),
        pytest.param("2024-07-04T13:05:01.250+01:00", AT, id="an offset"),
        pytest.param("2024-07-04T09:05:01.250-0300", AT, id="an offset without a colon"),
        pytest.param("2024-07-04T14:05:01.250+02", AT, id="an offset of hours"),
        pytest.param("2024-07-04 13:05:01.250 +0100", AT, id="an offset behind a space"),
        pytest.param(" 2024-07-04T12:05:01.250Z ", AT, id="spaces around"),
        pytest.param("2024-07-04T12:05Z", AT.replace(second=1, microsecond=0) - timedelta(seconds=1), id="no seconds"),
        pytest.param(1720094701250, AT, id="13 digits are milliseconds"),
        pytest.param("1720094701250", AT, id="also as text"),
        pytest.param(1720094701, AT.replace(microsecond=0), id="10 digits are seconds"),
    ],
)
def test_what_providers_write_is_read(value, instant):
    assert as_instant(value) == instant
    assert as_instant(value).tzinfo is UTC


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(None, id="null"),
        pytest.param("", id="nothing"),
        pytest.param("soon", id="a word"),
        pytest.param("2024-07-04", id="a day is no instant"),
        pytest.param("2024-02-30T00:00:00Z", id="a day that does not exist"),
        pytest.param("2024-07-04T24:00:01Z", id="an hour that does not exist"),
        pytest.param("0001-01-01T00:00:00+14:00", id="before the first year"),
        pytest.param("9999-12-31T23:59:59-14:00", id="after the last"),
        pytest.param("\N{FULLWIDTH DIGIT TWO}024-07-04T12:05:01Z", id="digits of another script"),
        pytest.param(True, id="a boolean"),
        pytest.param(17200947, id="8 digits"),
        pytest.param(-1720094701, id="before 1970"),
        pytest.param([1720094701], id="a list"),
    ],
)
def test_what_is_no_instant_is_null(value):
    assert as_instant(value) is None


def test_a_provider_may_write_in_its_own_zone():
    athens = timezone(timedelta(hours=3))

    assert as_instant("2024-07-04T15:05:01.250", zone=athens) == AT
    assert as_instant("2024-07-04T12:05:01.250Z", zone=athens) == AT


@given(st.datetimes(timezones=st.just(UTC)))
def test_every_instant_comes_back(moment):
    assert as_instant(moment.isoformat()) == moment


@given(st.text(alphabet="0123456789-: TtZz.,+", max_size=40))
def test_no_text_breaks_it(text):
    moment = as_instant(text)

    assert moment is None or moment.tzinfo is UTC
