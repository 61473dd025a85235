"""Messages with plans under attack: what left against the books of who took it, and whether each came to an end."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import duckdb

from tests.chaos.diary import Diary
from tidings.api_client import ApiClient, ApiUnhelpful, Json
from tidings.demo.plans import Traffic
from tidings.demo.send_findings import taken_by_place
from tidings.simulation.fates import Mark

WAITS_S, LATE_S = (20, 60), 24.0
"""How long Viber and the SMS have, and when a Viber message arrives that is late."""
SETTLE_LIMIT_S, STILL_S = 300.0, 90.0
"""How long all sends may take to leave when the attack is over, and how long nothing may move meanwhile."""
POLL_S = 1.0
NEVER_LEFT = frozenset({"withdrawn", "refused", "throttled"})

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
    """Steps that had to leave and did not, because their time was up while something was down: that is told of them."""

    def __init__(self, api: ApiClient, traffic: Traffic) -> None:
        self._api = api
        self._traffic = traffic
        self._excused: set[int] = set()

    async def missing(self) -> list[int]:
        """Messages of which a step has still to leave, and nothing says why it does not."""
        due = [number for number in self._traffic.due() if number not in self._excused]
        ids = {number: message_id for message_id, number in self._traffic.planner.numbers.items()}
        for number in due:
            if await self._is_excused(number, ids[number]):
                self._excused.add(number)
        return [number for number in due if number not in self._excused]

    async def _is_excused(self, number: int, message_id: str) -> bool:
        try:
            sends = (await self._api.get(f"/v1/messages/{message_id}"))["sends"]
        except ApiUnhelpful:  # the store does not know it yet
            return False
        books = self._traffic.books
        never = {send["step"] for send in sends if send["outcome"] in NEVER_LEFT}
        return books.wanted(number, self._traffic.fates) - books.steps(number) <= never


async def settle_sends(api: ApiClient, traffic: Traffic, diary: Diary) -> Excuses:
    """Wait until all sends have left that have to and no doubt is open; a person, played here, resolves those.

    Returns what excuses were found, so that nobody asks for them again: in a long run there are thousands.
    """
    deadline, moved_at, before = monotonic() + SETTLE_LIMIT_S, monotonic(), None
    excuses = Excuses(api, traffic)
    while monotonic() < min(deadline, moved_at + STILL_S):
        doubts = await traffic.resolve(api)
        balance = (await api.get("/v1/conservation"))["sends"]
        # Why a step did not leave is asked message by message, so only when all else is quiet.
        due = traffic.due() if doubts or balance["waiting"] else await excuses.missing()
        if not (due or doubts or balance["waiting"]):
            await traffic.stand_in.quiet()
            diary.note(f"all sends have left; a person has resolved {len(traffic.resolved)} doubts", mark="well")
            return excuses
        if before != (now := (len(due), doubts, balance)):
            before, moved_at = now, monotonic()
        await asyncio.sleep(POLL_S)
    diary.note(f"waited long enough: {len(due)} sends are awaited, {doubts} in doubt: {balance}", mark="fault")
    return excuses


async def judge_sends(api: ApiClient, traffic: Traffic, excuses: Excuses) -> SendVerdict:
    """Hold what left against the fates, and what the API says against the books."""
    books, numbers = traffic.books, traffic.planner.numbers
    balance = (await api.get("/v1/conservation"))["sends"]
    told = taken_by_place((await api.get("/v1/sends"))["sends"])
    wrong = [f"{mark} left {len(books.taken[mark])} times" for mark in books.doubles]
    missing = await excuses.missing()
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
