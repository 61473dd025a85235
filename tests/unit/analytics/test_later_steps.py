"""What became of the later steps of plans is kept behind the batches, as the facts say it, whatever came first."""

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
from tests.support.store_line import T0, at

SEND_ID = send_id_of(message(), 1, 0)
COMMANDED = ("say", "commands", commanded())
TAKEN = ("say", "outcomes", outcome("accepted", root_id="root"))
ARRIVED = ("report", "delivered", {"of": "root", "at_s": 9})
COMMANDED_NEXT = ("say", "commands", commanded(2))
NAMED = {"external_id": SEND_ID}
MEMBERS = ("provider", "commanded", "fallbacks", "delivered", "double_deliveries")
QUESTION = ReportQuestion(from_=T0, to=at(7200), group_by=(Dimension.PROVIDER,))


@pytest.fixture
def tell(writer, line):
    """Stores what is told, as a batch of its own."""

    def told(*words: Any) -> None:
        for kind, *said in words:
            if kind == "say":
                line.say(*said)
            else:
                line.report(said[0], **{"provider": "telesign", "connection": "main"} | said[1])
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


async def counted(reader) -> list[tuple[Any, ...]]:
    rows = (await report(reader, Report.FALLBACKS, QUESTION, reply_window_s=60)).rows
    return [tuple(row[name] for name in MEMBERS) for row in rows]


async def both(reader) -> tuple[list[Row], list[Row]]:
    """As it is answered, and from the facts alone."""
    parameters = QUESTION.metrics().parameters(FALLBACKS)

    def ask_both(ask: Ask) -> tuple[list[Row], list[Row]]:
        return ask(*FALLBACKS.asked(ask, parameters)), ask(FALLBACKS.question, parameters)

    found, _ = await reader.look(ask_both, is_lookup=False)
    return found


@pytest.mark.parametrize(
    ("batches", "ended"),
    [
        pytest.param([[COMMANDED], [TAKEN], [ARRIVED]], ("telesign", 1, 1, 1, 0), id="in order"),
        pytest.param([[ARRIVED], [TAKEN], [COMMANDED]], ("telesign", 1, 1, 1, 0), id="the other way round"),
        pytest.param([[COMMANDED], [ARRIVED], [TAKEN]], ("telesign", 1, 1, 1, 0), id="the report before the outcome"),
        pytest.param([[COMMANDED, TAKEN, ARRIVED], [ARRIVED]], ("telesign", 1, 1, 1, 0), id="twice"),
        pytest.param([[COMMANDED], [TAKEN], [COMMANDED_NEXT], [ARRIVED, ARRIVED]], ("telesign", 2, 1, 1, 0), id="late"),
        pytest.param(
            [[COMMANDED, TAKEN], [("report", "failed", {"of": "root", "at_s": 9})]],
            ("telesign", 1, 1, 0, 0),
            id="a bad end is no arrival",
        ),
        pytest.param(
            [[COMMANDED, TAKEN], [("report", "delivered", {"of": "root", "connection": "observed"})]],
            ("telesign", 1, 1, 0, 0),
            id="nor is that of another connection",
        ),
        pytest.param(
            [
                [COMMANDED, ("say", "outcomes", outcome("in_doubt"))],
                [("report", "delivered", {"of": "x", "at_s": 9} | NAMED)],
            ],
            ("telesign", 1, 1, 1, 0),
            id="a doubt that a report resolves by the name of the send",
        ),
        pytest.param(
            [
                [COMMANDED, ("say", "outcomes", outcome("in_doubt"))],
                [("report", "delivered", {"of": "root", "at_s": 9})],
                [("say", "outcomes", outcome("accepted", root_id="root", at_s=60))],
            ],
            ("telesign", 1, 1, 1, 0),
            id="a doubt that a person resolves",
        ),
        pytest.param(
            [
                [COMMANDED, ("say", "outcomes", outcome("accepted", root_id="other", at_s=5))],
                [("report", "delivered", {"of": "root", "at_s": 9})],
                [("say", "outcomes", outcome("accepted", root_id="root", at_s=4))],
            ],
            ("telesign", 1, 1, 1, 0),
            id="another root that was told of as the first",
        ),
        pytest.param(
            [
                [COMMANDED, TAKEN, ARRIVED],
                [("say", "outcomes", outcome("accepted", root_id="other", at_s=0.5))],
            ],
            ("telesign", 1, 1, 0, 0),
            id="what arrived was another's",
        ),
        pytest.param(
            [
                [COMMANDED, ("say", "outcomes", outcome("in_doubt"))],
                [("say", "commands", commanded(attempt=1, provider="infobip"))],
                [("say", "outcomes", outcome("accepted", attempt=1, provider="infobip", root_id="second"))],
                [("report", "seen", {"of": "second", "provider": "infobip", "at_s": 9})],
            ],
            ("infobip", 1, 1, 1, 0),
            id="tried again by another provider",
        ),
        pytest.param(
            [
                [COMMANDED, TAKEN, ("say", "commands", commanded(attempt=1))],
                [("say", "outcomes", outcome("accepted", attempt=1, root_id="second"))],
                [("report", "delivered", {"of": "second", "at_s": 9})],
            ],
            ("telesign", 1, 1, 1, 0),
            id="taken twice, and the second arrived",
        ),
        pytest.param(
            [[COMMANDED, TAKEN], [("say", "decisions", decided("double_delivery", "earlier_arrived", place=0))]],
            ("telesign", 1, 1, 0, 1),
            id="an earlier step had arrived",
        ),
        pytest.param(
            [[COMMANDED], [("say", "commands", commanded())], [("say", "outcomes", outcome("refused"))]],
            ("telesign", 1, 0, 0, 0),
            id="commanded again after a crash",
        ),
        pytest.param(
            [[("say", "commands", commanded(place=0)), ("say", "outcomes", outcome("accepted", place=0))]],
            None,
            id="a first step is none",
        ),
    ],
)
@pytest.mark.parametrize("is_folded", [True, False], ids=["folded", "not folded"])
async def test_what_became_of_a_step_is_known_at_any_moment(tell, fold, reader, batches, ended, is_folded):
    for batch_id, words in enumerate(batches, start=1):
        tell(*words)
        found, by_facts = await both(reader)
        assert found == by_facts
        if is_folded:
            fold(batch_id)
            assert (await both(reader))[0] == by_facts

    assert await counted(reader) == ([ended] if ended else [])


async def test_a_report_of_long_before_the_command_is_about_another_send(tell, fold, reader, line):
    """Providers give their ids again."""
    line.say("commands", commanded(), at_s=7000)
    tell(ARRIVED, TAKEN)
    fold(1)
    tell(("report", "delivered", {"of": "root", "at_s": 7000 - 3601}))
    found, by_facts = await both(reader)

    assert found == by_facts
    assert await counted(reader) == [("telesign", 1, 1, 0, 0)]


async def test_only_what_is_told_of_is_made_anew(tell, fold, database):
    tell(COMMANDED, TAKEN)
    tell(("say", "commands", commanded(2)))
    fold(2)
    before = database.cursor().execute("SELECT message_id, rowid FROM later_step ORDER BY ALL").fetchall()
    tell(ARRIVED)
    fold(3)
    after = database.cursor().execute("SELECT message_id, rowid FROM later_step ORDER BY ALL").fetchall()

    assert [row == other for row, other in zip(before, after, strict=True)] == [False, True]


async def test_what_a_person_was_sent_is_counted_when_the_person_is_forgotten(tell, fold, database, reader):
    named = f"id-of-{PERSON}"
    tell(COMMANDED, ("say", "outcomes", outcome("accepted", root_id=named)))
    fold(1)
    pseudonym = database.cursor().execute("SELECT recipient_hash FROM command").fetchall()[0][0]
    Forgetting(Spelling(PERSON), pseudonym, wishes_too=True).run(database.cursor())

    assert PERSON not in str(database.cursor().execute("FROM later_root").fetchall())
    assert await counted(reader) == [("telesign", 1, 1, 0, 0)]
