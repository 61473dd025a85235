"""Compares what the installation says with what the simulator knows, provider by provider and attempt by attempt."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from contracts.status import DeliveryStatus
from tidings.api_client import ApiClient, ApiUnhelpful, Json
from tidings.demo.identities import Attempt
from tidings.simulation.outcome import AttemptOutcome, Outcome, ProviderOutcome

MEMBERS = ("received", "applied", "repeated", "outranked", "parked", "quarantined", "in_flight", "unexplained")
STANDINGS = "/v1/metrics?measure=sent,conflicts&group_by=provider,status&bucket=none&from="
QUESTIONS_AT_ONCE = 8
ASKED_LIMIT = 150
"""Attempts that are asked for one by one: a look-up costs the API some 130 ms, and a proof has to end soon."""


@dataclass(frozen=True)
class Findings:
    """What was found, and all that is not as it must be."""

    balances: Mapping[str, Json]
    """By provider."""
    total: Json
    differences: list[str] = field(default_factory=list)
    agreeing: Counter[str] = field(default_factory=Counter)
    """Attempts that were asked for and end as they must, by provider."""
    asked: Counter[str] = field(default_factory=Counter)

    @property
    def last_line(self) -> str:
        return " ".join(f"{member}={self.total[member]}" for member in MEMBERS)


def differences_of(conservation: Json, outcome: Outcome) -> list[str]:
    """How the account of the API departs from the outcome."""
    balances = {row["provider"]: row for row in conservation["providers"]}
    found = [f"{outcome.given_up} posts were never taken"] if outcome.given_up else []
    for slug, expected in outcome.providers.items():
        balance = balances.get(slug, dict.fromkeys(MEMBERS, 0))
        found += [f"{slug}: {difference}" for difference in _differences(balance, expected)]
    found += [f"{slug}: nothing was posted" for slug, row in balances.items() if slug not in outcome.providers and row]
    found += [f"unexplained item at {position}" for position in conservation["unexplained_positions"]]
    return found


def _differences(balance: Json, expected: ProviderOutcome) -> Iterator[str]:
    # How many are stored again nobody can know from outside: a post whose answer was lost, and what ingest wrote to its
    # spool because Kafka took too long, which Kafka may have stored after all.
    if balance["received"] < expected.items:
        yield f"received is {balance['received']} and must be {expected.items} or more"
    # What was stored again is a repeat, so this many are new whatever happened.
    exact = {
        "repeated": balance["received"] - expected.distinct - expected.quarantined,
        "parked": expected.parked,
        "quarantined": expected.quarantined,
        "in_flight": 0,
        "unexplained": 0,
    }
    yield from (
        f"{member} is {balance[member]} and must be {wanted}"
        for member, wanted in exact.items()
        if balance[member] != wanted
    )
    new = balance["applied"] + balance["outranked"]
    if new != expected.distinct - expected.parked:
        yield f"applied + outranked is {new} and must be {expected.distinct - expected.parked}"


async def compare(
    api: ApiClient,
    outcome: Outcome,
    ids: Mapping[Attempt, set[str]],
    *,
    since: datetime,
    most_asked: int = ASKED_LIMIT,
    on_asked: Callable[[], object] = lambda: None,
) -> Findings:
    """Ask the API for the account, for how many attempts `since` stand where, and for the end of single attempts."""
    conservation = await api.get("/v1/conservation")
    standings = await api.get(f"{STANDINGS}{since:%Y-%m-%dT%H:%M:%SZ}")
    asked = asked_of(outcome.attempts, most_asked)
    findings = Findings(
        {row["provider"]: row for row in conservation["providers"]},
        conservation["total"],
        [*differences_of(conservation, outcome), *differences_of_standings(standings["rows"], outcome)],
        asked=Counter(attempt.provider for attempt in asked),
    )
    slots = asyncio.Semaphore(QUESTIONS_AT_ONCE)

    async def ask(attempt: AttemptOutcome) -> None:
        async with slots:
            difference = await _difference_of_attempt(api, attempt, ids)
            on_asked()
        if difference:
            findings.differences.append(f"{attempt.provider} attempt {attempt.root_id}: {difference}")
        else:
            findings.agreeing[attempt.provider] += 1

    async with asyncio.TaskGroup() as questions:
        for attempt in asked:
            questions.create_task(ask(attempt))
    return findings


def asked_of(attempts: Sequence[AttemptOutcome], most: int = ASKED_LIMIT) -> Sequence[AttemptOutcome]:
    """The attempts that are asked for one by one: all, or as many as there is time for, spread evenly."""
    step = max(1.0, len(attempts) / most)
    return [attempts[int(number * step)] for number in range(min(len(attempts), most))]


def differences_of_standings(rows: Iterable[Json], outcome: Outcome) -> list[str]:
    """How the API's counts of attempts by provider and status depart from the outcome; every attempt is in them."""
    wanted: dict[tuple[str, str], tuple[int, int]] = {}
    for attempt in outcome.attempts:
        count, conflicts = wanted.get(place := (attempt.provider, attempt.status.value), (0, 0))
        wanted[place] = (count + 1, conflicts + attempt.is_conflict)
    found = {(row["provider"], row["status"]): (row["sent"], row["conflicts"]) for row in rows if row["sent"]}
    return [
        f"{provider}: {found.get((provider, status), (0, 0))} attempts and conflicts stand at {status} and must be "
        f"{wanted.get((provider, status), (0, 0))}"
        for provider, status in sorted(wanted.keys() | found.keys())
        if found.get((provider, status)) != wanted.get((provider, status))
    ]


async def _difference_of_attempt(
    api: ApiClient, expected: AttemptOutcome, ids: Mapping[Attempt, set[str]]
) -> str | None:
    attempt_ids = ids.get((expected.provider, expected.connection, expected.root_id), set())
    if len(attempt_ids) != 1:
        return f"it has {len(attempt_ids)} attempt ids and must have one"
    try:
        told = await api.get(f"/v1/messages/{expected.message_id or next(iter(attempt_ids))}")
    except ApiUnhelpful as exc:
        return str(exc)
    found = next((one for one in told["attempts"] if one["root_id"] == expected.root_id), None)
    if found is None:
        return "its message does not name it"
    return difference_of(found, expected)


def difference_of(found: Json, expected: AttemptOutcome) -> str | None:
    """How the API's word on an attempt departs from the outcome; none when it does not."""
    wanted = {
        "status": DeliveryStatus(expected.status).value,
        "is_conflict": expected.is_conflict,
        "is_registered": expected.message_id is not None,
    }
    wrong = [
        f"{member} is {found[member]} and must be {value}" for member, value in wanted.items() if found[member] != value
    ]
    return ", ".join(wrong) or None
