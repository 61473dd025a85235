"""What is known of one message: found in small steps, because DuckDB takes longer to plan one great question than to
answer ten small ones, and few messages have been planned, decided about or answered.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import md5
from typing import Any, NamedTuple
from uuid import UUID

from analytics.asking.reader import Accounts, Answer, Ask, Reader, Row
from analytics.queries import load_query
from contracts.errors import NotFound
from contracts.status import RANKS, DeliveryStatus

STEPS = ("message_plan", "message_decisions", "message_sends")
SUMMED = ("account", "provider", "connection", "root_id")


@dataclass(frozen=True)
class Timeline(Answer):
    """All that was said about a message, oldest first; `attempts` says where each attempt stands."""

    attempts: list[Row]
    plan: list[Row] = field(default_factory=list)
    """What was planned, the first first, and that it was cancelled."""
    decisions: list[Row] = field(default_factory=list)
    sends: list[Row] = field(default_factory=list)
    may_be_answered: bool = True
    """Whether anybody wrote what could be an answer to it."""


async def message_timeline(
    reader: Reader, message_id: str, *, accounts: Accounts, window_s: float | None = None
) -> Timeline:
    """Every report and registration of a message or attempt, with verdicts and cause positions, and what was planned,
    decided and sent. With a window it is looked whether there may be replies within it.

    Raises `NotFound` when nothing is known under that id, or nothing of these accounts.
    """
    named = uuid_of(message_id)

    def look(ask: Ask) -> tuple[list[Row], list[list[Row]], bool]:
        told = _told(ask, _named(ask, named), accounts=accounts)
        rows, steps = _events(told), [told(question) for question in STEPS]
        return rows, steps, window_s is None or _may_be_answered(ask, rows, accounts=accounts, window_s=window_s)

    (rows, steps, may_be_answered), fresh = await reader.look(look)
    if not rows and not any(steps):
        before = fresh.forgotten_before
        forgotten = f"; what was first heard of before {before.isoformat()} is dropped" if before else ""
        raise NotFound(f"nothing is known of a message or attempt {message_id}; as of {fresh.as_of}{forgotten}")
    plan, decisions, sends = steps
    return Timeline(rows, fresh, attempts_in(rows), plan, decisions, sends, may_be_answered)


async def message_replies(reader: Reader, message_id: str, *, accounts: Accounts, window_s: float) -> Answer:
    """What people answered to a message or attempt, oldest first, each with how that is known; none when unknown.

    It takes as long as a whole timeline, which knows whether it need be asked.
    """
    return await reader.ask("message_replies", {"id": uuid_of(message_id), "accounts": accounts, "window_s": window_s})


def uuid_of(text: str) -> str:
    """The id as the store has it; raises `NotFound` for what is none."""
    try:
        return str(UUID(text))
    except ValueError:
        raise NotFound(f"{text[:80]!r} is no id of a message or attempt; they are UUIDs") from None


def attempts_in(rows: Iterable[Row]) -> list[Row]:
    """Where each attempt stands by what was said of it, in the order of their ids, which is that of their times."""
    told: dict[str, list[Row]] = {}
    for row in rows:
        if row["event"] != "presumed_lost":
            told.setdefault(row["attempt_id"], []).append(row)
    return [_attempt(attempt_id, told[attempt_id]) for attempt_id in sorted(told)]


def standing(moves: Iterable[tuple[str | None, str]]) -> DeliveryStatus:
    """The highest status that was entered more often than it was left, whatever the order of the moves.

    It is the store's `standing`; a test compares them.
    """
    balance: Counter[str] = Counter()
    for departed, entered in moves:
        balance[entered] += 1
        if departed is not None:
            balance[departed] -= 1
    stood = (DeliveryStatus(status) for status, times in balance.items() if times > 0)
    return max(stood, key=RANKS.__getitem__, default=DeliveryStatus.UNKNOWN)


class Named(NamedTuple):
    """What goes by an id."""

    id: str
    attempts: set[str]
    messages: set[str]
    questions: set[str]
    """Those that have an answer under that id; under other ids that belong to it there may be more."""


def name_hash(name: str) -> int:
    """It is the store's `name_hash`; a test compares them."""
    return int.from_bytes(md5(name.encode("utf-8", "surrogatepass"), usedforsecurity=False).digest()[8:12], "little")


def _named(ask: Ask, named: str) -> Named:
    found = ask("attempts_of", {"id": named})
    attempts = {row["attempt_id"] for row in found if row["attempt_id"]}
    messages = {named} | {row["message_id"] for row in found if row["message_id"]}
    return Named(named, attempts, messages, {row["question"] for row in found})


def _told(ask: Ask, named: Named, *, accounts: Accounts) -> Callable[[str], list[Row]]:
    """Asks what has an answer, and knows of the rest that it has none."""
    attempts, messages, answered = named.attempts, named.messages, set(named.questions)
    # Facts about ids lie together, and bounds let DuckDB leave out the rest unread.
    parameters = {
        "attempts": sorted(attempts),
        "first": min(attempts, default=None),
        "last": max(attempts, default=None),
        "messages": sorted(messages),
        "first_message": min(messages),
        "last_message": max(messages),
        "accounts": accounts,
    }
    if attempts | messages != {named.id}:
        others = parameters if messages != {named.id} else parameters | {"messages": None}
        answered |= {row["question"] for row in ask("message_parts", others)}
    if attempts:
        answered.add("message_reports")

    def told(question: str) -> list[Row]:
        taken = load_query(question).parameters
        return ask(question, {name: parameters[name] for name in taken}) if question in answered else []

    return told


def _events(told: Callable[[str], list[Row]]) -> list[Row]:
    """What was said of the attempts, oldest first; each event has the members of all."""
    reports = told("message_reports")
    heard = {row["attempt_id"]: {name: row[name] for name in SUMMED} for row in reports}
    unclaimed = [row | heard[row["attempt_id"]] for row in told("unclaimed_of") if row["attempt_id"] in heard]
    events = [*reports, *told("message_registrations"), *unclaimed, *told("message_presumed_lost")]
    events.sort(key=lambda row: (row["known_at"], row["kafka_offset"]))
    members = dict.fromkeys(name for row in events for name in row if name != "kafka_offset")
    return [{name: row.get(name) for name in members} for row in events]


def _may_be_answered(ask: Ask, rows: Sequence[Row], *, accounts: Accounts, window_s: float) -> bool:
    heard = [row for row in rows if row["event"] in {"report", "registration"}]
    if not heard:
        return False
    names = {row["root_id"] for row in heard} | {row["external_id"] for row in heard}
    names |= {row["provider_message_id"] for row in heard if row["event"] == "report"}
    names |= {row["message_id"] for row in heard if row["event"] == "registration"}
    parameters = {
        "numbers": sorted(map(name_hash, names - {None})),
        "people": sorted({int(row["recipient_hash"], 16) for row in heard if row["recipient_hash"]}),
        "heard_from": heard[0]["known_at"],
        "heard_to": heard[-1]["known_at"],
        "window_s": window_s,
        "accounts": accounts,
    }
    return bool(ask("message_meant", parameters))


def _attempt(attempt_id: str, told: Sequence[Row]) -> Row:
    heard = [row for row in told if row["event"] != "unclaimed"]
    registrations = [row for row in heard if row["event"] == "registration"]
    # One that nobody registered in time has an id of its own, until somebody does.
    named = next((known for rows in (registrations, heard, told) if (known := _all(rows, "message_id"))), [None])
    return {
        "attempt_id": attempt_id,
        "message_id": max(named),
        **{name: heard[0][name] for name in SUMMED},
        "status": standing((row["previous_status"], row["attempt_status"]) for row in heard),
        "is_conflict": any(_all(heard, "is_conflict")),
        "is_registered": bool(registrations),
        "sent_at": min(_all(heard, "sent_at"), default=None),
        "delivered_at": min(_all(heard, "delivered_at"), default=None),
        "latency_ms": max(_all(heard, "latency_ms"), default=None),
        "report_count": len(heard) - len(registrations),
    }


def _all(rows: Iterable[Row], name: str) -> list[Any]:
    return [row[name] for row in rows if row[name] is not None]
