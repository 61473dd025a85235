"""What attempts cost, counted anew from track's updates and the outcomes of sends, without any SQL."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from contracts.plans import Outcome, SendOutcome
from contracts.records import DeliveryReport, StatusChanged
from contracts.vocabulary import Scope
from tests.support.store_recount import leg_of

Price = tuple[Decimal, str]


class Priced(NamedTuple):
    """Where the cost of an attempt or a channel entry is counted."""

    status: str
    currency: str | None
    is_fallback: bool


@dataclass(frozen=True)
class Costs:
    count: Counter[Priced]
    cost: dict[Priced, Decimal]


def prices_of(told: Iterable[StatusChanged], outcomes: Iterable[SendOutcome], *, by_channel: bool) -> Costs:
    """How many there are, and what they cost together; one with prices in two currencies counts in both."""
    by_attempt: dict[str, list[StatusChanged]] = defaultdict(list)
    for update in told:
        by_attempt[update.attempt_id].append(update)
    taken = [one for one in outcomes if one.outcome is Outcome.ACCEPTED]
    costs = Costs(Counter(), defaultdict(Decimal))
    for updates in by_attempt.values():
        sends = [one for one in taken if _is_of(one, updates)]
        is_fallback = any(one.step > 0 for one in sends)
        for status, count, prices in _counted(updates, _items(updates, sends), by_channel=by_channel):
            _add(costs, Priced(status, None, is_fallback), count, prices)
    return Costs(+costs.count, {cell: cost for cell, cost in costs.cost.items() if cost or costs.count[cell]})


def _add(costs: Costs, cell: Priced, count: int, prices: list[Price]) -> None:
    currencies: set[str | None] = {currency for _, currency in prices}
    for currency in currencies or {None}:
        placed = cell._replace(currency=currency)
        costs.count[placed] += count
        if currency is not None:
            costs.cost[placed] += sum(price for price, of in prices if of == currency)


def _counted(
    updates: list[StatusChanged], items: dict[str | None, list[Price]], *, by_channel: bool
) -> Iterator[tuple[str, int, list[Price]]]:
    """(status, how many it counts as, its prices) of the attempt, and of each entry where these are counted."""
    legs = {leg_of(update) for update in updates} - {None}
    is_cascade = legs or any(u.report and u.report.scope is Scope.TRANSACTION for u in updates)
    status = updates[-1].status
    if not by_channel:
        yield status, 1, [price for several in items.values() for price in several]
        return
    yield status, 0 if is_cascade else 1, items.get(None, [])
    for leg in legs:
        heard = [u.item_status for u in updates if leg_of(u) == leg and u.item_status]
        yield max(heard, key=lambda one: one.rank), 1, items.get(leg, [])


def _items(updates: list[StatusChanged], sends: list[SendOutcome]) -> dict[str | None, list[Price]]:
    """By leg, the highest price of each message or piece; else that of the answer to the send."""
    told: dict[tuple[Any, ...], list[DeliveryReport]] = defaultdict(list)
    for update in updates:
        report = update.report
        if report and report.price is not None and report.currency is not None:
            told[leg_of(update), report.provider_message_id, report.part].append(report)
    wholes = {key for key, several in told.items() if all(one.scope is Scope.TRANSACTION for one in several)}
    found: dict[str | None, list[Price]] = defaultdict(list)
    for key in told.keys() - wholes or wholes:
        found[key[0]].append(max(_price(one) for one in told[key]))
    answered = [_price(one) for one in sends if one.price is not None and one.currency is not None]
    return found or ({None: [max(answered)]} if answered else {})


def _price(told: DeliveryReport | SendOutcome) -> Price:
    assert told.price is not None
    assert told.currency is not None
    return told.price, told.currency


def _is_of(send: SendOutcome, updates: list[StatusChanged]) -> bool:
    """The answer to a send counts for the attempt that was registered for its message."""
    registered = [one.registration for one in updates if one.registration]
    return bool(registered) and (send.message_id, send.provider, send.connection, send.root_id) == (
        max(one.message_id or "" for one in registered),
        *(registered[0].provider, registered[0].connection, registered[0].root_id),
    )
