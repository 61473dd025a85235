"""Who asks, and what they may: a bearer key for programs, a session cookie for the page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer, SecurityScopes

from api.keys import Key, Scope
from api.parts import Parts, parts_of
from api.problems import ACCOUNT_BOUND, KEY_MISSING, KEY_UNKNOWN, SCOPE_MISSING, Refused

COOKIE = "tidings_session"
CHALLENGE = 'Bearer realm="tidings"'
NO_KEYS = "This installation has no key yet; `tidings keys create` makes one."

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

    @classmethod
    def of(cls, key: Key) -> "Caller":
        return cls(key.id, frozenset(key.scopes), key.accounts)

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
    scopes: SecurityScopes,
    parts: Annotated[Parts, Depends(parts_of)],
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)],
) -> Caller:
    """The caller behind the bearer key; raises the problem that says what is wrong with it."""
    if credentials is None:
        raise Refused(KEY_MISSING, "" if parts.ring.all() else NO_KEYS, headers=_challenge())
    key = parts.ring.find(credentials.credentials)
    if key is None:
        raise Refused(KEY_UNKNOWN, headers=_challenge("invalid_token"))
    caller = Caller.of(key)
    caller.require(scopes.scopes)
    return caller


def _challenge(error: str = "") -> dict[str, str]:
    return {"WWW-Authenticate": f'{CHALLENGE}, error="{error}"' if error else CHALLENGE}


def signed_in(request: Request, parts: Parts) -> Caller | None:
    """Whoever looks at the page; null when they have not signed in or may not read."""
    session = request.cookies.get(COOKIE)
    key = parts.sessions.key_of(session) if session else None
    caller = Caller.of(key) if key else None
    return caller if caller and caller.may_read else None


Reader = Annotated[Caller, Security(caller_of, scopes=[Scope.READ.value])]
Follower = Annotated[Caller, Security(caller_of, scopes=[Scope.FEED.value])]
Admin = Annotated[Caller, Security(caller_of, scopes=[Scope.ADMIN.value])]
Sender = Annotated[Caller, Security(caller_of, scopes=[Scope.SEND.value])]
Exporter = Annotated[Caller, Security(caller_of, scopes=[Scope.EXPORT.value])]
