"""What was put aside is listed with the reason, shows its bytes to few, and can be tried again."""

from datetime import timedelta

import pytest

from analytics.lists.dead_letters import Member
from api.admission.audit_log import Deed
from api.admission.keys import Scope
from api.problems import STREAMS_SILENT, Refused
from contracts.archived import Item
from contracts.envelope import header
from contracts.errors import BrokerUnavailable
from contracts.filters import Filter, Pattern
from contracts.raw import RECEIVED_AT, REPLAY_OF, replayed_place
from tests.unit.api.rows import LETTER, NOON

RETRY, ONE = "/v1/dead-letters/retry", "/v1/dead-letters/3-41/retry"


def shown(client, query: str = "") -> dict:
    (letter,) = client.get(f"/v1/dead-letters{query}").json()["dead_letters"]
    return letter


def deeds(parts) -> list[tuple[Deed, dict]]:
    return [(record.deed, record.details) for record in parts.audit.read()]


def test_a_letter_says_what_it_is_and_why(client):
    letter = shown(client)

    assert (letter["id"], letter["kind"], letter["size_bytes"], letter["account"]) == (
        "3-41",
        "unreadable",
        214,
        "default",
    )
    assert letter["reason"].startswith("not JSON")
    assert letter["cause"] == {"partition": 0, "offset": 1207, "index": 0, "items": 1}
    assert letter["retried"] is None


def test_bytes_are_shown_only_when_asked_for_and_that_is_written_down(client, parts):
    assert shown(client)["bytes_base64"] is None
    assert deeds(parts) == []

    assert shown(client, "?bytes=12")["bytes_text"] == '{"reference"'
    assert deeds(parts) == [(Deed.EVIDENCE_SHOWN, {"dead_letters": 50, "bytes": 12})]


def test_who_may_read_may_not_read_bytes(connect, parts):
    refused = connect(Scope.READ).get("/v1/dead-letters?bytes=12")

    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/scope-missing")
    assert deeds(parts) == []


@pytest.mark.parametrize(
    ("body", "size", "text"),
    [
        pytest.param("caf\u00e9".encode(), 5, "caf\u00e9", id="whole"),
        pytest.param("caf\u00e9".encode()[:4], 5, "caf", id="a character is cut, and left out"),
        pytest.param(b"caf\xff", 4, None, id="what is no UTF-8 is no text"),
    ],
)
def test_bytes_as_text(client, parts, body, size, text):
    parts.store.letters = [LETTER | {"body": body, "size": size}]

    assert shown(client, "?bytes=100")["bytes_text"] == text


def test_filters_have_the_grammar_of_all_filters(client, parts):
    client.get("/v1/dead-letters?kind=empty,unreadable&reason=not JSON*&provider=!routee&retried=false&limit=7")
    question = parts.store.asked[-1]

    assert question.filters == {
        Member.KIND: Filter((Pattern("empty"), Pattern("unreadable"))),
        Member.REASON: Filter((Pattern("not JSON", is_prefix=True),)),
        Member.PROVIDER: Filter((), (Pattern("routee"),)),
    }
    assert (question.is_retried, question.limit, question.bytes_count) == (False, 7, 0)


@pytest.mark.parametrize(
    ("query", "member"),
    [
        pytest.param("kind=strange", "kind", id="a kind that there is not"),
        pytest.param("bytes=5000", "bytes", id="more bytes than are shown"),
        pytest.param("cursor=%00", "cursor", id="a cursor that is none"),
        pytest.param(
            "from=2026-11-21T10:00:00Z&to=2026-11-21T09:00:00Z", "from", id="a span that ends before it begins"
        ),
        pytest.param("from=yesterday", "from", id="a time that is none"),
        pytest.param("status=failed", "status", id="a parameter that there is not"),
        pytest.param("reason=not*JSON", "reason", id="a star in the middle"),
    ],
)
def test_what_makes_no_sense_is_named(client, query, member):
    refused = client.get(f"/v1/dead-letters?{query}")

    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/invalid")
    assert member in {error["member"].partition(".")[0] for error in refused.json()["errors"]}


def test_a_retry_writes_the_callback_as_it_came_with_its_first_time_and_place(client, parts):
    answer = client.post(ONE)
    ((key, value, at_ms, headers),) = parts.registrar.written

    assert answer.status_code == 202
    (letter,) = answer.json()["letters"]
    assert (letter["id"], letter["written"]) == ("3-41", {"partition": 0, "offset": 5000})
    assert (key, value, at_ms) == (None, b"{}", None)
    assert header(headers, "source") == b"replay"
    assert header(headers, RECEIVED_AT) == b"1795000000000"
    assert replayed_place(header(headers, REPLAY_OF)) == (0, 1207)
    assert deeds(parts) == [(Deed.REPLAY_ASKED, {"dead_letter": "3-41"})]


def test_what_is_played_again_a_second_time_keeps_the_time_of_its_first_receipt(client, parts):
    parts.past.headers += ((RECEIVED_AT, b"1794000000000"),)
    client.post(ONE)
    ((*_, headers),) = parts.registrar.written

    assert [value for name, value in headers if name == RECEIVED_AT] == [b"1794000000000"]


def test_several_letters_of_one_callback_are_one_retry(client, parts):
    parts.store.letters = [LETTER | {"kafka_offset": number, "cause_index": number} for number in (41, 42)]
    answer = client.post(RETRY, json={}).json()

    assert len(parts.registrar.written) == answer["written_count"] == 1
    assert [one["written"]["offset"] for one in answer["letters"]] == [5000, 5000]


def test_a_retry_by_filter_takes_only_what_was_not_tried_again(client, parts):
    answer = client.post(RETRY, json={"provider": "infobip", "reason": ["not JSON*"], "limit": 1})
    question = parts.store.asked[-1]

    assert (question.is_retried, question.limit) == (False, 1)
    assert set(question.filters) == {Member.PROVIDER, Member.REASON}
    assert answer.json()["may_be_more"] is True


def test_a_letter_whose_callback_is_nowhere_says_so_and_nothing_is_written(client, parts):
    parts.past.gone[0, 1207] = "Kafka no longer has it."
    answer = client.post(ONE).json()
    (letter,) = answer["letters"]

    assert (letter["written"], letter["absent_because"]) == (None, "Kafka no longer has it.")
    assert (answer["written_count"], answer["absent_count"], parts.registrar.written) == (0, 1, [])


def test_a_callback_of_another_connection_is_not_written_again(client, parts):
    parts.past.headers = (("provider", b"infobip"), ("connection", b"other"))
    (letter,) = client.post(ONE).json()["letters"]

    assert "of another connection" in letter["absent_because"]
    assert parts.registrar.written == []


def test_a_letter_that_stems_from_no_callback_cannot_be_tried_again(client, parts):
    parts.store.letters = [LETTER | {"cause_partition": -1, "cause_offset": -1}]

    assert "no callback" in client.post(ONE).json()["letters"][0]["absent_because"]
    assert shown(client)["cause"] is None


def test_what_came_of_a_retry_is_told(client, parts):
    known = {"retried_at": NOON - timedelta(minutes=1), "retry_partition": 2, "retry_offset": 77, "came_to": "taken"}
    parts.store.letters = [LETTER | known]

    assert shown(client)["retried"] == {
        "at": "2026-11-21T11:59:00Z",
        "place": {"partition": 2, "offset": 77},
        "came_to": "taken",
    }


def test_without_kafka_a_retry_is_refused_and_may_be_asked_again(client, parts):
    parts.registrar.failure = BrokerUnavailable("away")
    refused = client.post(RETRY, json={})

    assert (refused.status_code, refused.json()["type"]) == (503, "/problems/kafka-silent")


@pytest.mark.parametrize(
    ("items", "came_to"),
    [
        pytest.param([Item("report", 0, "e1", "delivered (code 3000)")], "taken", id="it is understood now"),
        pytest.param([Item("dead letter", 0, None, "unreadable: not JSON")], "aside", id="it is not understood yet"),
        pytest.param(
            [Item("report", 0, "e1", "sent (code 1)"), Item("dead letter", 1, None, "invalid_item: no id")],
            "aside",
            id="a part of it is not",
        ),
    ],
)
@pytest.mark.parametrize(("address", "body"), [(RETRY, {}), (ONE, None)], ids=["by filter", "one"])
def test_a_rehearsal_says_what_would_be_and_writes_nothing(client, parts, address, body, items, came_to):
    parts.rehearsal.items = items
    answer = client.post(f"{address}?dry_run=true", json=body)
    (letter,) = answer.json()["letters"]

    assert (answer.status_code, answer.json()["is_dry_run"], letter["would_come_to"]) == (200, True, came_to)
    assert [(one["kind"], one["says"]) for one in letter["would_be"]] == [(one.kind, one.said) for one in items]
    assert (parts.registrar.written, deeds(parts), letter["written"]) == ([], [], None)


def test_a_letter_that_is_one_item_is_rehearsed_as_that_item(client, parts):
    parts.store.letters = [LETTER | {"cause_index": 1, "cause_items": 2}]
    parts.rehearsal.items = [Item("dead letter", 0, None, "invalid_item: no id"), Item("signal", 1, "e2", "click")]
    (letter,) = client.post(f"{ONE}?dry_run=true").json()["letters"]

    assert (letter["would_come_to"], [one["kind"] for one in letter["would_be"]]) == ("taken", ["signal"])


def test_a_callback_that_is_nowhere_cannot_be_rehearsed(client, parts):
    parts.past.gone[0, 1207] = "Kafka no longer has it."
    answer = client.post(f"{ONE}?dry_run=true").json()

    assert (answer["absent_count"], answer["letters"][0]["absent_because"]) == (1, "Kafka no longer has it.")
    assert answer["letters"][0]["would_be"] is None


def test_without_a_stage_a_rehearsal_is_refused(client, parts):
    parts.rehearsal.failure = Refused(STREAMS_SILENT)
    refused = client.post(f"{ONE}?dry_run=true")

    assert (refused.status_code, refused.json()["type"]) == (503, "/problems/streams-silent")


@pytest.mark.parametrize(
    ("address", "json", "status"),
    [
        pytest.param("/v1/dead-letters/3-42/retry", None, 404, id="a letter that there is not"),
        pytest.param("/v1/dead-letters/nonsense/retry", None, 422, id="an id that is none"),
        pytest.param(RETRY, {"limit": 0}, 422, id="none at all"),
        pytest.param(RETRY, {"limit": 501}, 422, id="more than are taken at once"),
        pytest.param(RETRY, {"all": True}, 422, id="a member that there is not"),
        pytest.param(RETRY, {"kind": ["strange"]}, 422, id="a kind that there is not"),
    ],
)
def test_a_retry_that_makes_no_sense_writes_nothing(client, parts, address, json, status):
    refused = client.post(address, json=json)

    assert refused.status_code == status
    assert parts.registrar.written == []
