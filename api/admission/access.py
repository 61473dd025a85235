"""Who asks, and what they may: a bearer key for programs, a session cookie for the page."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated

import structlog
from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer, SecurityScopes

from api.admission.keys import Key, KeyEnded, Scope, digest_of
from api.admission.rates import POLICY
from api.parts import Parts, parts_of
from api.problems import (
    ACCOUNT_BOUND,
    KEY_EXPIRED,
    KEY_MISSING,
    KEY_UNKNOWN,
    RATE_EXCEEDED,
    SCOPE_MISSING,
    Refused,
)
from api.shield import TOLD
from contracts.errors import ConfigurationInvalid

COOKIE = "tidings_session"
CHALLENGE = 'Bearer realm="tidings"'
NO_KEYS = "This installation has no key yet; `tidings keys create` makes one."

log = structlog.get_logger()

BEARER = HTTPBearer(
    scheme_name="key",
    description="An API key. `tidings` shows the first one once, on its first run; `tidings keys` makes more.",
    auto_error=False,
)


@dataclass(frozen=True)
class Caller:
    """Whoever holds a key, as the answers need to know them."""

    key_id: str
    scopes: frozenset[Scope]
    accounts: tuple[str, ...] | None
    """The accounts whose facts may be told; null stands for all."""
    name: str = ""
    """The key's name."""
    address: str = ""
    """Where the request came from."""
    digest: str = field(default="", repr=False)
    """Of the text of the key that was shown; empty for the page."""

    @classmethod
    def of(cls, key: Key, request: Request, *, text: str = "") -> "Caller":
        address = request.client.host if request.client else ""
        digest = digest_of(text) if text else ""
        return cls(key.id, frozenset(key.scopes), key.accounts, key.name, address, digest)

    def require(self, scopes: Sequence[str]) -> None:
        """Raises when the key lacks one of `scopes`; `admin` has them all."""
        missing = [scope for scope in scopes if scope not in self.scopes]
        if missing and Scope.ADMIN not in self.scopes:
            has = ", ".join(sorted(self.scopes)) or "none"
            raise Refused(
                SCOPE_MISSING,
                f"This needs the scope {missing[0]}; the key has {has}. Use another key.",
                headers=_challenge("insufficient_scope"),
            )

    def require_all_accounts(self) -> None:
        """Raises when the key is bound to accounts: the answer would count those of others."""
        if self.accounts is not None:
            raise Refused(ACCOUNT_BOUND)

    @property
    def may_read(self) -> bool:
        return bool({Scope.READ, Scope.ADMIN} & self.scopes)

    def may_see(self, account: str) -> bool:
        return self.accounts is None or account in self.accounts


async def caller_of(
    request: Request,
    scopes: SecurityScopes,
    parts: Annotated[Parts, Depends(parts_of)],
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)],
) -> Caller:
    """The caller behind the bearer key; raises the problem that says what is wrong with it."""
    if credentials is None:
        raise Refused(KEY_MISSING, "" if parts.ring.all() else NO_KEYS, headers=_challenge())
    key = _key_in(credentials.credentials, parts)
    _count(key, request, parts)
    await note_use(key, parts)
    caller = Caller.of(key, request, text=credentials.credentials)
    caller.require(scopes.scopes)
    return caller


def _key_in(text: str, parts: Parts) -> Key:
    try:
        key = parts.ring.find(text, parts.clock.now())
    except KeyEnded as exc:
        raise Refused(KEY_EXPIRED, str(exc), headers=_challenge("invalid_token")) from exc
    if key is None:
        raise Refused(KEY_UNKNOWN, headers=_challenge("invalid_token"))
    return key


def _count(key: Key, request: Request, parts: Parts) -> None:
    """Raises when the key has made all its requests of this minute; the answer tells how it stands either way."""
    standing = parts.rates.count(key)
    if standing is None:
        return
    getattr(request.state, TOLD).update(standing.headers)
    if standing.is_exceeded:
        raise Refused(
            RATE_EXCEEDED,
            f"The key may make {standing.quota} requests a minute. Ask again in {standing.ends_in_s} s.",
            headers={"Retry-After": str(standing.ends_in_s)},
            members={"violated-policies": [POLICY]},
        )


async def note_use(key: Key, parts: Parts) -> None:
    """Keep that the key is used now, at most once a minute."""
    now = parts.clock.now()
    try:
        if parts.uses.is_due(key.id, now):
            await asyncio.to_thread(parts.uses.keep, key.id, now)
    except (OSError, ConfigurationInvalid) as exc:  # who cannot write down a use can still answer
        log.warning("key_use_not_kept", key=key.id, reason=str(exc))


def _challenge(error: str = "") -> dict[str, str]:
    return {"WWW-Authenticate": f'{CHALLENGE}, error="{error}"' if error else CHALLENGE}


def signed_in(request: Request, parts: Parts) -> Caller | None:
    """Whoever looks at the page; null when they have not signed in or may not read."""
    session = request.cookies.get(COOKIE)
    key = parts.sign_ins.key_of(session) if session else None
    caller = Caller.of(key, request) if key else None
    return caller if caller and caller.may_read else None


Reader = Annotated[Caller, Security(caller_of, scopes=[Scope.READ.value])]
Follower = Annotated[Caller, Security(caller_of, scopes=[Scope.FEED.value])]
Admin = Annotated[Caller, Security(caller_of, scopes=[Scope.ADMIN.value])]
Sender = Annotated[Caller, Security(caller_of, scopes=[Scope.SEND.value])]
Replayer = Annotated[Caller, Security(caller_of, scopes=[Scope.REPLAY.value])]
Exporter = Annotated[Caller, Security(caller_of, scopes=[Scope.EXPORT.value])]
