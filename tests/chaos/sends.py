"""Messages with plans under attack: what left against the books of who took it, and whether each came to an end."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import duckdb

from analytics.queries import load_query
from tests.chaos.diary import Diary
from tidings.api_client import ApiClient, Json
from tidings.demo.plans import Traffic
from tidings.demo.send_findings import taken_by_place
from tidings.simulation.fates import Mark

WAITS_S, LATE_S = (20, 60), 24.0
"""How long Viber and the SMS have, and when a Viber message arrives that is late."""
SETTLE_LIMIT_S, STILL_S = 300.0, 90.0
"""How long all sends may take to leave when the attack is over, and how long nothing may move meanwhile."""
POLL_S = 1.0

AT_ONCE = 500
NEVER_LEFT = f"""
SELECT message_id::VARCHAR, step
FROM ({load_query("message_sends").sql})
WHERE outcome IN ('withdrawn', 'refused', 'throttled')
"""
"""The product's own word on the sends of some messages, which counts what is certain above what was said before."""
UNDECIDED = """
SELECT message_id::VARCHAR
FROM plan ANTI JOIN (
    SELECT message_id FROM decision WHERE decision IN ('stop', 'refuse', 'silent', 'cancelled', 'expired')
) AS decided USING (message_id)
WHERE told = 'planned'
"""
UNTOLD = """
SELECT send_id
FROM command ANTI JOIN (SELECT send_id FROM outcome WHERE outcome <> 'in_doubt') AS settled USING (send_id)
ANTI JOIN (SELECT external_id AS send_id FROM registration WHERE external_id IS NOT NULL) AS registered USING (send_id)
WHERE told = 'commanded'
"""
"""Commanded sends of which nobody has said for certain what came of them."""


@dataclass(frozen=True)
class SendVerdict:
    """What came of the messages with plans."""

    messages: int
    sends: int
    double_sends: int
    in_doubt: int
    resolved: int
    needless: int
    """Second steps that had not to leave, because news of the first came too late under attack."""
    differences: list[str]

    @property
    def last_line(self) -> str:
        return f"sends={self.sends} double_sends={self.double_sends} in_doubt={self.in_doubt}"


class Excuses:
    """Steps that had to leave and did not, because their time was up while something was down: that is told of them.

    In a long run there are thousands, so it is read from the newest copy of the store and not asked one by one.
    """

    def __init__(self, copies: Path, traffic: Traffic) -> None:
        self._copies = copies
        self._traffic = traffic

    def missing(self) -> list[int]:
        """Messages of which a step has still to leave, and nothing says why it does not."""
        due = self._traffic.due()
        if not due:
            return []
        ids = {number: message_id for message_id, number in self._traffic.planner.numbers.items()}
        books, fates, never = self._traffic.books, self._traffic.fates, self._never_left([ids[one] for one in due])
        return [one for one in due if not books.wanted(one, fates) - books.steps(one) <= never[ids[one]]]

    def _never_left(self, messages: Iterable[str]) -> dict[str, set[int]]:
        """By message, the steps of which it is told that they did not leave, as of the newest copy."""
        told: dict[str, set[int]] = defaultdict(set)
        newest = max(self._copies.glob("*.duckdb"), default=None)  # named by their times
        if newest is not None:
            with suppress(duckdb.IOException), duckdb.connect(str(newest), read_only=True) as copy:  # gone meanwhile
                # Ids are in order of time, so that each portion is a short stretch of the store.
                left = sorted(messages)
                while left:
                    some, left = left[:AT_ONCE], left[AT_ONCE:]
                    asked = {"messages": some, "first_message": some[0], "last_message": some[-1], "accounts": None}
                    for message_id, step in copy.execute(NEVER_LEFT, asked).fetchall():
                        told[message_id].add(step)
        return told


async def settle_sends(api: ApiClient, traffic: Traffic, excuses: Excuses, diary: Diary) -> None:
    """Wait until all sends have left that have to and no doubt is open; a person, played here, resolves those."""
    deadline, moved_at, before = monotonic() + SETTLE_LIMIT_S, monotonic(), None
    while monotonic() < min(deadline, moved_at + STILL_S):
        doubts = await traffic.resolve(api)
        balance = (await api.get("/v1/conservation"))["sends"]
        # Why steps did not leave is looked for only when all else is quiet.
        due = traffic.due() if doubts or balance["waiting"] else excuses.missing()
        if not (due or doubts or balance["waiting"]):
            await traffic.stand_in.quiet()
            diary.note(f"all sends have left; a person has resolved {len(traffic.resolved)} doubts", mark="well")
            return
        if before != (now := (len(due), doubts, balance)):
            before, moved_at = now, monotonic()
        await asyncio.sleep(POLL_S)
    diary.note(f"waited long enough: {len(due)} sends are awaited, {doubts} in doubt: {balance}", mark="fault")


async def judge_sends(api: ApiClient, traffic: Traffic, excuses: Excuses) -> SendVerdict:
    """Hold what left against the fates, and what the API says against the books."""
    books, numbers = traffic.books, traffic.planner.numbers
    balance = (await api.get("/v1/conservation"))["sends"]
    told = taken_by_place((await api.get("/v1/sends"))["sends"])
    wrong = [f"{mark} left {len(books.taken[mark])} times" for mark in books.doubles]
    missing = excuses.missing()
    wrong += [f"message {number} had to leave by steps {_named(traffic, number)}" for number in missing]
    wrong += _unknown(books.taken, numbers.values())
    if told != books.by_place():
        wrong.append(f"the API knows of the sends {dict(told)} and {dict(books.by_place())} were taken")
    wrong += [
        f"{what} is {balance[what]} and must be 0" for what in ("in_doubt", "waiting", "double_sends") if balance[what]
    ]
    return SendVerdict(
        messages=len(numbers),
        sends=books.sends,
        double_sends=len(books.doubles),
        in_doubt=_open(balance),
        resolved=len(traffic.resolved),
        needless=books.needless(numbers.values(), traffic.fates),
        differences=wrong,
    )


def _open(balance: Json) -> int:
    return int(balance["in_doubt"] + balance["waiting"])


def _named(traffic: Traffic, number: int) -> str:
    wanted, left = traffic.books.wanted(number, traffic.fates), traffic.books.steps(number)
    return f"{sorted(wanted)} ({traffic.fates.of(Mark(number, 0))}) and left by {sorted(left)}"


def _unknown(marks: Iterable[Mark], numbers: Iterable[int]) -> list[str]:
    known = set(numbers)
    return [f"{mark} was sent, and nobody has planned it" for mark in marks if mark.number not in known]


def differences_of_plans(file: Path) -> list[str]:
    """Messages that came to no end, and sends of which nothing certain is told, when nobody has the store open."""
    with duckdb.connect(str(file), read_only=True) as store:
        undecided = store.execute(UNDECIDED).fetchall()
        untold = store.execute(UNTOLD).fetchall()
    return [f"message {message_id} is stuck: nothing more is decided of it" for (message_id,) in undecided] + [
        f"send {send_id} was commanded, and nothing certain is told of it" for (send_id,) in untold
    ]
