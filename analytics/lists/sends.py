"""What can be asked about plans, sends and doubts. `accounts` is null for all, else only what is theirs is seen."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from analytics.asking.reader import Accounts, Answer, Reader


@dataclass(frozen=True, kw_only=True)
class SendsQuestion:
    """Sends by the time at which they were commanded; a null leaves a bound out."""

    accounts: tuple[str, ...] | None = None
    from_: datetime | None = None
    to: datetime | None = None


@dataclass(frozen=True)
class Sends(Answer):
    """How many sends there were, by step and provider; `doubles` is what was delivered twice, by currency."""

    doubles: list[dict[str, object]]


async def sends(reader: Reader, question: SendsQuestion) -> Sends:
    parameters = {
        "accounts": question.accounts,
        "from": question.from_,
        "to": question.to,
    }
    (rows, doubles), fresh = await reader.ask_together(("sends", parameters), ("double_deliveries", parameters))
    return Sends(rows, fresh, doubles)


async def send_balance(reader: Reader) -> Answer:
    """One row: what became of every send of the installation."""
    return await reader.ask("send_balance")


async def in_doubt(reader: Reader, *, accounts: Accounts, limit: int, overdue_s: float) -> Answer:
    """Sends of which nobody knows whether they were taken, the longest open first; `open_count` is how many.

    One of which nothing was told for `overdue_s` after it should have been given up is one of them.
    """
    parameters = {
        "accounts": accounts,
        "now": reader.clock.now(),
        "overdue_s": overdue_s,
        "limit": limit,
    }
    return await reader.ask("in_doubt", parameters)


async def send_named(reader: Reader, send_id: str, *, accounts: Accounts) -> Answer:
    """The send, or no row when nothing of these accounts is known under that id."""
    return await reader.ask("send_named", {"send_id": send_id, "accounts": accounts})


async def known_plans(reader: Reader, message_ids: Sequence[str]) -> Answer:
    """Those of the messages that have a plan, with its account and the digest of its request; of any account."""
    return await reader.ask("known_plans", {"ids": list(message_ids)})
