"""The file of exchange rates: what was paid in several currencies, told in one. Exact decimals, never floats."""

import tomllib
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError

from contracts.errors import ConfigurationInvalid, QueryInvalid
from runtime.settings import SLUG, Section
from runtime.validation import wrong_members

SIX_PLACES = Decimal("0.000001")

Currency = Annotated[str, Field(pattern="^[A-Z]{3}$")]
Worth = Annotated[Decimal, Field(gt=0, max_digits=18, decimal_places=10)]
Account = Annotated[str, Field(pattern=SLUG)]


class Exchange(Section):
    """What currencies are worth, and in which of them each account reckons."""

    base: Currency
    """The currency in which rates are told, and in which accounts reckon that are not named."""
    as_of: date
    """Of the rates."""
    rates: dict[Currency, Worth] = Field(default_factory=dict)
    """What one unit of each is worth in `base`; write it in quotes."""
    accounts: dict[Account, Currency] = Field(default_factory=dict)
    """The currency of each account that has another one than `base`."""

    def currency_of(self, account: str) -> str:
        return self.accounts.get(account, self.base)

    def total(self, amounts: Mapping[str, Decimal], into: str) -> Decimal:
        """The sum of amounts by currency, in one of them; rounded once, to six places, unless all are in it already.

        Raises `QueryInvalid` for a currency that has no rate.
        """
        if not amounts.keys() - {into}:
            return sum(amounts.values(), Decimal(0))
        whole = sum((amount * self._worth(currency) for currency, amount in amounts.items()), Decimal(0))
        return (whole / self._worth(into)).quantize(SIX_PLACES)

    def _worth(self, currency: str) -> Decimal:
        worth = Decimal(1) if currency == self.base else self.rates.get(currency)
        if worth is None:
            raise QueryInvalid(
                f"there is no rate for {currency}: add it to the file of exchange rates, or ask without currency"
            )
        return worth


def load_exchange(path: Path) -> Exchange:
    """The rates as the file has them now; raises `ConfigurationInvalid`, naming each wrong member."""
    try:
        return Exchange.model_validate(tomllib.loads(path.read_text("utf-8")))
    except ValidationError as exc:
        raise ConfigurationInvalid(f"{path}: {wrong_members(exc)}") from None
    except (OSError, ValueError) as exc:
        raise ConfigurationInvalid(f"{path} is no file of exchange rates: {exc}") from exc
