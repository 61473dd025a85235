"""Updates in, questions and losses out."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client import REGISTRY

from contracts.codec import decode, encode
from contracts.envelope import VERDICT, Position, fixed_headers, source_position
from contracts.records import AttemptRegistered, LookUpDue, PresumedLost, StatusChanged
from contracts.status import DeliveryStatus
from contracts.vocabulary import Channel, Source, Verdict
from streams.engine.state import PartitionState
from streams.reconcile.machine import MOST_ATTEMPTS
from streams.reconcile.schedule import Rules
from streams.reconcile.stage import RECONCILE, ReconcileBatch
from tests.support.reports import report
from tests.support.streams_world import Record

T0 = datetime(2026, 11, 21, 10, tzinfo=UTC)
T0_MS = int(T0.timestamp() * 1000)
MINUTE = 60_000
RULES = Rules(
    account="shop",
    first_after_ms=5 * MINUTE,
    again_after_ms=10 * MINUTE,
    remembers_ms=60 * MINUTE,
    keep_ms=600 * MINUTE,
    is_observed_only=True,
)
REGISTERED_THERE = replace(RULES, is_observed_only=False)
MESSAGE, ATTEMPT = "019aa5a1-0000-7000-8000-000000000001", "019aa5a1-0000-7000-8000-00000000000a"


class Line:
    """The stage over the state of one partition, at times that the test says."""

    def __init__(self, rules=RULES):
        self.stage = ReconcileBatch({("ledger", "main"): rules} if rules else {})
        self.view = PartitionState(RECONCILE.reads)
        self.offset = 0
        self.outputs = []

    def hear(self, update, *, at=0, key=MESSAGE):
        headers = (*fixed_headers("update", "track"), (VERDICT, update.verdict.value.encode()))
        self._decide("updates", key.encode(), encode(update), at, headers)

    def pass_time(self, at, *, key=MESSAGE):
        self._decide("reconcile-due", key.encode(), b"", at, ())

    def _decide(self, topic, key, value, at, headers):
        record = Record(f"t-{topic}-v1", 3, self.offset, key, value, T0_MS + at * MINUTE, headers)
        self.offset += 1
        for word, rows in self.stage(self.view, [record], topic=topic).items():
            self.outputs += [(word, row) for row in rows]
        self.view.changes()

    @property
    def told(self):
        kinds = {"look-ups": LookUpDue, "presumed-lost": PresumedLost}
        return [decode(kinds[word], row.value) for word, row in self.outputs]

    @property
    def is_empty(self):
        return self.view.get(MESSAGE.encode()) is None


def said(status="sent", verdict=Verdict.APPLIED, *, attempt=ATTEMPT, root_id="m1", **members):
    told = report(status, root_id=root_id, **members)
    return StatusChanged(
        verdict=verdict, attempt_id=attempt, status=DeliveryStatus(status), message_id=MESSAGE, report=told
    )


def registered(status="accepted"):
    told = AttemptRegistered(
        provider="ledger",
        connection="main",
        account="shop",
        root_id="m1",
        registered_at=T0,
        channel=Channel.VIBER,
        recipient="+447700900110",
    )
    return StatusChanged(
        verdict=Verdict.REGISTERED,
        attempt_id=ATTEMPT,
        status=DeliveryStatus(status),
        message_id=MESSAGE,
        sent_at=T0 - timedelta(minutes=1),
        registration=told,
    )


def test_a_silent_attempt_is_asked_about_with_all_that_the_provider_may_need():
    line = Line()
    line.hear(registered())
    line.pass_time(5)

    assert line.told == [
        LookUpDue(
            provider="ledger",
            connection="main",
            root_id="m1",
            sent_at=T0 - timedelta(minutes=1),
            again_at=T0 + timedelta(minutes=15),
            channel=Channel.VIBER,
            recipient="+447700900110",
        )
    ]


def test_a_question_is_keyed_by_its_attempt_a_loss_by_its_message_and_both_name_their_place():
    line = Line()
    line.hear(registered())
    for at in (5, 100, 200):
        line.pass_time(at)
    question, loss = line.outputs[0], line.outputs[-1]

    assert (question[0], question[1].key) == ("look-ups", b"ledger:main:m1")
    assert (loss[0], loss[1].key) == ("presumed-lost", MESSAGE.encode())
    assert source_position(tuple(loss[1].headers)) == Position("t-reconcile-due-v1", 3, 3)
    assert loss[1].timestamp_ms == T0_MS + 200 * MINUTE


def test_a_time_that_has_moved_is_let_pass():
    line = Line()
    line.hear(said("accepted"))
    line.hear(said("sent"), at=4)
    line.pass_time(5)

    assert line.told == []


@pytest.mark.parametrize("end", ["delivered", "seen", "undelivered", "expired", "rejected"])
def test_a_final_report_ends_it(end):
    line = Line()
    line.hear(registered())
    line.hear(said(end), at=1)
    line.pass_time(5)

    assert line.told == []
    assert line.is_empty


def test_what_began_with_its_end_is_not_remembered():
    line = Line()
    line.hear(said("delivered"))
    line.hear(registered("delivered"), at=1)

    assert line.is_empty


def test_it_is_presumed_lost_once_and_then_forgotten():
    line = Line()
    line.hear(said("sent"))
    for at in (5, 15, 35, 54, 64, 65, 70, 100):
        line.pass_time(at)
    line.hear(said("sent", Verdict.REPEATED), at=101)
    line.pass_time(200)
    losses = [one for one in line.told if isinstance(one, PresumedLost)]
    line.pass_time(64 + 600)

    assert losses == [
        PresumedLost(
            attempt_id=ATTEMPT,
            message_id=MESSAGE,
            provider="ledger",
            connection="main",
            account="shop",
            root_id="m1",
            status=DeliveryStatus.SENT,
            presumed_at=T0 + timedelta(minutes=64),
            questions_count=4,
        )
    ]
    assert line.is_empty


def test_a_loss_is_counted():
    def count():
        labels = {"provider": "ledger", "connection": "main"}
        return REGISTRY.get_sample_value("tidings_presumed_lost_total", labels) or 0

    before = count()
    line = Line()
    line.hear(said("sent"))
    for at in (5, 100, 200):
        line.pass_time(at)

    assert count() == before + 1


@pytest.mark.parametrize(
    "update",
    [
        pytest.param(said(verdict=Verdict.PARKED), id="parked"),
        pytest.param(
            StatusChanged(
                verdict=Verdict.UNCLAIMED, attempt_id=ATTEMPT, status=DeliveryStatus.SENT, message_id=MESSAGE
            ),
            id="unclaimed",
        ),
        pytest.param(said(source=Source.REPLAY), id="only played again"),
        pytest.param(said(connection="other"), id="of a connection that cannot be asked"),
    ],
)
def test_it_is_not_remembered(update):
    line = Line()
    line.hear(update)

    assert line.is_empty


def test_without_anybody_to_ask_nothing_is_remembered():
    line = Line(rules=None)
    line.hear(registered())

    assert line.is_empty


def test_where_attempts_are_registered_only_a_registration_begins_one():
    """What nobody registered in time may still be claimed, under another message id, and end there."""
    line = Line(REGISTERED_THERE)
    line.hear(said("sent"))
    empty = line.is_empty
    line.hear(registered("sent"), at=1)

    assert empty
    assert not line.is_empty


def test_attempts_of_one_message_are_told_apart():
    line = Line()
    line.hear(said("sent"))
    line.hear(said("sent", attempt=ATTEMPT[:-1] + "b", root_id="m2"), at=1)
    line.hear(said("delivered"), at=2)
    line.pass_time(10)

    assert [one.root_id for one in line.told] == ["m2"]


def test_a_message_with_attempts_without_end_is_bounded():
    line = Line()
    for number in range(MOST_ATTEMPTS + 10):
        line.hear(said("sent", attempt=f"{number}", root_id=f"m{number}"))
    line.pass_time(5)

    assert len(line.told) == MOST_ATTEMPTS


def test_attempts_of_a_connection_that_is_gone_are_forgotten():
    line = Line()
    line.hear(said("sent"))
    line.stage = ReconcileBatch({})
    line.pass_time(5)

    assert (line.told, line.is_empty) == ([], True)


def test_an_update_that_cannot_be_read_stops_nothing():
    line = Line()
    line._decide("updates", MESSAGE.encode(), b"{", 0, ())
    line._decide("updates", b"", b"\xff", 0, ())
    line.hear(registered())

    assert not line.is_empty


def test_what_was_asked_and_has_not_ended_is_told_as_waiting():
    line = Line()
    line.hear(said("sent"))
    before = line.view.waiting.keys_count
    line.pass_time(5)
    after = line.view.waiting.keys_count

    assert (before, after) == (0, 1)
