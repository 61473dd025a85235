"""Sessions with people: what is asked for, and what the next message would do."""

from datetime import timedelta

import pytest

from analytics.questions import Place
from api.admission.keys import Scope
from tests.unit.api.rows import NOON, SESSION, STANDING

CONVERSATION = "/v1/sessions/ExampleShop/+447700900105"


def effects(told) -> dict[str, str]:
    (conversation,) = told["conversations"]
    return {one["kind"]: one["effect"] for one in conversation["next_send"]}


def reasons(told, kind: str = "text") -> tuple[str | None, str]:
    (conversation,) = told["conversations"]
    return next((one["reason"], one["words"]) for one in conversation["next_send"] if one["kind"] == kind)


def test_an_open_session_is_told_with_what_is_left(client):
    (told,) = client.get("/v1/sessions").json()["sessions"]

    assert (told["is_open"], told["messages_left"], told["in_a_row_left"], told["near"]) == (True, 56, 1, ["in_a_row"])
    assert (told["closed_at"], told["is_billed"], told["cost"]) == (None, None, None)


def test_a_closed_one_has_its_account_and_money_is_no_float(client, parts):
    closed = {"is_open": False, "closed_at": NOON, "closed_by": "full", "is_billed": True, "cost": "0.050000"}
    parts.store.talks = [SESSION | closed]
    (told,) = client.get("/v1/sessions").json()["sessions"]

    assert (told["closed_by"], told["is_billed"], told["cost"]) == ("full", True, "0.050000")


def test_filters_reach_the_question(client, parts):
    asked_for = {
        "sender": "ExampleShop",
        "open": "true",
        "near": "time",
        "from": "2026-11-21T10:00:00Z",
        "to": "2026-11-21T11:00:00Z",
        "limit": 7,
    }
    client.get("/v1/sessions", params=asked_for)
    (asked,) = parts.store.asked

    assert (asked.sender, asked.is_open, asked.near, asked.limit) == ("ExampleShop", True, "time", 7)
    assert (asked.from_, asked.to) == (NOON.replace(hour=10), NOON.replace(hour=11))


@pytest.mark.parametrize("address", ["/v1/sessions", CONVERSATION])
class TestBoth:
    """What the list and a conversation have in common."""

    def test_a_full_page_has_a_next_one_and_it_begins_there(self, client, parts, address):
        cursor = client.get(address, params={"limit": 1}).json()["next_cursor"]
        client.get(address, params={"cursor": cursor})

        assert parts.store.asked[-1].before == Place(SESSION["opened_at"], 1, 17)

    def test_the_last_page_has_none(self, client, address):
        assert client.get(address).json()["next_cursor"] is None

    def test_it_says_how_fresh_it_is(self, client, address):
        assert client.get(address).json()["freshness"]["lag_records"] == 12

    def test_a_key_that_only_sends_reads_nothing(self, connect, address):
        assert connect(Scope.SEND).get(address).status_code == 403

    def test_a_key_bound_to_accounts_asks_for_theirs(self, connect, parts, address):
        connect(Scope.READ, accounts=("other",)).get(address)

        assert parts.store.asked[-1].accounts == ("other",)

    @pytest.mark.parametrize("cursor", ["x", "e30", "!"])
    def test_a_cursor_that_is_none_is_refused(self, client, address, cursor):
        assert client.get(address, params={"cursor": cursor}).status_code == 422

    def test_what_is_not_known_is_refused(self, client, address):
        assert client.get(address, params={"colour": "violet"}).status_code == 422


@pytest.mark.parametrize("moment", ["2026-11-21", "0001-01-01T00:00:00+14:00"])
def test_a_time_that_makes_no_sense_is_refused(client, moment):
    assert client.get("/v1/sessions", params={"from": moment}).status_code == 422


def test_what_the_next_message_of_each_kind_would_do(client):
    told = client.get(CONVERSATION).json()

    assert {kind for kind, effect in effects(told).items() if effect == "belongs"} == {"text", "image", "file"}
    assert {"video", "location", "template"} <= {kind for kind, effect in effects(told).items() if effect == "refused"}
    assert reasons(told, "video") == ("kind", "a session takes text, image, file alone: send it outside of one")
    assert reasons(told) == (None, "goes into the open session, which takes 56 more, 1 of them in a row")


@pytest.mark.parametrize(
    ("members", "effect", "reason"),
    [
        pytest.param({"messages_left": 0}, "opens", None, id="the one after the last opens the next"),
        pytest.param({"in_a_row_left": 0}, "refused", "in_a_row", id="it is the person's turn"),
        pytest.param({"session_id": None, "ends_at": None}, "refused", "no_session", id="none is open"),
        pytest.param({"ends_at": NOON}, "refused", "no_session", id="its time is up, told or not"),
    ],
)
def test_why_the_next_text_is_refused_or_opens_another(client, parts, members, effect, reason):
    parts.store.standings = [STANDING | members]
    told = client.get(CONVERSATION).json()

    assert effects(told)["text"] == effect
    assert reasons(told)[0] == reason


def test_a_session_whose_time_is_up_is_not_shown_as_open(client, parts):
    parts.store.standings = [STANDING | {"ends_at": NOON - timedelta(seconds=1)}]
    (conversation,) = client.get(CONVERSATION).json()["conversations"]

    assert (conversation["session_id"], conversation["ends_at"]) == (None, None)


def test_a_conversation_has_its_sessions_and_what_broke_the_rules(client):
    told = client.get(CONVERSATION).json()

    assert [one["session_id"] for one in told["sessions"]] == [SESSION["session_id"]]
    assert [one["rule"] for one in told["rule_breaks"]] == ["in_a_row"]


@pytest.mark.parametrize(
    ("written", "person"),
    [
        pytest.param("+447700900105", "+447700900105", id="a number"),
        pytest.param("+44 7700 900105", "+447700900105", id="in groups"),
        pytest.param("sIfkK/MSI%2Bcr==", "sIfkK/MSI+cr==", id="the id of a bot's user, with a slash"),
    ],
)
def test_whom_a_conversation_is_with(client, parts, written, person):
    told = client.get(f"/v1/sessions/ExampleShop/{written}").json()

    assert parts.store.asked[-1].recipient == parts.store.pseudonym(person)
    assert told["recipient_hash"] == f"{parts.store.pseudonym(person):016x}"


def test_numbers_of_people_are_not_in_the_answer(client):
    assert "447700900105" not in client.get(CONVERSATION).text


def test_a_number_that_is_none_is_refused(client):
    assert client.get("/v1/sessions/ExampleShop/+44").status_code == 422


def test_of_a_conversation_of_another_account_nothing_is_known(connect):
    answer = connect(Scope.READ, accounts=("other",)).get(CONVERSATION)

    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")
