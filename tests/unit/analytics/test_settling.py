"""What is settled behind the batches is settled once, in portions, when there is time."""

import pytest

from analytics.lists import sends
from analytics.upkeep.job import SMALL, Stored
from analytics.upkeep.settling import ENOUGH, Settling
from contracts.plans import send_id_of
from tests.support.plans import commanded, message, outcome

SEND = send_id_of(message(), 1, 0)
SETTLED = "SELECT settled_until(), (SELECT coalesce(sum(send_count), 0)::BIGINT FROM send_count)"


def state(database) -> tuple[int, int]:
    return database.cursor().execute(SETTLED).fetchall()[0]


@pytest.mark.usefixtures("three_batches")
def test_all_is_settled_once(database):
    settling = Settling(database.cursor())
    for _ in range(2):
        settling.run(3)

    assert state(database) == (3, 3)


@pytest.mark.usefixtures("three_batches")
def test_a_portion_ends_with_a_batch(database):
    settling = Settling(database.cursor(), at_once=3)
    told = []
    for _ in range(2):
        settling.run(3)
        told.append(state(database))

    assert told == [(2, 2), (3, 3)]


@pytest.mark.usefixtures("three_batches")
@pytest.mark.parametrize(
    ("noted", "waiting", "is_settled"),
    [
        pytest.param(0, SMALL, True, id="at the start, when there is time: nobody knows how far it is"),
        pytest.param(0, SMALL + 1, False, id="while much waits it waits too"),
        pytest.param(ENOUGH.busy, SMALL + 1, True, id="but not for ever"),
    ],
)
def test_it_is_settled_when_there_is_time(database, noted, waiting, is_settled):
    settling = Settling(database.cursor())
    settling.note(Stored(facts=noted))

    assert settling.is_due(waiting=waiting) == is_settled


@pytest.mark.parametrize(
    ("comes", "known"),
    [
        pytest.param(["in_doubt", "accepted"], ["waiting", "in_doubt", "accepted"], id="a doubt is resolved"),
        pytest.param(["refused", "heard"], ["waiting", "refused", "accepted"], id="a report knows better"),
        pytest.param(["heard", "refused"], ["waiting", "accepted", "accepted"], id="whatever is told after it"),
        pytest.param(["heard", "accepted"], ["waiting", "accepted", "accepted"], id="the answer comes after a report"),
    ],
)
async def test_a_send_leaves_the_count_where_it_was(writer, line, database, reader, comes, known):
    settling = Settling(database.cursor())
    told = []
    line.say("commands", commanded())
    for batch_id, come in enumerate([None, *comes], start=1):
        if come == "heard":
            line.report("sent", of="a", connection="observed", external_id=SEND)
        elif come:
            line.say("outcomes", outcome(come, root_id="a"))
        writer.write(writer.prepare(writer.resume(), line.fetch()))
        settling.run(batch_id)
        (row,) = (await sends.send_balance(reader)).rows
        told.append([name for name, count in row.items() if count and name != "sends"])

    assert told == [[name] for name in known]


NAMES = "FROM attempt_name SELECT is_sorted, name_hash, first_tick"


def test_names_are_put_in_order_once_they_are_many(writer, line, database):
    settling = Settling(database.cursor(), names_at_once=5)
    told = []
    for batch_id, roots in enumerate(("abc", "cd", "e"), start=1):
        for root in roots:
            line.report("sent", of=root, at_s=1, connection="observed")
            line.report("sent", of=root, part="1", at_s=1, connection="observed")
        writer.write(writer.prepare(writer.resume(), line.fetch()))
        settling.run(batch_id)
        told.append(database.cursor().execute(NAMES).fetchall())
    loose, ordered, both = told

    assert [is_sorted for is_sorted, *_ in loose] == [False] * len(loose)
    assert all(is_sorted for is_sorted, *_ in ordered)
    assert ordered == sorted(set(ordered))
    assert both[: len(ordered)] == ordered
    assert {is_sorted for is_sorted, *_ in both[len(ordered) :]} == {False}
