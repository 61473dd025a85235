"""Rows by currency brought together in one. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from contracts.errors import QueryInvalid
from runtime.exchange import Exchange

Row = Mapping[str, Any]


@dataclass(frozen=True)
class OneCurrency:
    """In which currency amounts are wanted."""

    exchange: Exchange
    currency: str | None = None
    """Null stands for that of the account that a row is of."""
    account: str | None = None
    """Of all rows; null when they say it themselves."""

    def require_accounts(self, group_by: Sequence[str]) -> None:
        """Raises `QueryInvalid` when a row could be of several accounts, and so of several currencies."""
        if self.currency is None and self.account is None and "account" not in group_by:
            raise QueryInvalid(
                "each account has a currency of its own: group by account, ask for one account, or name a currency"
            )

    def merged(self, rows: Sequence[Row], *, money: Sequence[str]) -> list[dict[str, Any]]:
        """One row instead of those of a group that have a currency; its counts are sums, and so are the amounts in
        `money`. Rows without a currency stay as they are. Raises `QueryInvalid` for a currency that has no rate.
        """
        priced = [row for row in rows if row["currency"] is not None]
        others = [dict(row) for row in rows if row["currency"] is None]
        if not priced:
            return others
        into = self.currency or self.exchange.currency_of(self.account or priced[0]["account"])
        sums = {name: sum(row[name] for row in priced) for name, value in priced[0].items() if type(value) is int}
        amounts = {name: self._total(priced, name, into) for name in money}
        return [dict(priced[0]) | sums | amounts | {"currency": into}, *others]

    def _total(self, rows: Sequence[Row], name: str, into: str) -> Decimal | None:
        amounts = {row["currency"]: row[name] for row in rows if row[name] is not None}
        return self.exchange.total(amounts, into) if amounts else None
