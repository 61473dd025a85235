"""The proof by position, and a copy of the store on demand."""

from datetime import timedelta

import pytest

from analytics.store.snapshots import Snapshot
from api.admission.keys import Scope
from tests.unit.api.counted_rows import BOOKS
from tests.unit.api.rows import NOON

FAULT = {"fault": "missing", "topic": "updates", "kafka_partition": 3, "first_offset": 7, "last_offset": 8}


def test_books_that_are_right_say_so(client, parts):
    parts.store.faults = [FAULT]
    told = client.get("/v1/conservation/books").json()

    assert (told["is_balanced"], told["missing"], told["doubled"]) == (True, 0, 0)
    assert [one["partition"] for one in told["partitions"]] == [3, 4]
    assert told["faults"] == [], "nobody looks for them when there are none"


@pytest.mark.parametrize("wrong", ["missing", "doubled"])
def test_books_that_are_wrong_name_the_places(client, parts, wrong):
    parts.store.book_rows = [BOOKS, BOOKS | {"kafka_partition": 4, wrong: 2}]
    parts.store.faults = [FAULT]
    told = client.get("/v1/conservation/books").json()

    assert (told["is_balanced"], told[wrong]) == (False, 2)
    assert [(one["first_offset"], one["last_offset"]) for one in told["faults"]] == [(7, 8)]


def test_a_key_bound_to_accounts_may_not_ask(connect):
    assert connect(Scope.READ, accounts=("default",)).get("/v1/conservation/books").status_code == 403


def test_a_copy_is_asked_for_and_the_newest_is_told(client, parts, tmp_path):
    copy = tmp_path / "copy.duckdb"
    copy.write_bytes(b"12345")
    parts.store.newest_snapshot = Snapshot(NOON - timedelta(hours=1), 7, copy)
    answer = client.post("/v1/snapshots")

    assert (answer.status_code, parts.store.asked) == (202, ["snapshot"])
    assert answer.json() == {"newest_made_at": "2026-11-21T11:00:00Z", "newest_size_bytes": 5}


def test_the_first_copy_has_none_before_it(client):
    assert client.post("/v1/snapshots").json() == {"newest_made_at": None, "newest_size_bytes": None}


@pytest.mark.parametrize("scope", [Scope.READ, Scope.SEND])
def test_only_an_administrator_has_copies_made(connect, parts, scope):
    assert connect(scope).post("/v1/snapshots").status_code == 403
    assert parts.store.asked == []


def test_nor_one_who_is_bound_to_accounts(connect):
    assert connect(Scope.ADMIN, accounts=("default",)).post("/v1/snapshots").status_code == 403
