"""What was put aside is found by what it is, page by page, and knows what came of trying it again."""

import asyncio
from typing import Any

import pytest

from analytics.lists.dead_letters import DeadLettersQuestion, Member, dead_letter_counts, dead_letters
from analytics.lists.inbound import Place
from analytics.questions import conservation
from contracts.filters import parse_filter
from contracts.records import Cause
from contracts.vocabulary import DeadLetterKind


@pytest.fixture
def ask(reader, writer, line):
    """The letters, once the store has read the line."""

    def asked(question: Any = dead_letters, **members: Any) -> list[dict[str, Any]]:
        if fetched := line.fetch():
            writer.write(writer.prepare(writer.resume(), fetched))
        return asyncio.run(question(reader, DeadLettersQuestion(**members))).rows

    return asked


def test_a_retry_that_is_understood_is_told_and_the_account_balances(ask, line, reader):
    cause = line.receive(at_s=0)
    line.dead_letter(b"{", cause=cause, at_s=0)
    again = line.receive(at_s=60, replays=cause)
    (before,) = ask()
    line.report("delivered", cause=again, at_s=60)
    (after,) = ask()
    balance = asyncio.run(conservation(reader)).rows[0]

    assert (before["came_to"], after["came_to"]) == ("on_its_way", "taken")
    assert (after["retry_partition"], after["retry_offset"]) == (again.partition, again.offset)
    assert ask(is_retried=False) == []
    assert [balance[one] for one in ("received", "parked", "quarantined", "unexplained")] == [2, 1, 1, 0]


def test_a_retry_that_is_put_aside_again_is_a_letter_of_its_own(ask, line):
    cause = line.receive(at_s=0)
    line.dead_letter(b"{", cause=cause, at_s=0)
    line.dead_letter(b"{", cause=line.receive(at_s=60, replays=cause), at_s=60)
    untried, tried = ask()

    assert (tried["came_to"], untried["came_to"]) == ("aside", None)


@pytest.mark.parametrize(
    ("aside", "came_to"),
    [
        pytest.param(1, "aside", id="the same item"),
        pytest.param(0, "taken", id="another item of the callback"),
    ],
)
def test_an_item_is_judged_by_itself(ask, line, aside, came_to):
    first = line.receive(items=2, at_s=0)
    line.dead_letter(b"{", cause=Cause(partition=first.partition, offset=first.offset, index=1, items=2), at_s=0)
    again = line.receive(items=2, at_s=60, replays=first)
    for index in (0, 1):
        item = Cause(partition=again.partition, offset=again.offset, index=index, items=2)
        if index == aside:
            line.dead_letter(b"{", cause=item, at_s=60)
        else:
            line.report("delivered", cause=item, at_s=60)

    assert [row["came_to"] for row in ask(is_retried=True)] == [came_to]


def test_the_newest_retry_counts(ask, line):
    cause = line.receive(at_s=0)
    line.dead_letter(b"{", cause=cause, at_s=0)
    line.dead_letter(b"{", cause=line.receive(at_s=60, replays=cause), at_s=60)
    line.report("delivered", cause=line.receive(at_s=120, replays=cause), at_s=120)

    assert [row["came_to"] for row in ask(is_retried=True)] == ["taken"]


@pytest.mark.parametrize(
    ("members", "found"),
    [
        pytest.param({}, ["b", "a"], id="all, newest first"),
        pytest.param({"filters": {Member.CONNECTION: parse_filter(["b*"])}}, ["b"], id="by the beginning of a word"),
        pytest.param({"filters": {Member.KIND: parse_filter(["!empty"])}}, ["a"], id="all but a kind"),
        pytest.param({"origins": ("infobip:a",)}, ["a"], id="of these connections only"),
        pytest.param({"origins": ()}, [], id="of no connection"),
        pytest.param({"limit": 1}, ["b"], id="the first page"),
    ],
)
def test_letters_are_found(ask, line, members, found):
    line.dead_letter(b"{", connection="a", at_s=0)
    line.dead_letter(b"", connection="b", kind=DeadLetterKind.EMPTY, at_s=1)

    assert [row["connection"] for row in ask(**members)] == found


def test_pages_follow_each_other_without_gap_or_repeat(ask, line):
    for second in range(5):
        line.dead_letter(b"{", at_s=second // 2)
    seen: list[dict[str, Any]] = []
    while page := ask(limit=2, before=place_of(seen[-1]) if seen else None):
        seen += page

    assert seen == ask(limit=10)
    assert len(seen) == 5


def place_of(row: dict[str, Any]) -> Place:
    return Place(row["received_at"], row["kafka_partition"], row["kafka_offset"])


def test_as_many_bytes_as_are_asked_for(ask, line):
    line.dead_letter(b'{"some": "bytes"')

    assert [ask(bytes_count=count)[0]["body"] for count in (0, 6)] == [b"", b'{"some']


def test_the_same_reason_is_counted_together_and_what_was_not_tried_again(ask, line):
    cause = line.receive(at_s=0)
    line.dead_letter(b"{", cause=cause, at_s=0)
    line.receive(at_s=60, replays=cause)
    line.dead_letter(b"{", at_s=70)
    line.dead_letter(b"", kind=DeadLetterKind.EMPTY, reason="the callback holds no item", at_s=80)

    told = [(row["kind"], row["letter_count"], row["untried_count"]) for row in ask(dead_letter_counts)]
    assert told == [("empty", 1, 1), ("unreadable", 2, 1)]
