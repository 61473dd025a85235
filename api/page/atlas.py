"""The pages there are, and what the address of each may say."""

from typing import NamedTuple

from api.admission.access import Caller
from api.admission.keys import Scope

ROUTE = ("provider", "connection", "channel", "country")
CARGO = ("campaign", "sender")
SPAN = ("period", "from", "to")


class Page(NamedTuple):
    """One page of the dashboard: its name in the navigation, and the members of its address that other pages share."""

    path: str
    title: str
    filters: tuple[str, ...] = ()
    """What its content can be narrowed by, in the words of the API."""
    has_span: bool = False
    """Whether it is about a span of time."""
    scope: Scope = Scope.READ
    """What a key needs for it, beside `read`."""
    every_s: float = 1.0
    """The time between two questions for its changing part."""
    is_told: bool = False
    """Whether such a question waits for its answer until there is something new."""

    @property
    def shared(self) -> tuple[str, ...]:
        """What is taken along from another page."""
        return (*self.filters, *(SPAN if self.has_span else ()), "time_zone")

    def may_be_seen_by(self, caller: Caller) -> bool:
        return bool({self.scope, Scope.ADMIN} & caller.scopes)


NOW = Page("/", "Now", every_s=0.1, is_told=True)
PROVIDERS = Page("/providers", "Providers", (*ROUTE, *CARGO, "account"), has_span=True)
MESSAGES = Page("/messages", "Messages", (*ROUTE, *CARGO, "account", "status", "reason"), has_span=True)
FALLBACKS = Page("/fallbacks", "Fallbacks", (*ROUTE, *CARGO, "account"), has_span=True)
SESSIONS = Page("/sessions", "Sessions", ("sender", "open", "near"), has_span=True)
EXPORTS = Page("/exports", "Exports", scope=Scope.EXPORT)
DEAD_LETTERS = Page("/dead-letters", "Dead letters", ("provider", "connection", "kind"), has_span=True)
HEALTH = Page("/health", "Health")

PAGES = (NOW, PROVIDERS, MESSAGES, FALLBACKS, SESSIONS, EXPORTS, DEAD_LETTERS, HEALTH)
"""In the order of the navigation."""
