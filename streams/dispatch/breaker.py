"""When a connection is left alone: after failures in a row, for longer each time, until one try goes well. Pure."""

from collections.abc import Callable
from dataclasses import dataclass

from contracts.errors import (
    CredentialsRefused,
    FundsExhausted,
    ProviderThrottled,
    ProviderUnavailable,
    SendError,
    SendInDoubt,
)

TELLING = (ProviderUnavailable, ProviderThrottled, CredentialsRefused, FundsExhausted, SendInDoubt)
"""Errors that say something of the connection. The others are about one message, and show that somebody is there."""


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How many failures in a row make a connection ill, and how long it rests then."""

    failures: int = 5
    first_rest_s: float = 5.0
    longest_rest_s: float = 300.0


class Breaker:
    """Counts for one connection. While it is ill one try at a time is let through, when the rest is over."""

    def __init__(self, patience: Patience, monotonic: Callable[[], float]) -> None:
        self._patience = patience
        self._monotonic = monotonic
        self._failures = 0
        self._rests = 0
        self._rests_until = 0.0
        self._is_trying = False
        self.rest_s = 0.0
        """How long the last rest is."""

    @property
    def is_ill(self) -> bool:
        return self._rests > 0

    def wait_s(self) -> float:
        """How long the next call has to wait at least; 0 when it may be made."""
        if not self.is_ill:
            return 0.0
        left_s = self._rests_until - self._monotonic()
        return max(left_s, self._patience.first_rest_s / 10 if self._is_trying else 0.0)

    def begin(self) -> bool:
        """A call is about to be made. Whether it is the one try of an ill connection; then `end` has to follow."""
        self._is_trying = self.is_ill
        return self._is_trying

    def end(self) -> None:
        """The try is over, whether or not it came to a call."""
        self._is_trying = False

    def hear(self, error: SendError | None) -> bool | None:
        """What came of a call. Whether the connection is ill since, or well again; null when nothing has changed."""
        if not isinstance(error, TELLING):
            was_ill, self._failures, self._rests = self.is_ill, 0, 0
            return False if was_ill else None
        self._failures += 1
        is_resting = self.is_ill and self._monotonic() < self._rests_until
        if is_resting or not (self.is_ill or self._failures >= self._patience.failures):
            return None
        rest_s = min(self._patience.first_rest_s * 2**self._rests, self._patience.longest_rest_s)
        rest_s = max(rest_s, min(error.retry_after_s or 0.0, self._patience.longest_rest_s))
        self._rests = min(self._rests + 1, 30)
        self._rests_until = self._monotonic() + rest_s
        self.rest_s = rest_s
        return True
