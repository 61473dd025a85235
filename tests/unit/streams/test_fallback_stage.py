"""Plans, updates, outcomes and times in; commands and decisions out. What nobody planned is not kept for long."""

import pytest
from msgspec import structs
from prometheus_client import REGISTRY

from contracts.codec import decode, encode
from contracts.envelope import VERDICT, Position, fixed_headers, source_position
from contracts.plans import (
    Because,
    ConnectionHealth,
    Decision,
    DecisionMade,
    Guards,
    Outcome,
    SendCommanded,
    SendOutcome,
    SendWithdrawn,
    read_command,
)
from contracts.records import StatusChanged, Wish
from contracts.suppressions import key_of
from contracts.vocabulary import Verdict, WishKind, WishReason
from runtime.settings import Budget, Connection, FallbackSettings, Settings
from streams.engine.moments import DAY_MS
from streams.engine.state import PartitionState
from streams.fallback.policy import Rules, due_ms
from streams.fallback.reading import Reader
from streams.fallback.stage import FALLBACK, FallbackBatch, reader_of, rules_of
from streams.fallback.state import decode_message
from streams.fallback.world import World
from tests.support.planning import came, planned, registered, reported
from tests.support.policies import FILE, settings_with
from tests.support.reports import T0, T0_MS, at
from tests.support.streams_world import Record

MESSAGE = "019aa5a1-0000-7000-8000-000000000001"
PLAN = planned(MESSAGE)


class Room:
    """The stage over the state of one partition."""

    def __init__(self, *, keeps_unplanned=True, observed=(), policy_of=None, budgets=(), rules=None):
        reader = Reader(frozenset(observed), keeps_unplanned=keeps_unplanned, policy_of=policy_of)
        self.world = World(budgets)
        self.stage = FallbackBatch(rules or Rules(), reader, self.world)
        self.state = PartitionState(FALLBACK.reads)
        self.offset = 0
        self.rows = []

    def hear(self, told, *, at_ms=T0_MS, key=None):
        word = {SendOutcome: "outcomes", StatusChanged: "updates"}.get(type(told), "messages")
        headers = fixed_headers("any", "somebody")
        if word == "updates":
            headers.append((VERDICT, told.verdict.value.encode()))
        return self.read(word, told.message_id.encode() if key is None else key, encode(told), headers, at_ms)

    def pass_time(self, at_ms):
        return self.read("fallback-due", MESSAGE.encode(), b"{}", (), at_ms)

    def read(self, word, key, value, headers=(), at_ms=T0_MS):
        record = Record(f"t-{word}-v1", 3, self.offset, key, value, at_ms, headers)
        self.offset += 1
        outputs = self.stage(self.state, [record], topic=word)
        rows = [(word, row) for word, found in outputs.items() for row in found]
        self.rows += rows
        self.state.changes()
        return [told_in(*row) for row in rows]

    @property
    def kept(self):
        return len(self.state)


def told_in(word, row):
    return decode(DecisionMade, row.value) if word == "decisions" else read_command(row.value)


def short(told):
    kinds = {SendCommanded: "command", SendWithdrawn: "withdraw"}
    return sorted(kinds.get(type(one)) or f"{one.decision} {one.step}: {one.because}" for one in told)


def test_a_plan_is_answered_by_a_decision_and_its_command():
    room = Room()
    told = room.hear(PLAN)
    command = next(one for one in told if isinstance(one, SendCommanded))

    assert short(told) == ["command", "send 0: first_step"]
    assert (command.request.recipient, command.request.content.text) == ("+447700900105", "Your parcel waits")


def test_outputs_stand_under_the_message_in_the_order_of_their_source():
    room = Room()
    room.hear(PLAN)
    positions = {word: source_position(tuple(row.headers)) for word, row in room.rows}

    assert {row.key for _, row in room.rows} == {MESSAGE.encode()}
    assert positions == {
        "decisions": Position("t-messages-v1", 3, 0, 0),
        "commands": Position("t-messages-v1", 3, 0, 1),
    }


def test_the_life_of_a_message_that_falls_back():
    room = Room()
    told = [room.hear(PLAN), room.hear(came(MESSAGE, 0)), room.hear(reported(MESSAGE, 0, "expired"))]
    told += [room.hear(came(MESSAGE, 1)), room.hear(reported(MESSAGE, 1, "delivered"))]

    assert [short(one) for one in told] == [
        ["command", "send 0: first_step"],
        [],
        ["command", "send 1: ended_badly"],
        [],
        ["stop 1: arrived"],
    ]


def test_the_time_of_a_step_is_set_and_comes():
    room = Room()
    room.hear(PLAN)
    outcome = structs.replace(came(MESSAGE, 0), told_at=at(1.25))
    room.hear(outcome, at_ms=T0_MS + 1250)
    due_s = T0_MS / 1000 + 61.3
    early, due = room.state.due.take(due_s - 0.1, 9), room.state.due.take(due_s, 9)

    assert (early, due) == ([], [MESSAGE.encode()])
    assert short(room.pass_time(T0_MS + 61_250)) == ["command", "send 1: no_success_in_time"]


PARKED = structs.replace(reported(MESSAGE, 0, "expired"), verdict=Verdict.PARKED)
UNCLAIMED = structs.replace(reported(MESSAGE, 0, "expired"), verdict=Verdict.UNCLAIMED)
REPEATED = structs.replace(reported(MESSAGE, 0, "expired"), verdict=Verdict.REPEATED)
HERE = ("routee", "main")


@pytest.mark.parametrize(
    ("told", "room", "kept"),
    [
        pytest.param(registered(MESSAGE, 0), Room(), 1, id="a plan may come late: kept"),
        pytest.param(reported(MESSAGE, 0, "sent"), Room(), 1, id="also of a report"),
        pytest.param(registered(MESSAGE, 0), Room(keeps_unplanned=False), 0, id="none may: not kept"),
        pytest.param(reported(MESSAGE, 0, "sent"), Room(observed=[HERE]), 0, id="nobody registers there: not kept"),
        pytest.param(PARKED, Room(), 0, id="parked: not of a message yet"),
        pytest.param(UNCLAIMED, Room(), 0, id="unclaimed: of a message that nobody can have planned"),
        pytest.param(REPEATED, Room(), 0, id="a repeat tells nothing new"),
        pytest.param(came(MESSAGE, 0), Room(keeps_unplanned=False), 0, id="an outcome without a plan"),
    ],
)
def test_what_is_kept_of_a_message_without_a_plan(told, room, kept):
    answers = room.hear(told)

    assert (answers, room.kept) == ([], kept)


def test_what_is_kept_of_it_is_forgotten_when_no_plan_came():
    room = Room(rules=Rules(plan_within_ms=1000))
    room.hear(registered(MESSAGE, 0))
    room.pass_time(T0_MS + 999)
    before = room.kept
    room.pass_time(T0_MS + 1000)

    assert (before, room.kept) == (1, 0)


def test_a_plan_that_comes_late_knows_what_was_heard():
    room = Room()
    for told in (came(MESSAGE, 0), reported(MESSAGE, 0, "expired")):
        room.hear(told)

    assert short(room.hear(PLAN)) == ["command", "send 1: ended_badly"]


@pytest.mark.parametrize("word", ["messages", "updates", "outcomes"])
@pytest.mark.parametrize(
    ("key", "value"),
    [
        pytest.param(MESSAGE.encode(), b"{", id="cut off"),
        pytest.param(MESSAGE.encode(), b'{"message_id":"\xff"}', id="no text"),
        pytest.param(MESSAGE.encode(), None, id="empty"),
        pytest.param(None, encode(PLAN), id="without a key"),
        pytest.param(b"another", encode(PLAN), id="of another message"),
        pytest.param(MESSAGE.encode(), encode(PLAN).replace(b"Z", b""), id="with a moment of no zone"),
    ],
)
def test_what_cannot_be_read_tells_nothing_and_stops_nothing(word, key, value):
    room = Room(keeps_unplanned=False)
    told = room.read(word, key, value)

    assert (told, room.kept) == ([], 0)
    assert short(room.hear(PLAN)) == ["command", "send 0: first_step"]


def test_a_time_of_which_nothing_is_known_does_nothing():
    room = Room()

    assert (room.pass_time(T0_MS), room.kept) == ([], 0)


def budget_of(most):
    return Room(budgets=[Budget(name="sms", most_sends_per_day=most)])


def spending(number):
    return planned(f"message-{number}", steps=1, guards=Guards(budget="sms"))


def test_a_budget_is_spent_by_commands_and_is_full_again_after_midnight():
    room = budget_of(2)
    told = [short(room.hear(spending(number))) for number in range(3)]
    told.append(short(room.hear(spending(4), at_ms=T0_MS + DAY_MS)))

    assert told == [["command", "send 0: first_step"]] * 2 + [["refuse 0: budget_spent"]] + [
        ["command", "send 0: first_step"]
    ]


def test_what_was_counted_before_a_crash_is_not_counted_against_itself():
    room = budget_of(1)
    room.hear(spending(0))
    room.state = PartitionState(FALLBACK.reads)

    assert short(room.hear(spending(0))) == ["command", "send 0: first_step"]


def test_commands_of_others_spend_it_too():
    other, room = budget_of(1), budget_of(1)
    (command,) = (one for one in other.hear(spending(0)) if isinstance(one, SendCommanded))
    room.world.take("commands", b"", encode(command), T0_MS)
    room.world.take("commands", b"", encode(SendWithdrawn(message_id="m", step=0, send_id="m-0-0")), T0_MS)

    assert short(room.hear(spending(1))) == ["refuse 0: budget_spent"]


def test_a_budget_that_nobody_set_has_no_limit():
    assert short(Room().hear(spending(0))) == ["command", "send 0: first_step"]


def wish(kind, **members):
    given = {"event_id": kind, "account": "default", "recipient": "+447700900105", "since": T0}
    return Wish(**given | {"kind": WishKind(kind), "reason": WishReason.KEYWORD} | members)


def test_who_wants_no_messages_gets_none_until_they_want_them_again():
    room = Room()
    room.world.take("suppressions", key_of(wish("stop")), encode(wish("stop")), T0_MS)
    refused = short(room.hear(PLAN))
    room.world.take("suppressions", key_of(wish("stop")), encode(wish("start", since=at(1))), T0_MS)

    assert refused == ["refuse 0: opted_out"]
    assert short(room.hear(structs.replace(PLAN, message_id="another"))) == ["command", "send 0: first_step"]


def test_what_cannot_be_read_of_the_world_tells_nothing_and_stops_nothing():
    room = Room()
    for word in ("suppressions", "health", "commands"):
        room.world.hear(word, [Record(word, 0, 0, b"key", b"{"), Record(word, 0, 1, None, b"\xff")])
    room.world.hear("suppressions", [Record("suppressions", 0, 2, key_of(wish("stop")), encode(wish("stop")))])

    assert short(room.hear(PLAN)) == ["refuse 0: opted_out"]


@pytest.mark.parametrize(
    ("is_ill", "second", "told"),
    [
        pytest.param(True, 0, ["command", "send 1: connection_ill", "skip 0: connection_ill"], id="ill: skipped"),
        pytest.param(True, 60, ["command", "send 0: first_step"], id="not heard of any more: well"),
        pytest.param(False, 0, ["command", "send 0: first_step"], id="said to be well"),
    ],
)
def test_an_ill_connection_is_gone_round(is_ill, second, told):
    room = Room()
    health = ConnectionHealth(provider="routee", connection="main", is_ill=is_ill, since=T0, until=at(60))
    room.world.take("health", b"", encode(health), T0_MS)

    assert short(room.hear(PLAN, at_ms=T0_MS + second * 1000)) == told


def policies(directory, text=FILE):
    settings = settings_with(text, directory)
    connections = (*settings.connections, Connection(provider="infobip", name="watched", observe_only=True))
    fallback = settings.fallback.model_copy(update={"plans_may_come_late_s": 0})
    return settings.model_copy(update={"connections": connections, "fallback": fallback})


def sent_by_others(**members):
    given = {"external_id": "order-7", "recipient": "+447700900105", "campaign": "otp-login", "account": "shop"}
    one = registered(MESSAGE, 0)
    return structs.replace(one, registration=structs.replace(one.registration, **given | members))


@pytest.fixture
def ruled(tmp_path):
    room = Room(keeps_unplanned=False)
    settings = policies(tmp_path, FILE.replace('start = "22:00", end = "07:30"', 'start = "00:00", end = "00:00"'))
    room.stage = FallbackBatch(rules_of(settings), reader_of(settings), room.world)
    return room


def test_a_message_that_somebody_else_sent_follows_the_policy_of_its_campaign(ruled):
    told = [short(ruled.hear(sent_by_others())), short(ruled.hear(reported(MESSAGE, 0, "expired"), at_ms=T0_MS + 1))]
    made = [told_in(*row) for row in ruled.rows if row[0] == "decisions"]

    assert told == [[], ["command", "send 1: ended_badly"]]
    assert [(one.policy, one.version, one.account) for one in made] == [("otp", 3, "shop")]


def test_its_time_runs_from_when_it_was_sent(ruled):
    ruled.hear(sent_by_others(sent_at=at(-20)))

    assert short(ruled.pass_time(T0_MS + 9_999)) == []
    assert short(ruled.pass_time(T0_MS + 10_000)) == ["command", "send 1: no_success_in_time"]


@pytest.mark.parametrize(
    "members",
    [
        pytest.param({"campaign": "autumn"}, id="of another campaign"),
        pytest.param({"external_id": f"{MESSAGE}-0-0"}, id="sent by us"),
        pytest.param({"recipient": None}, id="to nobody that we know"),
        pytest.param({"connection": "other"}, id="over another connection"),
    ],
)
def test_what_no_policy_is_about_is_not_kept(ruled, members):
    told = ruled.hear(sent_by_others(**members))

    assert (told, ruled.kept) == ([], 0)


def test_a_plan_that_came_with_the_message_goes_before_the_policy(ruled):
    ruled.hear(PLAN)
    ruled.hear(sent_by_others())
    made = [told_in(*row) for row in ruled.rows if row[0] == "decisions"]

    assert {one.policy for one in made} == {""}


def test_what_is_held_for_a_person_is_counted_until_somebody_resolves_it():
    room = Room()
    room.hear(PLAN)
    told = short(room.hear(came(MESSAGE, 0, Outcome.IN_DOUBT)))
    held = room.state.waiting.keys_count
    room.hear(came(MESSAGE, 0))

    assert told == ["hold 0: in_doubt"]
    assert (held, room.state.waiting.keys_count) == (1, 0)


def test_decisions_are_counted():
    labels = {"decision": Decision.SEND, "because": Because.FIRST_STEP}

    def counted():
        return REGISTRY.get_sample_value("tidings_decisions_total", labels) or 0

    before = counted()
    Room().hear(PLAN)

    assert counted() == before + 1


def test_the_settings_say_how_long_things_are_kept():
    fallback = FallbackSettings(plans_may_come_late_s=1.5, outcome_within_s=2, keep_decided_days=0.5, keep_held_days=2)
    rules = rules_of(Settings(fallback=fallback))

    assert rules == Rules(plan_within_ms=1500, outcome_within_ms=2000, keep_ms=DAY_MS // 2, keep_held_ms=2 * DAY_MS)


def test_what_was_held_since_it_was_put_off_waits_for_a_person_alone():
    room = Room()
    for told in (PLAN, came(MESSAGE, 0, Outcome.IN_DOUBT)):
        room.hear(told)
    held = structs.replace(decode_message(room.state.get(MESSAGE.encode())), put_off_ms=T0_MS - 1)

    assert due_ms(held, Rules()) == T0_MS + Rules().keep_held_ms
