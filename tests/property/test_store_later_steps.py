"""Whatever is told of the later steps of plans, in whatever order, and however much is folded: all facts say so too."""

import asyncio
import random
from contextlib import closing
from datetime import datetime
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.asking.buckets import Bucket
from analytics.asking.reader import Ask, Reader, Row
from analytics.freshness import Skyline
from analytics.measures.folds import Fold
from analytics.measures.metrics import Measure, MetricsQuestion
from analytics.measures.sources import FALLBACKS
from analytics.sink.columns import hasher
from analytics.sink.writer import Writer
from analytics.store.database import Database
from analytics.upkeep.folding import foldings
from analytics.upkeep.settling import Settling
from analytics.upkeep.upkeep import Upkeep
from contracts.plans import Facts, SendWithdrawn, send_id_of
from contracts.vocabulary import Channel
from runtime.clock import FixedClock
from tests.support.examples import share
from tests.support.plans import commanded, decided, message, outcome
from tests.support.store_deeds import TABLES, crash_of_track, portion, tell_of_attempt
from tests.support.store_line import Line, at

GROUPS = [str(one) for one in sorted(FALLBACKS.dimensions)]
ROOTS = ("a", "b", "c")

places = {
    "number": st.sampled_from([1, 1, 1, 2]),
    "place": st.sampled_from([0, 1, 1, 1, 2]),
    "attempt": st.sampled_from([0, 0, 0, 1, 2]),
}
moments = st.one_of(st.integers(0, 9_000), st.sampled_from([0, 3_600, 86_400]))
commands = st.fixed_dictionaries(
    places
    | {
        "account": st.sampled_from(["default", "default", "other"]),
        "provider": st.sampled_from(["infobip", "infobip", "telesign"]),
        "at_s": moments,
    }
)
withdrawals = st.fixed_dictionaries(places | {"taken_back": st.just("withdrawn")})
outcomes = st.fixed_dictionaries(
    places
    | {
        "told": st.sampled_from(["accepted", "accepted", "accepted", "refused", "in_doubt", "withdrawn"]),
        "provider": st.sampled_from(["infobip", "infobip", "infobip", "telesign"]),
        "root_id": st.sampled_from([*ROOTS, None]),
        "at_s": moments,
    }
)
decisions = st.fixed_dictionaries(
    places
    | {
        "decision": st.sampled_from(["send", "send", "double_delivery", "wait"]),
        "because": st.sampled_from(["ended_badly", "no_success_in_time"]),
        "of_step": st.sampled_from([0, 0, 1]),
        "after": st.sampled_from([Channel.VIBER, Channel.SMS]),
    }
)
reports = st.fixed_dictionaries(
    {
        "said": st.sampled_from(["sent", "delivered", "delivered", "seen", "failed"]),
        "of": st.sampled_from(ROOTS),
        "at_s": moments,
    },
    optional={"names": st.fixed_dictionaries(places), "leg": st.sampled_from(["x", "y"])},
)
registrations = st.fixed_dictionaries(
    {"of": st.sampled_from(ROOTS), "registered_s": moments}, optional={"names": st.fixed_dictionaries(places)}
)
deeds = st.lists(
    st.one_of(
        *(commands, commands, commands, outcomes, outcomes, reports, reports, reports, decisions, registrations),
        *(withdrawals, st.just("again")),
    ),
    min_size=2,
    max_size=18,
)


def lived(what: list[Any]) -> Line:
    """The line after these deeds; `again` is what was last said of a message, written twice."""
    line, last = Line(), None
    for deed in what:
        match deed:
            case "again" if last is not None:
                line.say(*last)
            case {"of": _}:
                tell_of_attempt(line, deed)
            case {"number": number, "place": place, "attempt": attempt, **members}:
                last = words_of(number, place, attempt, members)
                line.say(*last, at_s=members.get("at_s", 0))
    return line


def words_of(number: int, place: int, attempt: int, members: dict[str, Any]) -> tuple[str, Any]:
    """On which topic, and what."""
    send_id = send_id_of(message(number), place, attempt)
    match members:
        case {"told": told, **said}:
            return "outcomes", outcome(told, number, place, attempt, **said)
        case {"taken_back": _}:
            return "commands", SendWithdrawn(message_id=message(number), step=place, send_id=send_id)
        case {"decision": decision, "because": because, "of_step": step, "after": channel}:
            facts = Facts(step=step, channel=channel, at=at(0))
            named_send = {"send_id": send_id} if decision == "send" else {}
            return "decisions", decided(decision, because, number, place=place, facts=facts, **named_send)
        case {"at_s": _, **said}:
            return "commands", commanded(number, place, attempt, **said)
    raise AssertionError(members)


@settings(
    max_examples=share(0.6),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(what=deeds, seed=st.integers(0, 2**32))
def test_what_became_of_later_steps_is_the_same_folded_or_found_in_the_facts(
    database: Database, what: list[Any], seed: int
) -> None:
    chance = random.Random(seed)
    connection, line = database.cursor(), lived(what)
    for table in TABLES:
        connection.execute(f"DELETE FROM {table}")
    settling = Settling(connection, at_once=chance.choice([1, 3, 1000]))
    folding = foldings(connection, at_once=chance.choice([1, 3, 1000]))[list(Fold).index(Fold.LATER_STEPS)]
    writer = Writer(connection, hasher(b"k" * 16), Upkeep(connection, Skyline()), seen_days=3)
    intake, batches, crash = writer.resume(), 0, chance.randrange(8)
    while portions := portion(line, chance):
        writer.write(writer.prepare(intake, portions))
        batches += 1
        if batches == crash:
            crash_of_track(line, chance)
        for job in (settling, folding):
            if chance.random() < 0.4:
                job.run(batches)
        if chance.random() < 0.4:
            compare(database, chance)
    folding.run(batches)
    compare(database, chance)
    connection.close()


def compare(database: Database, chance: random.Random) -> None:
    begin, end = sorted(chance.sample([at(0), at(1_800), at(3_600), at(7_200), at(86_400), at(90_000)], 2))
    accounts = chance.choice([None, None, ("default",)])
    parameters = parameters_of(begin, end, accounts) | {"group_by": chance.choice([[], [*GROUPS, "because"]])}

    def both(ask: Ask) -> tuple[list[Row], list[Row]]:
        return ask(*FALLBACKS.asked(ask, parameters)), ask(FALLBACKS.question, parameters)

    with closing(Reader(database, Skyline(), FixedClock(at(60)), threads=1, limit_s=10)) as reader:
        (kept, found), _ = asyncio.run(reader.look(both, is_lookup=False))

    assert kept == found


def parameters_of(begin: datetime, end: datetime, accounts: tuple[str, ...] | None) -> dict[str, Any]:
    question = MetricsQuestion((Measure.FALLBACKS,), begin, end, bucket=Bucket.HOUR, accounts=accounts)
    return question.parameters(FALLBACKS)
