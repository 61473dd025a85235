from datetime import UTC, datetime

import pytest

from providers.telesign.times import telesign_instant


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        pytest.param("2020-05-04 22:07:01:226", (2020, 5, 4, 22, 7, 1, 226_000), id="a colon before the milliseconds"),
        pytest.param("2020-05-04 22:06:03.837", (2020, 5, 4, 22, 6, 3, 837_000), id="a dot before them"),
        pytest.param("2016-10-21T14:05:36.181346Z", (2016, 10, 21, 14, 5, 36, 181_346), id="RFC 3339"),
        pytest.param("Thu, 23 Jun 2022 19:03:44 GMT", (2022, 6, 23, 19, 3, 44), id="an HTTP date"),
        pytest.param("2020-05-04 22:07:01:2", (2020, 5, 4, 22, 7, 1, 200_000), id="a colon and one digit"),
        pytest.param("2020-05-04 22:07:01:226001", (2020, 5, 4, 22, 7, 1, 226_001), id="a colon and six digits"),
        pytest.param("2020-05-04 22:07:01:2260019", (2020, 5, 4, 22, 7, 1, 226_001), id="a colon and seven digits"),
        pytest.param("2020-05-04T22:07:01:226Z", (2020, 5, 4, 22, 7, 1, 226_000), id="a colon and a zone"),
        pytest.param("2020-05-04 23:07:01:226+0100", (2020, 5, 4, 22, 7, 1, 226_000), id="a colon and an offset"),
        pytest.param("2020-05-04 22:07:01", (2020, 5, 4, 22, 7, 1), id="no fraction"),
        pytest.param("2016-10-21t14:05:36.181346z", (2016, 10, 21, 14, 5, 36, 181_346), id="small letters"),
        pytest.param("2023-12-31 23:59:59:999", (2023, 12, 31, 23, 59, 59, 999_000), id="the edge of a year"),
        pytest.param("thu, 5 jun 2022 19:03:44 gmt", (2022, 6, 5, 19, 3, 44), id="an HTTP date in small letters"),
        pytest.param("23 Jun 2022 21:03:44 +0200", (2022, 6, 23, 19, 3, 44), id="a mail date"),
        pytest.param("Thursday, 23-Jun-2022 19:03:44", (2022, 6, 23, 19, 3, 44), id="an old HTTP date, no zone"),
        pytest.param(1655999024, (2022, 6, 23, 15, 43, 44), id="epoch seconds"),
    ],
)
def test_every_spelling_is_read_as_utc(text, instant):
    assert telesign_instant(text) == datetime(*instant, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "soon",
        "Thu, 32 Jun 2022 19:03:44 GMT",
        "Thu, 23 Foo 2022 19:03:44 GMT",
        "2022:06:23",
        ":" * 40,
        [],
        {},
    ],
    ids=repr,
)
def test_what_is_no_time_is_null(value):
    assert telesign_instant(value) is None
