import csv
from importlib.resources import files

import pytest

from contracts.errors import PayloadInvalid
from contracts.status import BAD_ENDS, DeliveryStatus
from contracts.vocabulary import Reason
from providers.infobip.codes import CODES, GROUPS, deciding_rows, rule
from providers.infobip.payloads import ErrorPayload, StatusPayload

S = DeliveryStatus
STATUS_ROWS = [row for row in CODES.rows if row.scale.startswith("status:")]
ERROR_ROWS = [row for row in CODES.rows if row.scale.startswith("error:")]


def name_of(row):
    return f"{row.scale}/{row.code}"


@pytest.mark.parametrize(
    ("group", "code", "status", "is_known"),
    [
        pytest.param(0, 0, S.ACCEPTED, False, id="group 0 is accepted"),
        pytest.param(1, 26, S.ACCEPTED, True, id="pending 26 is accepted"),
        pytest.param(1, 3, S.SENT, True, id="pending 3 waits for the operator, so it was sent"),
        pytest.param(1, 7, S.SENT, True, id="pending 7 is on its way, so it was sent"),
        pytest.param(1, 1, S.QUEUED, False, id="pending with any other id is queued"),
        pytest.param(2, 4, S.UNDELIVERED, True, id="group 2 is undelivered"),
        pytest.param(2, 777, S.UNDELIVERED, False, id="group 2 with an id in no list is undelivered"),
        pytest.param(3, 5, S.DELIVERED, True, id="delivered to the handset"),
        pytest.param(3, 2, S.SENT, True, id="delivered to the operator only is sent"),
        pytest.param(3, 777, S.DELIVERED, False, id="group 3 with an id in no list is delivered"),
        pytest.param(4, 15, S.EXPIRED, True, id="group 4 is expired"),
        pytest.param(4, 22, S.EXPIRED, False, id="group 4 with an old id is expired"),
        pytest.param(4, 87, S.EXPIRED, True, id="87 in group 4 is expired"),
        pytest.param(5, 87, S.REJECTED, True, id="87 in group 5 is rejected"),
        pytest.param(5, 100, S.REJECTED, True, id="100 is rejected though its name begins with UNDELIVERABLE"),
        pytest.param(5, 5, S.REJECTED, False, id="5 in group 5 is rejected: an id alone decides nothing"),
        pytest.param(9, 5, S.UNKNOWN, False, id="an unknown group is unknown whatever the id"),
        pytest.param("3", "5", S.DELIVERED, True, id="numbers may be text"),
        pytest.param("3.0", "5.0", S.DELIVERED, True, id="numbers may be text with a fraction of nothing"),
        pytest.param(-1, 5, S.UNKNOWN, False, id="a negative group is unknown"),
    ],
)
def test_the_group_decides_and_the_id_explains(group, code, status, is_known):
    ruling = rule(StatusPayload(group_id=group, id=code, name="UNDELIVERABLE_WHATEVER"), None)

    assert (ruling.status, ruling.is_known_code) == (status, is_known)


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("ACCEPTED", S.ACCEPTED),
        ("Ok", S.ACCEPTED),
        ("PENDING", S.QUEUED),
        ("undeliverable", S.UNDELIVERED),
        ("Delivered", S.DELIVERED),
        (" EXPIRED ", S.EXPIRED),
        ("rejected", S.REJECTED),
        ("QUARANTINED", S.UNKNOWN),
        ("", S.UNKNOWN),
        (None, S.UNKNOWN),
    ],
)
def test_without_a_number_the_group_goes_by_its_name_in_any_case(name, status):
    ruling = rule(StatusPayload(group_name=name, id=777), None)

    assert ruling.status is status


def test_the_number_of_a_group_counts_more_than_its_name():
    ruling = rule(StatusPayload(group_id=9, group_name="DELIVERED", id=5), None)

    assert ruling.status is S.UNKNOWN


@pytest.mark.parametrize(
    ("status", "code"),
    [
        pytest.param(StatusPayload(group_id=9, id=9001), "9001", id="the id as text"),
        pytest.param(StatusPayload(group_id=3, id="5"), "5", id="an id that is text"),
        pytest.param(
            StatusPayload(group_id=3, name="DELIVERED_TO_HANDSET"), "DELIVERED_TO_HANDSET", id="else the name"
        ),
        pytest.param(StatusPayload(group_name="PENDING"), "PENDING", id="else the group's name"),
        pytest.param(StatusPayload(group_id=3), "3", id="else the group's number"),
    ],
)
def test_the_provider_code_is_the_id_or_the_nearest_thing_to_it(status, code):
    assert rule(status, None).provider_code == code


def test_a_status_that_says_nothing_is_refused():
    with pytest.raises(PayloadInvalid, match="neither an id"):
        rule(StatusPayload(), None)


def test_the_table_has_every_documented_code():
    assert (len(STATUS_ROWS), len(ERROR_ROWS)) == (34, 195)


@pytest.mark.parametrize("row", STATUS_ROWS, ids=name_of)
def test_a_status_of_the_table_says_what_its_group_says(row):
    group = int(row.scale.removeprefix("status:"))
    exceptions = {("status:1", "26"): S.ACCEPTED, ("status:1", "3"): S.SENT, ("status:1", "7"): S.SENT}
    exceptions |= {("status:3", "2"): S.SENT}

    assert row.status is exceptions.get((row.scale, row.code), GROUPS[group])


@pytest.mark.parametrize("row", STATUS_ROWS, ids=name_of)
def test_every_status_is_found_again(row):
    ruling = rule(StatusPayload(group_id=int(row.scale[-1]), id=int(row.code)), None)

    assert (ruling.status, ruling.provider_code, ruling.is_known_code) == (row.status, row.code, True)
    assert (ruling.reason, ruling.may_fall_back) == (row.reason, row.may_fall_back)


@pytest.mark.parametrize("row", ERROR_ROWS, ids=name_of)
def test_every_error_explains_a_bad_end(row):
    undelivered = StatusPayload(group_id=2, id=9)
    ruling = rule(undelivered, ErrorPayload(group_id=int(row.scale[-1]), id=int(row.code)))

    assert row.status is None
    assert ruling.is_known_code
    if row.code == "0":
        assert (ruling.error_code, ruling.reason) == (None, None)
    else:
        assert (ruling.error_code, ruling.reason) == (row.code, row.reason)
        assert ruling.reason is not None
        assert ruling.may_fall_back is row.may_fall_back


def test_only_bad_ends_have_reasons_and_let_another_channel_try():
    without = [row for row in STATUS_ROWS if row.status not in BAD_ENDS]

    assert {(row.reason, row.may_fall_back) for row in without} == {(None, False)}


@pytest.mark.parametrize(
    ("group", "code", "may_fall_back", "reason"),
    [
        pytest.param(1, 7002, True, Reason.UNKNOWN_RECIPIENT, id="7002 nobody there on Viber: try SMS"),
        pytest.param(1, 7010, True, Reason.NO_SESSION, id="7010 no session: try SMS"),
        pytest.param(1, 7201, True, Reason.UNSUPPORTED_DEVICE, id="7201 wrong device: try SMS"),
        pytest.param(3, 7082, True, Reason.PROVIDER_ERROR, id="7082 gateway failed: try SMS"),
        pytest.param(1, 7003, False, Reason.BLOCKED_BY_RECIPIENT, id="7003 the person blocked the sender: stop"),
        pytest.param(3, 2050, False, Reason.OPTED_OUT, id="2050 opted out: stop"),
        pytest.param(3, 7280, False, Reason.DUPLICATE, id="7280 already sent: stop"),
        pytest.param(3, 5492, False, Reason.DUPLICATE, id="5492 already sent: stop"),
        pytest.param(1, 1, False, Reason.UNKNOWN_RECIPIENT, id="1 no such number: stop"),
        pytest.param(1, 27, True, Reason.ABSENT_RECIPIENT, id="27 absent: another channel may reach the person"),
        pytest.param(3, 4098, True, Reason.TIMED_OUT, id="4098 expired: try"),
        pytest.param(2, 5003, True, None, id="an error in no list leaves the decision to the status"),
    ],
)
def test_what_an_error_means_for_another_channel(group, code, may_fall_back, reason):
    ruling = rule(StatusPayload(group_id=2, id=9), ErrorPayload(group_id=group, id=code))

    assert (ruling.may_fall_back, ruling.reason) == (may_fall_back, reason)


@pytest.mark.parametrize(
    ("group", "code", "may_fall_back"),
    [
        pytest.param(5, 23, False, id="23 repeats a send that was taken: stop"),
        pytest.param(5, 10, False, id="10 do not disturb: stop"),
        pytest.param(5, 12, True, id="12 no credit here: try elsewhere"),
        pytest.param(5, 777, False, id="a refusal in no list may be an opt-out: stop"),
        pytest.param(2, 777, True, id="undeliverable for whatever reason: try"),
        pytest.param(4, 777, True, id="expired for whatever reason: try"),
        pytest.param(9, 777, False, id="an unknown group starts nothing"),
    ],
)
def test_what_a_status_alone_means_for_another_channel(group, code, may_fall_back):
    assert rule(StatusPayload(group_id=group, id=code), None).may_fall_back is may_fall_back


def test_neither_status_nor_error_can_overrule_the_others_veto():
    refused, curable = StatusPayload(group_id=5, id=10), ErrorPayload(group_id=1, id=27)

    assert rule(refused, curable).may_fall_back is False


def test_an_error_beside_a_success_gives_no_reason():
    ruling = rule(StatusPayload(group_id=3, id=5), ErrorPayload(group_id=1, id=27))

    assert (ruling.error_code, ruling.reason, ruling.may_fall_back) == ("27", None, False)


@pytest.mark.parametrize("group", [1, "1", 7, None, "USER_ERRORS"])
def test_an_error_is_known_by_its_id_when_its_group_is_not_the_listed_one(group):
    ruling = rule(StatusPayload(group_id=2, id=9), ErrorPayload(group_id=group, id=4102))

    assert (ruling.reason, ruling.is_known_code) == (Reason.NO_ROUTE, True)


def test_an_error_in_no_list_is_kept_and_counted_as_unknown():
    ruling = rule(StatusPayload(group_id=2, id=9), ErrorPayload(group_id=1, id="EC_NEW"))

    assert (ruling.error_code, ruling.is_known_code) == ("EC_NEW", False)


@pytest.mark.parametrize(
    ("status", "error", "rows"),
    [
        pytest.param({"groupId": 5, "id": 87}, {"id": 7002}, ["status:5 87", "error:1 7002"], id="status and error"),
        pytest.param({"groupId": 4, "id": 87}, {"id": 0}, ["status:4 87"], id="no error has no row"),
        pytest.param({"groupId": 2, "id": 777}, {"id": 777}, ["group 2"], id="ids in no list leave it to the group"),
        pytest.param({"groupId": 9, "id": 5}, None, [], id="nothing decides an unknown group"),
    ],
)
def test_a_report_names_what_decided_it(read, report, status, error, rows):
    [fact] = read(report(status=status, error=error))

    assert [f"{row.scale} {row.code}" for row in deciding_rows(fact)] == rows


def test_a_seen_report_is_decided_by_its_kind(read):
    [fact] = read({"messageId": "vb-1", "from": "447700900105", "seenAt": "2024-07-01T08:00:04.250+0000"})

    assert [(row.scale, row.status) for row in deciding_rows(fact)] == [("kind", S.SEEN)]


def test_every_row_names_the_code_as_the_provider_does():
    rows = csv.DictReader(files("providers.infobip").joinpath("codes.csv").read_text(encoding="utf-8").splitlines())

    assert all(row["meaning"].split(":")[0].isupper() and row["source"].startswith("https://") for row in rows)
