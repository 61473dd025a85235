"""What people wrote, who must not be written to, and what our side may say of that."""

from base64 import urlsafe_b64encode
from datetime import datetime

import msgspec
import pytest

from analytics.questions import Place
from api.admission.keys import Scope
from contracts.errors import BrokerUnavailable
from contracts.vocabulary import WishKind, WishReason
from tests.unit.api.rows import INBOUND, MESSAGE, NOON, SUPPRESSION

PERSON = "+447700900105"
WISH = {"recipient": "+44 7700 900105", "sender": "ExampleShop", "reason": "Asked for it by letter"}


def cursor_of(*place):
    return urlsafe_b64encode(msgspec.json.encode(place)).decode().rstrip("=")


def test_an_inbound_message_is_told_with_what_it_answers(client):
    (told,) = client.get("/v1/inbound").json()["inbound"]

    assert (told["text"], told["attributed_by"], told["message_id"]) == ("Is it in stock?", "provider_id", MESSAGE)
    assert told["cause"] == {"partition": 3, "offset": 1211, "index": 0, "items": 1}


def test_a_message_tells_its_replies(client):
    told = client.get(f"/v1/messages/{MESSAGE}").json()

    assert [reply["event_id"] for reply in told["replies"]] == [INBOUND["event_id"]]


def test_filters_reach_the_question(client, parts):
    client.get(
        "/v1/inbound",
        params={
            "provider": "infobip",
            "connection": "main",
            "channel": "viber",
            "from": "2026-11-21T10:00:00Z",
            "to": "2026-11-21T11:00:00Z",
            "addressee": "ExampleShop",
            "author": "+44 7700 900105",
            "text": "stock",
            "limit": 7,
        },
    )
    (asked,) = parts.store.asked

    assert (asked.provider, asked.connection, asked.channel, asked.text) == ("infobip", "main", "viber", "stock")
    assert (asked.from_, asked.to) == (NOON.replace(hour=10), NOON.replace(hour=11))
    assert (asked.addressee, asked.author, asked.limit) == ("ExampleShop", parts.store.pseudonym(PERSON), 7)


@pytest.mark.parametrize(
    ("address", "rows"),
    [pytest.param("inbound", [INBOUND], id="inbound"), pytest.param("suppressions", [SUPPRESSION], id="suppressions")],
)
class TestLists:
    """What both lists have in common."""

    def test_a_full_page_has_a_next_one_and_it_begins_there(self, client, parts, address, rows):
        cursor = client.get(f"/v1/{address}", params={"limit": 1}).json()["next_cursor"]
        client.get(f"/v1/{address}", params={"cursor": cursor})

        assert parts.store.asked[-1].before == Place(
            rows[0].get("since") or rows[0]["received_at"], rows[0]["kafka_partition"], rows[0]["kafka_offset"]
        )

    def test_the_last_page_has_none(self, client, address, rows):
        assert client.get(f"/v1/{address}").json()["next_cursor"] is None

    @pytest.mark.parametrize(
        "cursor",
        [
            "x",
            "e30",
            "ééé",
            "W10",
            "!",
            pytest.param(cursor_of("2026-11-21T10:00:00", 1, 1), id="a time without a zone"),
            pytest.param(cursor_of("0001-01-01T00:00:00+14:00", 1, 1), id="a time before all times"),
            pytest.param(cursor_of("2026-11-21T10:00:00Z", 2**15, 1), id="a partition that no store holds"),
            pytest.param(cursor_of("2026-11-21T10:00:00Z", 1, 2**63), id="an offset that no store holds"),
        ],
    )
    def test_a_cursor_that_is_none_is_refused_with_what_to_do(self, client, cursor, address, rows):
        answer = client.get(f"/v1/{address}", params={"cursor": cursor})

        assert answer.status_code == 422
        assert "next_cursor" in answer.json()["errors"][0]["detail"]

    def test_a_key_bound_to_accounts_sees_theirs(self, connect, parts, address, rows):
        told = connect(Scope.READ, accounts=("other",)).get(f"/v1/{address}").json()

        assert told[address] == []
        assert parts.store.asked[-1].accounts == ("other",)

    def test_a_key_that_only_sends_reads_nothing(self, connect, address, rows):
        assert connect(Scope.SEND).get(f"/v1/{address}").status_code == 403

    def test_it_says_how_fresh_it_is(self, client, address, rows):
        assert client.get(f"/v1/{address}").json()["freshness"]["lag_records"] == 12

    @pytest.mark.parametrize("person", ["447700900105", " 447700900105", "+44", "+1 555"])
    def test_a_number_that_is_none_is_refused(self, client, person, address, rows):
        name = "author" if address == "inbound" else "recipient"

        assert client.get(f"/v1/{address}", params={name: person}).status_code == 422

    def test_a_bots_user_is_found_by_an_id(self, client, parts, address, rows):
        name = "author" if address == "inbound" else "recipient"
        client.get(f"/v1/{address}", params={name: "sIfkKMSIcYr+zhA="})

        assert getattr(parts.store.asked[-1], name) == parts.store.pseudonym("sIfkKMSIcYr+zhA=")


@pytest.mark.parametrize("moment", ["2026-11-21", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_time_that_makes_no_sense_is_refused(client, moment):
    assert client.get("/v1/inbound", params={"from": moment}).status_code == 422


def test_a_suppression_is_told_with_its_cause(client):
    (told,) = client.get("/v1/suppressions").json()["suppressions"]

    assert (told["kind"], told["reason"], told["keyword"], told["language"]) == ("stop", "keyword", "STOP", "en")
    assert told["cause"]["offset"] == 1211


def test_what_was_done_by_hand_has_no_callback(client, parts):
    parts.store.wishes = [
        SUPPRESSION | dict.fromkeys(("cause_partition", "cause_offset", "cause_index", "cause_items"))
    ]

    assert client.get("/v1/suppressions").json()["suppressions"][0]["cause"] is None


@pytest.mark.parametrize(
    ("method", "kind"),
    [pytest.param("POST", WishKind.STOP, id="leave"), pytest.param("DELETE", WishKind.START, id="come back")],
)
def test_a_wish_by_hand_is_written_with_who_said_it_and_why(client, parts, method, kind):
    answer = client.request(method, "/v1/suppressions", json=WISH)
    (wish,) = parts.registrar.written

    assert answer.status_code == 202
    assert (wish.kind, wish.reason, wish.recipient, wish.sender) == (kind, WishReason.BY_HAND, PERSON, "ExampleShop")
    assert (wish.since, wish.note, wish.told_by) == (NOON, WISH["reason"], parts.ring.all()[0].id)
    assert answer.json() == {
        "event_id": wish.event_id,
        "account": "default",
        "sender": "ExampleShop",
        "kind": kind,
        "since": "2026-11-21T12:00:00Z",
    }


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"reason": None}, id="no reason"),
        pytest.param({"reason": ""}, id="an empty reason"),
        pytest.param({"recipient": None}, id="nobody"),
        pytest.param({"recipient": "447700900105"}, id="a number without its plus"),
        pytest.param({"account": "nobody"}, id="an account that is none"),
        pytest.param({"since": "2026-11-21T12:00:00Z"}, id="a member that is none"),
    ],
)
def test_a_wish_that_breaks_a_rule_is_not_written(client, parts, changed):
    body = {name: value for name, value in (WISH | changed).items() if value is not None}
    answer = client.post("/v1/suppressions", json=body)

    assert answer.status_code == 422
    assert parts.registrar.written == []


def test_a_key_bound_to_an_account_speaks_for_that_one_only(connect, parts):
    bound = connect(Scope.SEND, accounts=("other",))

    assert bound.post("/v1/suppressions", json=WISH).status_code == 422
    assert bound.post("/v1/suppressions", json=WISH | {"account": "other"}).status_code == 202
    assert [wish.account for wish in parts.registrar.written] == ["other"]


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_a_key_that_only_reads_says_nothing(connect, method):
    assert connect(Scope.READ).request(method, "/v1/suppressions", json=WISH).status_code == 403


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_a_form_is_not_taken(client, method):
    assert client.request(method, "/v1/suppressions", data=WISH).status_code == 415


def test_without_an_acknowledgement_nothing_is_promised(client, parts):
    parts.registrar.failure = BrokerUnavailable("no acknowledgement")

    assert client.post("/v1/suppressions", json=WISH).status_code == 503


def test_times_have_a_zone(client):
    (told,) = client.get("/v1/inbound").json()["inbound"]

    assert datetime.fromisoformat(told["received_at"]).tzinfo is not None
