"""What became of the later steps of plans is kept behind the batches, as the facts say it, whatever came first."""

from collections.abc import Callable
from itertools import zip_longest
from typing import Any

import pytest

from analytics.asking.reader import Ask, Row
from analytics.erasure.rows import Forgetting
from analytics.erasure.spelling import Spelling
from analytics.measures.folds import Fold
from analytics.measures.metrics import Dimension
from analytics.measures.sources import FALLBACKS
from analytics.reports.answering import report
from analytics.reports.catalogue import Report
from analytics.reports.question import ReportQuestion
from analytics.upkeep.folding import foldings
from analytics.upkeep.settling import Settling
from contracts.plans import send_id_of
from tests.support.plans import PERSON, commanded, decided, message, outcome
from tests.support.store_line import T0, Line, at

Word = Callable[[Line, str], None]
"""Tells the line something of a case; each has messages, attempts and an account of its own, for one store has all."""

MEMBERS = ("provider", "commanded", "fallbacks", "delivered", "double_deliveries")
QUESTION = ReportQuestion(from_=T0, to=at(7200), group_by=(Dimension.ACCOUNT, Dimension.PROVIDER))


def number_in(case: str, number: int) -> int:
    """Of a message; those of the first case are as they are called."""
    return 0x10 * [ALONE, *CASES].index(case) + number


def command(number: int = 1, *, at_s: float = 0, **members: Any) -> Word:
    return lambda line, case: line.say(
        "commands", commanded(number_in(case, number), account=case, **members), at_s=at_s
    )


def send(told: str, *, root_id: str | None = None, **members: Any) -> Word:
    def tell(line: Line, case: str) -> None:
        root = root_id and f"{root_id} of {case}"
        line.say("outcomes", outcome(told, number_in(case, 1), account=case, root_id=root, **members))

    return tell


def decision(*said: str, **members: Any) -> Word:
    return lambda line, case: line.say("decisions", decided(*said, number_in(case, 1), account=case, **members))


def report_of(of: str, said: str = "delivered", *, names_send: bool = False, **members: Any) -> Word:
    def tell(line: Line, case: str) -> None:
        named = {"external_id": send_id_of(message(number_in(case, 1)), 1, 0)} if names_send else {}
        given = {"provider": "telesign", "connection": "main", "at_s": 9} | named | members
        line.report(said, of=f"{of} of {case}", account=case, **given)

    return tell


COMMANDED, TAKEN, ARRIVED = command(), send("accepted", root_id="root"), report_of("root")
ALONE = "the only one"
CASES: dict[str, tuple[list[list[Word]], tuple[Any, ...] | None]] = {
    "in order": ([[COMMANDED], [TAKEN], [ARRIVED]], ("telesign", 1, 1, 1, 0)),
    "the other way round": ([[ARRIVED], [TAKEN], [COMMANDED]], ("telesign", 1, 1, 1, 0)),
    "the report before the outcome": ([[COMMANDED], [ARRIVED], [TAKEN]], ("telesign", 1, 1, 1, 0)),
    "twice": ([[COMMANDED, TAKEN, ARRIVED], [ARRIVED]], ("telesign", 1, 1, 1, 0)),
    "late": ([[COMMANDED], [TAKEN], [command(2)], [ARRIVED, ARRIVED]], ("telesign", 2, 1, 1, 0)),
    "a bad end is no arrival": ([[COMMANDED, TAKEN], [report_of("root", "failed")]], ("telesign", 1, 1, 0, 0)),
    "nor is that of another connection": (
        [[COMMANDED, TAKEN], [report_of("root", connection="observed", at_s=0)]],
        ("telesign", 1, 1, 0, 0),
    ),
    "a doubt that a report resolves by the name of the send": (
        [[COMMANDED, send("in_doubt")], [report_of("x", names_send=True)]],
        ("telesign", 1, 1, 1, 0),
    ),
    "a doubt that a person resolves": (
        [[COMMANDED, send("in_doubt")], [ARRIVED], [send("accepted", root_id="root", at_s=60)]],
        ("telesign", 1, 1, 1, 0),
    ),
    "another root that was told of as the first": (
        [
            [COMMANDED, send("accepted", root_id="other", at_s=5)],
            [ARRIVED],
            [send("accepted", root_id="root", at_s=4)],
        ],
        ("telesign", 1, 1, 1, 0),
    ),
    "what arrived was another's": (
        [[COMMANDED, TAKEN, ARRIVED], [send("accepted", root_id="other", at_s=0.5)]],
        ("telesign", 1, 1, 0, 0),
    ),
    "tried again by another provider": (
        [
            [COMMANDED, send("in_doubt")],
            [command(attempt=1, provider="infobip")],
            [send("accepted", attempt=1, provider="infobip", root_id="second")],
            [report_of("second", "seen", provider="infobip")],
        ],
        ("infobip", 1, 1, 1, 0),
    ),
    "taken twice, and the second arrived": (
        [
            [COMMANDED, TAKEN, command(attempt=1)],
            [send("accepted", attempt=1, root_id="second")],
            [report_of("second")],
        ],
        ("telesign", 1, 1, 1, 0),
    ),
    "an earlier step had arrived": (
        [[COMMANDED, TAKEN], [decision("double_delivery", "earlier_arrived", place=0)]],
        ("telesign", 1, 1, 0, 1),
    ),
    "commanded again after a crash": ([[COMMANDED], [COMMANDED], [send("refused")]], ("telesign", 1, 0, 0, 0)),
    "a first step is none": ([[command(place=0), send("accepted", place=0)]], None),
}
"""What is told of each, batch by batch, and what is counted in the end."""


@pytest.fixture
def tell(writer, line):
    """Stores what is told, as a batch of its own."""

    def told(*words: Word) -> None:
        for word in words:
            word(line, ALONE)
        writer.write(writer.prepare(writer.resume(), line.fetch()))

    return told


@pytest.fixture
def fold(database):
    """Folds what there is of later steps, and settles it, as it comes."""
    later_steps = foldings(database.cursor())[list(Fold).index(Fold.LATER_STEPS)]

    def run(batch_id: int) -> None:
        for job in (later_steps, Settling(database.cursor())):
            job.run(batch_id)

    return run


async def counted(reader) -> dict[str, tuple[Any, ...]]:
    """By account."""
    rows = (await report(reader, Report.FALLBACKS, QUESTION, reply_window_s=60)).rows
    assert len({row["account"] for row in rows}) == len(rows)
    return {row["account"]: tuple(row[name] for name in MEMBERS) for row in rows}


async def both(reader) -> tuple[list[Row], list[Row]]:
    """As it is answered, and from the facts alone."""
    parameters = QUESTION.metrics().parameters(FALLBACKS)

    def ask_both(ask: Ask) -> tuple[list[Row], list[Row]]:
        return ask(*FALLBACKS.asked(ask, parameters)), ask(FALLBACKS.question, parameters)

    found, _ = await reader.look(ask_both, is_lookup=False)
    return found


@pytest.mark.parametrize("is_folded", [True, False], ids=["folded", "not folded"])
async def test_what_became_of_a_step_is_known_at_any_moment(writer, line, fold, reader, is_folded):
    turns = zip_longest(*(batches for batches, _ in CASES.values()), fillvalue=[])
    for batch_id, turn in enumerate(turns, start=1):
        for case, words in zip(CASES, turn, strict=True):
            for word in words:
                word(line, case)
        writer.write(writer.prepare(writer.resume(), line.fetch()))
        found, by_facts = await both(reader)
        assert found == by_facts
        if is_folded:
            fold(batch_id)
            assert (await both(reader))[0] == by_facts

    assert await counted(reader) == {case: ended for case, (_, ended) in CASES.items() if ended}


async def test_a_report_of_long_before_the_command_is_about_another_send(tell, fold, reader):
    """Providers give their ids again."""
    tell(command(at_s=7000), ARRIVED, TAKEN)
    fold(1)
    tell(report_of("root", at_s=7000 - 3601))
    found, by_facts = await both(reader)

    assert found == by_facts
    assert await counted(reader) == {ALONE: ("telesign", 1, 1, 0, 0)}


async def test_only_what_is_told_of_is_made_anew(tell, fold, database):
    tell(COMMANDED, TAKEN)
    tell(command(2))
    fold(2)
    before = database.cursor().execute("SELECT message_id, rowid FROM later_step ORDER BY ALL").fetchall()
    tell(ARRIVED)
    fold(3)
    after = database.cursor().execute("SELECT message_id, rowid FROM later_step ORDER BY ALL").fetchall()

    assert [row == other for row, other in zip(before, after, strict=True)] == [False, True]


async def test_what_a_person_was_sent_is_counted_when_the_person_is_forgotten(tell, fold, database, reader):
    named = f"id-of-{PERSON}"
    tell(COMMANDED, send("accepted", root_id=named))
    fold(1)
    pseudonym = database.cursor().execute("SELECT recipient_hash FROM command").fetchall()[0][0]
    Forgetting(Spelling(PERSON), pseudonym, wishes_too=True).run(database.cursor())

    assert PERSON not in str(database.cursor().execute("FROM later_root").fetchall())
    assert await counted(reader) == {ALONE: ("telesign", 1, 1, 0, 0)}
