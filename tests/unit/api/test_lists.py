"""The list of messages over HTTP: what it passes on to the store, and what it refuses."""

import pytest

from contracts.filters import parse_filter
from tests.unit.api.rows import ATTEMPT, MESSAGE, NOON


def test_a_page_says_where_each_attempt_stands_and_how_to_go_on(client, parts):
    first = client.get("/v1/messages", params={"status": "delivered", "limit": 1}).json()
    second = client.get("/v1/messages", params={"cursor": first["next_cursor"]})
    (row,) = first["messages"]

    assert (row["message_id"], row["attempt_id"], row["status"]) == (MESSAGE, ATTEMPT, "delivered")
    assert "recipient_hash" not in row
    assert second.status_code == 200
    assert [one.before for one in parts.store.asked] == [None, ATTEMPT]
    assert parts.store.asked[0].filters == {"status": parse_filter(["delivered"])}


def test_recipients_are_asked_for_by_their_pseudonyms(client, parts):
    client.get("/v1/messages", params={"recipient": "+44 7700 900105"})

    assert parts.store.asked[0].recipient == parts.store.pseudonym("+447700900105")


@pytest.mark.parametrize(
    ("query", "member"),
    [
        pytest.param({"cursor": "x"}, "cursor", id="no cursor"),
        pytest.param({"cursor": "AAAAAAAAAAAAAAAAAAAAAA"}, "cursor", id="a cursor that names no attempt"),
        pytest.param({"status": "gone"}, "status", id="a status that there is not"),
        pytest.param({"from": NOON.isoformat(), "to": NOON.isoformat()}, "from", id="no time at all"),
        pytest.param({"from": "2001-01-01T00:00:00Z"}, "from", id="too long a time"),
        pytest.param({"limit": 0}, "limit", id="no rows"),
        pytest.param({"x": 1}, "x", id="what is no parameter"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(client, query, member):
    answer = client.get("/v1/messages", params=query)

    assert answer.status_code == 422
    assert [one["member"] for one in answer.json()["errors"]] == [member]
