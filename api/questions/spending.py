"""Money in one currency, as it is asked for in a query string."""

from typing import Annotated

import structlog
from pydantic import BaseModel, Field

from analytics.measures.currencies import OneCurrency
from analytics.measures.metrics import Dimension
from api.admission.access import Caller
from api.parts import Parts
from api.questions.filtering import filters_in
from contracts.errors import ConfigurationInvalid, QueryInvalid
from runtime.exchange import load_exchange

OWN = "account"

log = structlog.get_logger()


class Priced(BaseModel):
    """What a question whose answer has amounts has in its query string beside its filters."""

    currency: Annotated[str, Field(pattern=f"^([A-Z]{{3}}|{OWN})$")] | None = Field(
        None,
        description="All amounts in this currency (ISO 4217), at the installation's rates; `account`: in that of the "
        "account that a row is of. When not given, each amount in the currency that was paid.",
        examples=["EUR"],
    )

    def money(self, caller: Caller, parts: Parts) -> OneCurrency | None:
        """How amounts are brought together; null when each stays in its own currency. Raises `QueryInvalid`."""
        if self.currency is None:
            return None
        file = parts.settings.api.exchange
        if file is None:
            raise QueryInvalid("there is no file of exchange rates; name one as api.exchange, or ask without currency")
        try:
            exchange = load_exchange(file)
        except ConfigurationInvalid as exc:
            log.warning("exchange_not_read", reason=str(exc))
            raise QueryInvalid(
                "the file of exchange rates cannot be read; what to mend is in the log of the api process. Until then "
                "ask without currency"
            ) from exc
        return OneCurrency(exchange, None if self.currency == OWN else self.currency, self._one_account(caller))

    def _one_account(self, caller: Caller) -> str | None:
        """The only account that rows can be of; null when there may be several."""
        chosen = filters_in(self).get(Dimension.ACCOUNT)
        if chosen is not None and len(chosen.any_of) == 1 and not chosen.any_of[0].is_prefix:
            return chosen.any_of[0].text
        return caller.accounts[0] if caller.accounts and len(caller.accounts) == 1 else None
