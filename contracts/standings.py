"""What the next message of a session would do, told from where its conversation stands.

Whoever sends asks before each message of a session, as it asks `contracts.suppressions` before every message.
"""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from contracts.conversations import (
    SessionRule,
    SessionStanding,
    conversation_key,
    opened_ms_of,
    read_told,
    session_id,
)
from contracts.sends import SendRequest, kind_of

MOST_KEPT = 500_000
"""Conversations with an open session; above, those longest unchanged are left to their providers' own judgement."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class Allowed(NamedTuple):
    """The message belongs to the open session."""

    session_id: str
    messages_left: int
    """This one included."""
    in_a_row_left: int
    """This one included."""
    ends_at: datetime


class Opens(NamedTuple):
    """The open session is full; the message opens another, which is billed anew."""

    session_id: str
    """If the provider accepts it at the time that was asked about."""
    after: str
    """The id of the full one."""


class Refused(NamedTuple):
    """The rules forbid it now."""

    reason: SessionRule
    advice: str


NextSend = Allowed | Opens | Refused


def next_send(standing: SessionStanding | None, kind: str, at: datetime) -> NextSend:
    """What a business message of `kind` would do at `at`; without a standing nobody has written yet."""
    if standing is not None and kind not in standing.kinds:
        kinds = ", ".join(standing.kinds)
        return Refused(SessionRule.KIND, f"a session takes {kinds} alone: send it outside of one")
    if standing is None or standing.session_id is None or standing.ends_at is None or at >= standing.ends_at:
        return Refused(SessionRule.NO_SESSION, "the person has to write first: send an ordinary message")
    if standing.in_a_row_left <= 0:
        return Refused(SessionRule.IN_A_ROW, "it is the person's turn: wait for a reply or send an ordinary message")
    if standing.messages_left > 0:
        return Allowed(standing.session_id, standing.messages_left, standing.in_a_row_left, standing.ends_at)
    if not standing.opens_next:
        return Refused(SessionRule.NO_SESSION, "the session is full: the person has to write first")
    opened_ms = max((max(at, standing.as_of) - _EPOCH) // _MILLISECOND, opened_ms_of(standing.session_id) + 1)
    return Opens(session_id(standing.parties, opened_ms), after=standing.session_id)


class Standings:
    """Where the conversations with an open session stand, as `sessions` tells; for one that sends."""

    def __init__(self, most_kept: int = MOST_KEPT) -> None:
        self._by_key: dict[bytes, SessionStanding] = {}
        self._most_kept = most_kept
        self._has_left_out = False

    def take(self, key: bytes, value: bytes | None) -> None:
        """One record of `sessions`, in the order of its partition; raises `PayloadInvalid`."""
        told = read_told(value or b"")
        if not isinstance(told, SessionStanding):
            return
        self._by_key.pop(key, None)
        if told.session_id is None:
            return
        self._by_key[key] = told
        if len(self._by_key) > self._most_kept:
            longest_unchanged = self._by_key.pop(next(iter(self._by_key)))
            self._has_left_out |= longest_unchanged.ends_at is not None and longest_unchanged.ends_at > told.as_of

    def objection(self, account: str, request: SendRequest, at: datetime) -> str | None:
        """Why the rules forbid `request` at `at`; null when it may go, or is no message of a session."""
        if not request.is_session:
            return None
        standing = self._by_key.get(conversation_key(account, request.sender, request.recipient))
        if standing is None and self._has_left_out:
            return None
        answer = next_send(standing, kind_of(request.content), at)
        return answer.advice if isinstance(answer, Refused) else None

    def __len__(self) -> int:
        return len(self._by_key)
