"""What is known of the attempts in a batch is found among all that is stored, by whichever version it was."""

from collections import Counter
from decimal import Decimal
from typing import Any

import pytest

from contracts.vocabulary import Channel
from tests.support.plans import message, outcome
from tests.support.store_deeds import OF_BEFORE

COUNTED = (
    "SELECT channel, status, sum(attempt_count)::BIGINT AS n, sum(entry_count)::BIGINT AS m FROM hour_delta",
    "SELECT status, currency, is_fallback, sum(attempt_count)::BIGINT AS n, sum(attempt_cost) AS m FROM price_delta",
)
SEEN = {"connection": "observed", "at_s": 40}


def begin(line: Any) -> None:
    euros = {"connection": "observed", "currency": "EUR"}
    line.report("delivered", of="plain", connection="observed", channel=Channel.VIBER)
    line.report("sent", of="cascade", leg="cascade:viber", connection="observed", channel=Channel.VIBER)
    line.report("delivered", of="long", part="1", parts_count=2, price=Decimal("0.02"), **euros)
    line.report("delivered", of="another", connection="observed")
    line.register(of="a", message_id=message())


def go_on(line: Any) -> None:
    line.report("seen", of="plain", **SEEN)
    line.report("delivered", of="cascade", leg="cascade:viber", channel=Channel.VIBER, **SEEN)
    line.report("delivered", of="long", part="2", parts_count=2, price=Decimal("0.02"), currency="EUR", **SEEN)
    line.report("delivered", of="long", part="1", parts_count=2, price=Decimal("0.03"), currency="EUR", **SEEN)
    line.say("outcomes", outcome("accepted", place=1, root_id="a", provider="infobip", price="0.05", currency="EUR"))


def counted(database: Any) -> list[Counter[tuple[Any, ...]]]:
    found = [database.cursor().execute(f"{sql} GROUP BY ALL HAVING n <> 0 OR m <> 0").fetchall() for sql in COUNTED]
    return [Counter(rows) for rows in found]


@pytest.mark.parametrize(
    "updates", [pytest.param((), id="by this version"), pytest.param(OF_BEFORE, id="by one before")]
)
def test_later_batches_know_what_was_stored(writer, database, line, updates):
    begin(line)
    writer.write(writer.prepare(writer.resume(), line.fetch()))
    for statement in updates:
        database.cursor().execute(statement)
    go_on(line)
    writer.write(writer.prepare(writer.resume(), line.fetch()))
    attempts, prices = counted(database)

    assert attempts == Counter(
        {
            ("viber", "seen", 1, 1): 1,
            ("viber", "delivered", 0, 1): 1,
            (None, "delivered", 3, 2): 1,
            (None, "accepted", 1, 1): 1,
        }
    )
    assert prices == Counter(
        {
            ("delivered", None, False, -1, 0): 1,
            ("delivered", "EUR", False, 1, Decimal("0.05")): 1,
            ("accepted", None, False, -1, 0): 1,
            ("accepted", "EUR", True, 1, Decimal("0.05")): 1,
        }
    )


def test_attempts_of_the_same_moment_are_told_apart(writer, database, line):
    """What is said of one is no news of the other, and no revision of what is counted for its account."""
    for of in ("shop", "bank"):
        line.report("sent", of=of, account=of, connection="observed")
    writer.write(writer.prepare(writer.resume(), line.fetch()))
    line.report("delivered", of="shop", account="shop", connection="observed", at_s=3)
    writer.write(writer.prepare(writer.resume(), line.fetch()))
    revised = database.cursor().execute("SELECT account, count(*) FROM hour_revision GROUP BY ALL ORDER BY ALL")

    assert revised.fetchall() == [("bank", 1), ("shop", 2)]
