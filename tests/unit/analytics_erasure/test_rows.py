"""What the rows of a store have of people, found without a list that could be forgotten."""

import duckdb
import pytest

from analytics.erasure.rows import WORDS, Forgetting, columns_of, columns_with, is_pseudonym
from analytics.erasure.spelling import Spelling
from analytics.store.migrations import migrate


@pytest.fixture(scope="module")
def store():
    with duckdb.connect() as made:
        made.execute("LOAD icu")
        migrate(made)
        yield made


def test_every_column_of_pseudonyms_is_known_as_one(store):
    """DuckDB's unsigned 64 bits are used for nothing else; a column of another name would keep an erased person."""
    unknown = [column for column in columns_of(store) if column.kind.startswith("UBIGINT") and not is_pseudonym(column)]

    assert not unknown


def test_columns_of_words_are_there(store):
    named = {(table, word) for table, words in WORDS.items() for word in words}

    assert named <= {(column.table, column.name) for column in columns_of(store)}


def test_a_number_is_found_in_a_column_of_any_kind(store):
    store.begin()
    store.execute("INSERT INTO unreadable (topic, reason, batch_id) VALUES ('reports', 'of +44 7700 900105', 1)")
    store.execute(
        "INSERT INTO session_word BY NAME SELECT ['447700900105'] AS kinds, 'x' AS told, now()::TIMESTAMP "
        "AS told_at, '' AS account, '' AS provider, '' AS connection, '' AS sender, 1 AS recipient_hash, "
        "'' AS rules, false AS is_void, 0 AS kafka_partition, 0 AS kafka_offset, 1 AS batch_id"
    )
    found = [(column.table, column.name) for column in columns_with(store, Spelling("+447700900105"))]
    store.rollback()

    assert found == [("session_word", "kinds"), ("unreadable", "reason")]


def test_names_in_which_the_person_stood_are_found_as_they_are_now_and_nobody_elses_is_lost(store):
    store.begin()
    store.execute(
        "INSERT INTO registration BY NAME SELECT uuidv7() AS attempt_id, uuid() AS message_id, '' AS provider, "
        "'' AS connection, '' AS account, 'a' AS root_id, 'for 447700900105' AS external_id, 'sent' AS attempt_status, "
        "1 AS recipient_hash, now()::TIMESTAMP AS registered_at, 0 AS kafka_partition, 0 AS kafka_offset, 1 AS batch_id"
    )
    theirs = "SELECT unnest([name_hash(external_id), person_hash(recipient_hash)])"
    store.execute(f"INSERT INTO attempt_name {theirs}, unnest([tick_of(attempt_id), 7]), true FROM registration")
    store.execute(f"INSERT INTO attempt_name {theirs}, unnest([7, tick_of(attempt_id)]), true FROM registration")
    others = store.execute("FROM attempt_name WHERE first_tick = 7 ORDER BY ALL").fetchall()
    Forgetting(Spelling("+447700900105"), 1, wishes_too=True).run(store)
    kept = store.execute("FROM attempt_name WHERE first_tick = 7 ORDER BY ALL").fetchall()
    now = store.execute(f"{theirs}, tick_of(attempt_id), true FROM registration ORDER BY ALL").fetchall()
    found = store.execute("FROM attempt_name WHERE first_tick <> 7 ORDER BY ALL").fetchall()
    store.rollback()

    assert found == now
    assert kept == others
    assert not {name for name, *_ in found} & {name for name, *_ in others}


def test_what_messages_name_is_found_as_it_is_now(store):
    numbers = "[reply_to_number, tracking_number], [name_hash(reply_to), name_hash(tracking)]"
    store.begin()
    store.execute(
        "INSERT INTO inbound BY NAME SELECT uuid() AS event_id, '' AS provider, '' AS connection, '' AS account, "
        "'text' AS kind, 'for 447700900105' AS reply_to, name_hash(reply_to) AS reply_to_number, 'a' AS tracking, "
        "name_hash(tracking) AS tracking_number, unnest([1, 2]) AS author_hash, now()::TIMESTAMP AS received_at, "
        "'applied' AS verdict, 0 AS kafka_partition, 0 AS kafka_offset, 0 AS cause_partition, 0 AS cause_offset, "
        "0 AS cause_index, 1 AS cause_items, 1 AS batch_id"
    )
    ((before, _),) = store.execute(f"SELECT DISTINCT {numbers} FROM inbound").fetchall()
    Forgetting(Spelling("+447700900105"), 1, wishes_too=True).run(store)
    (theirs, others) = store.execute(f"SELECT {numbers} FROM inbound ORDER BY tracking NULLS FIRST").fetchall()
    store.rollback()

    assert theirs[0] == theirs[1]
    assert others[0] == others[1]
    assert theirs[0][1] is None
    assert theirs[0][0] == others[0][0] != before[0]
