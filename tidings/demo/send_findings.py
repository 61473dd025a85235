"""What the API says of the sends of messages with plans, held against the books of the simulated providers."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tidings.api_client import ApiClient, Json
from tidings.demo.plans import Traffic
from tidings.simulation.fates import Fates, Mark
from tidings.simulation.sends import Books

Place = tuple[int, str]
"""Step and provider."""


@dataclass(frozen=True)
class SendFindings:
    """What the API says of the sends, and how it departs from the books."""

    messages: int
    taken: Counter[Place]
    sends: int
    double_sends: int
    in_doubt: int
    resolved: int
    needless: int
    """Messages of which a step left that had not to: the machine was so busy that news came behind the wait."""
    wasted: int
    """Messages that arrived twice, because the first send was late."""
    differences: list[str]

    @property
    def last_line(self) -> str:
        return f"sends={self.sends} double_sends={self.double_sends} in_doubt={self.in_doubt}"


async def compare_sends(api: ApiClient, traffic: Traffic) -> SendFindings:
    """Hold what the API says of the sends against the books of those who took them."""
    books = traffic.books
    balance = (await api.get("/v1/conservation"))["sends"]
    taken = taken_by_place((await api.get("/v1/sends"))["sends"])
    return SendFindings(
        messages=len(traffic.planner.numbers),
        taken=taken,
        sends=balance["accepted"],
        double_sends=balance["double_sends"],
        in_doubt=balance["in_doubt"] + balance["waiting"],
        resolved=len(traffic.resolved),
        needless=books.needless(traffic.planner.numbers.values(), traffic.fates),
        wasted=books.wasted(traffic.planner.numbers.values()),
        differences=differences_of_sends(balance, taken, books)
        + differences_of_steps(traffic.planner.numbers, books, traffic.fates),
    )


def taken_by_place(rows: Iterable[Json]) -> Counter[Place]:
    """How many sends the API knows to be taken."""
    counted: Counter[Place] = Counter()
    for row in rows:
        if row["outcome"] == "accepted":
            counted[row["step"], row["provider"]] += row["send_count"]
    return counted


def differences_of_sends(balance: Json, taken: Counter[Place], books: Books) -> list[str]:
    """How the counts depart from the books."""
    known = books.by_place()
    found = [
        f"step {step} over {provider}: {taken[step, provider]} sends were taken and must be {known[step, provider]}"
        for step, provider in sorted(taken.keys() | known.keys())
        if taken[step, provider] != known[step, provider]
    ]
    found += [
        f"{member} is {balance[member]} and must be 0"
        for member in ("in_doubt", "waiting", "double_sends")
        if balance[member]
    ]
    twice = books.doubles
    return found + [f"step {mark.step} of message {mark.number} left {len(books.taken[mark])} times" for mark in twice]


def differences_of_steps(numbers: Mapping[str, int], books: Books, fates: Fates) -> list[str]:
    """Messages of which a step did not leave that had to."""
    return [
        f"message {message_id} ({fates.of(Mark(number, 0))}): steps {sorted(books.steps(number))} left and must be "
        f"{sorted(books.wanted(number, fates))}"
        for message_id, number in numbers.items()
        if not books.wanted(number, fates) <= books.steps(number)
    ]
