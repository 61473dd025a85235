"""What a question does not want is not planned, and what it wants is as it would be otherwise."""

import pytest

from analytics.asking.wanted import is_plain, wanted
from analytics.queries import load_query, load_query_for, query_names
from contracts.filters import parse_filter

ABSENT = frozenset({"accounts", "provider", "country"})


def test_a_filter_without_a_wish_is_left_out():
    query = load_query_for("attempt_hours", ABSENT, frozenset())

    assert "$provider" not in query.sql
    assert "is_wanted(channel, $channel)" in query.sql
    assert load_query("attempt_hours").parameters - query.parameters == ABSENT


def test_a_filter_with_a_wish_stays():
    assert load_query_for("attempt_hours", frozenset(), frozenset()) == load_query("attempt_hours")


def test_a_filter_that_only_names_values_is_a_list_of_them():
    query = load_query_for("attempt_hours", ABSENT, frozenset(), frozenset({"channel"}))

    assert "list_contains($channel.any_of, channel)" in query.sql
    assert "is_wanted(campaign, $campaign)" in query.sql


@pytest.mark.parametrize(
    ("told", "plain"), [("GR,CY", True), ("GR*", False), ("GR,!CY", False), ("GR,C*", False), ("!GR", False)]
)
def test_a_filter_that_only_names_values_is_known(told, plain):
    assert is_plain(wanted(parse_filter([told]))) is plain


def test_percentiles_and_groups_that_nobody_wants_are_left_out():
    whole = load_query_for("metrics", frozenset(), frozenset({"provider"}))
    query = load_query_for("metrics", frozenset({"with_latency"}), frozenset({"provider"}))

    assert "percentile" in whole.sql
    assert "percentile" not in query.sql
    assert "'provider': provider" in query.sql
    assert "'country'" not in query.sql
    assert "group_by" not in query.parameters


def test_what_is_left_of_each_question_is_one_still(database):
    cursor = database.cursor()
    slim = [load_query_for(name, load_query(name).parameters, frozenset()) for name in query_names()]
    parsed = {query.name: cursor.extract_statements(query.sql) for query in slim}

    assert {name: len(statements) for name, statements in parsed.items()} == dict.fromkeys(query_names(), 1)
    assert all(parsed[query.name][0].named_parameters == query.parameters for query in slim)
