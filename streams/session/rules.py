"""The rules of sessions as data: `rules.csv` beside this module, each number with its source.

A connection follows one set of rules; its settings choose the set by name and may replace single values.
"""

import csv
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from importlib.resources import files
from typing import Annotated, Any

import msgspec

from contracts.conversations import Parties
from contracts.errors import ConfigurationInvalid
from runtime.settings import Connection

USUAL = "viber"

AtLeastOne = Annotated[int, msgspec.Meta(ge=1)]
NotNegative = Annotated[int, msgspec.Meta(ge=0)]


class StartsWith(StrEnum):
    """From when the time of a session runs. It always opens with a message of the person while none is open.

    Providers say "the first reply" and mean different things by it, so it is a rule like the numbers.
    """

    USER_MESSAGE = "user_message"
    """That message itself."""
    OUR_ANSWER = "our_answer"
    """Our first message after it."""
    USER_REPLY = "user_reply"
    """The person's first message after our first: a conversation has come of it. Our messages before that count among
    those of the session. If the person never replies, there was no session and nothing is billed as one; it lapses as
    long after its opening as a session lasts."""


class WhenFull(StrEnum):
    """What follows when all business messages of a session are used."""

    OPENS_NEXT = "opens_next"
    """The next one opens another, whose time runs at once."""
    WAITS_FOR_USER = "waits_for_user"
    """The session is over, and the person has to open another."""


class Rules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One set of rules."""

    name: str
    window_s: AtLeastOne
    most_messages: AtLeastOne
    """Business messages of one session."""
    most_in_a_row: AtLeastOne
    """Business messages without one of the person in between, also across the border of two sessions."""
    kinds: tuple[str, ...]
    """As `contracts.sends.kind_of` names contents."""
    starts_with: StartsWith
    when_full: WhenFull
    warn_messages_left: NotNegative
    warn_in_a_row_left: NotNegative
    warn_minutes_left: NotNegative
    price: Decimal | None = None
    """Of one session; differs by contract and country, so nobody but the settings knows it."""
    currency: str | None = None

    @property
    def window_ms(self) -> int:
        return self.window_s * 1000

    @property
    def longest(self) -> timedelta:
        """No session is open longer: it starts within its time, and lasts as long again."""
        return timedelta(seconds=2 * self.window_s)


def load_rules() -> Mapping[str, Rules]:
    """All sets by name; raises `ConfigurationInvalid` for a row without a source or a set that is not whole."""
    text = files(__package__).joinpath("rules.csv").read_text(encoding="utf-8")
    sets: dict[str, dict[str, Any]] = defaultdict(dict)
    for number, row in enumerate(csv.DictReader(text.splitlines()), start=2):
        if not row["source"] or row["name"] in sets[row["rules"]]:
            raise ConfigurationInvalid(f"rules.csv line {number}: each value of a set once, with its source")
        sets[row["rules"]][row["name"]] = row["value"]
    return {name: _rules(name, members) for name, members in sets.items()}


def rules_named(name: str = USUAL, replaced: Mapping[str, Any] | None = None) -> Rules:
    """The set called `name`, with the values that the settings replace; raises `ConfigurationInvalid`."""
    known = load_rules()
    if name not in known:
        raise ConfigurationInvalid(f"no session rules are called {name!r}; there are {', '.join(sorted(known))}")
    return _rules(name, msgspec.structs.asdict(known[name]) | dict(replaced or {}))


class RuleBook:
    """Which rules hold over which connection; raises `ConfigurationInvalid` naming the connection that is wrong."""

    def __init__(self, connections: Iterable[Connection]) -> None:
        self._usual = rules_named()
        self._rules = {(one.provider, one.name): _rules_of(one) for one in connections}

    def of(self, parties: Parties) -> Rules:
        """Also of connections that the settings no longer have: their conversations go on by the usual rules."""
        return self._rules.get((parties.provider, parties.connection), self._usual)

    @property
    def longest(self) -> timedelta:
        """How long a session can be open at most, over any connection."""
        return max((rules.longest for rules in self._rules.values()), default=self._usual.longest)


def _rules_of(connection: Connection) -> Rules:
    try:
        return rules_named(connection.session_rules, connection.session_values)
    except ConfigurationInvalid as exc:
        raise ConfigurationInvalid(f"connection {connection.provider}/{connection.name}: {exc}") from exc


def _rules(name: str, members: Mapping[str, Any]) -> Rules:
    kinds = members.get("kinds", ())
    whole = {**members, "name": name, "kinds": kinds.split() if isinstance(kinds, str) else kinds}
    try:
        return msgspec.convert(whole, Rules, strict=False)
    except msgspec.ValidationError as exc:
        raise ConfigurationInvalid(f"session rules {name!r}: {exc}") from exc
