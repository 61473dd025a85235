"""Everything the API may refuse, as RFC 9457 problems: what happened, and what to do next.

Each kind of problem is listed once, in `KINDS`; its `type` is an address on this server that explains it.
"""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple
from uuid import uuid4

from pydantic import BaseModel, Field

from contracts.errors import TidingsError

MEDIA_TYPE = "application/problem+json"


class Kind(NamedTuple):
    """A kind of problem: its name in the address, its HTTP status, its title, and what helps."""

    slug: str
    status: int
    title: str
    advice: str

    @property
    def type(self) -> str:
        return f"/problems/{self.slug}"


MALFORMED = Kind("malformed", 400, "The request cannot be read", "Send what the OpenAPI document describes.")
QUESTION_INVALID = Kind(
    "question-invalid", 400, "The question cannot be answered as asked", "Change what the detail names and ask again."
)
KEY_MISSING = Kind(
    "key-missing", 401, "A key is needed", "Send an API key as 'Authorization: Bearer <key>'; the page has a sign-in."
)
KEY_UNKNOWN = Kind(
    "key-unknown", 401, "The key does not work", "It is mistyped or was revoked; `tidings keys` makes and lists keys."
)
KEY_EXPIRED = Kind(
    "key-expired",
    401,
    "The key does not work any more",
    "Its time, or that of this text of it, is over; `tidings keys rotate` gives a new text.",
)
SCOPE_MISSING = Kind("scope-missing", 403, "The key may not do this", "Use a key with the scope that the detail names.")
ACCOUNT_BOUND = Kind(
    "account-bound",
    403,
    "The key is bound to accounts",
    "This counts the whole installation; use a key that is bound to no account.",
)
CROSS_SITE = Kind(
    "cross-site", 403, "The form was sent from another site", "Open the page itself and use the form there."
)
NOT_FOUND = Kind("not-found", 404, "Nothing is known under this address", "Check the address or the id.")
NOTHING_LEFT = Kind(
    "nothing-left", 409, "All is decided about the message", "Nothing more is sent of it; its timeline tells why."
)
NOT_IN_DOUBT = Kind(
    "not-in-doubt", 409, "There is no doubt about the send", "Ask GET /v1/in-doubt for those that there are."
)
METHOD_REFUSED = Kind(
    "method-refused", 405, "The address does not take this method", "Use one of those in the Allow header."
)
POSITION_GONE = Kind(
    "position-gone",
    410,
    "Kafka no longer has what comes next",
    "Go on with `oldest_id`; what lies before it can still be asked of GET /v1/messages/{id} and /v1/metrics.",
)
BODY_TOO_LARGE = Kind("body-too-large", 413, "The body is too large", "Send less at once.")
NOT_JSON = Kind("not-json", 415, "The body is not declared as JSON", "Send it with 'Content-Type: application/json'.")
INVALID = Kind(
    "invalid", 422, "Members of the request are not valid", "Each of `errors` names a member and the rule it breaks."
)
CONNECTION_UNKNOWN = Kind(
    "connection-unknown",
    422,
    "A connection is not known",
    "Use one that the detail names, or add it to the settings under [[connections]].",
)
STORE_BEHIND = Kind(
    "store-behind",
    425,
    "The store is not that far yet",
    "Ask again after the seconds that Retry-After names, or with a longer wait_s.",
)
EXPORT_TOO_LARGE = Kind(
    "export-too-large",
    400,
    "The export is too large to be answered at once",
    "Order it with POST /v1/exports, or ask for less.",
)
EXPORTS_FULL = Kind("exports-full", 429, "There is no room for another export now", "Wait for one, or remove one.")
REPLAYS_FULL = Kind("replays-full", 429, "There is no room for another replay now", "Wait for one, or cancel one.")
RATE_EXCEEDED = Kind(
    "rate-exceeded",
    429,
    "The key has made its requests of this minute",
    "Ask again after the seconds that Retry-After names.",
)
FAILED = Kind(
    "failed",
    500,
    "Something failed here",
    "Try again; if it stays, look for the `instance` in the log of the api process.",
)
KAFKA_SILENT = Kind(
    "kafka-silent",
    503,
    "Kafka has not acknowledged in time",
    "Whether it was stored is not known. Send the same again: a repeated registration changes nothing.",
)
STREAMS_SILENT = Kind(
    "streams-silent",
    503,
    "No stage answers that could rehearse it",
    "See that a streams process runs that normalises, and that api.streams_url names its local port.",
)
FEED_SILENT = Kind(
    "feed-silent", 503, "Kafka cannot be read now", "Try again after the seconds that Retry-After names."
)
FEED_FULL = Kind(
    "feed-full", 503, "The feed has all the clients it can serve", "Try again after the seconds that Retry-After names."
)
STORE_UNAVAILABLE = Kind(
    "store-unavailable", 503, "The store cannot answer now", "Try again after the seconds that Retry-After names."
)
AUDIT_UNAVAILABLE = Kind(
    "audit-unavailable",
    503,
    "It cannot be written down who did this",
    "Nothing was done. Somebody has to make room on the disk of the api process; try again then.",
)

KINDS = {kind.slug: kind for kind in globals().values() if isinstance(kind, Kind)}
EVERYWHERE = (
    KEY_MISSING, KEY_UNKNOWN, KEY_EXPIRED, SCOPE_MISSING, INVALID, RATE_EXCEEDED, FAILED, STORE_UNAVAILABLE,
)  # fmt: skip  # a list
BY_STATUS = {
    401: KEY_MISSING, 403: SCOPE_MISSING, 404: NOT_FOUND, 405: METHOD_REFUSED, 413: BODY_TOO_LARGE, 422: INVALID,
    500: FAILED, 503: STORE_UNAVAILABLE,
}  # fmt: skip  # a table


class FieldError(BaseModel):
    """One member that breaks a rule. What was sent is not repeated: it may concern a person."""

    place: Literal["body", "query", "path", "header", "cookie"] = Field(
        description="The part of the request that the member is in.", examples=["body"]
    )
    member: str = Field(
        description="The member, behind its position in a list; empty for the whole.",
        examples=["[3].recipient"],
    )
    rule: str = Field(description="The rule, as a word for programs.", examples=["string_too_long"])
    detail: str = Field(description="The rule, in a sentence.", examples=["String should have at most 64 characters"])


class Problem(BaseModel):
    """An RFC 9457 problem."""

    type: str = Field(description="Address of the explanation of this kind of problem.", examples=["/problems/invalid"])
    title: str = Field(description="The kind of problem; the same each time.", examples=[INVALID.title])
    status: int = Field(description="The HTTP status.", examples=[422])
    detail: str = Field(description="What happened this time, and what to do next.", examples=[INVALID.advice])
    instance: str = Field(
        description="Names this one occurrence, here and in the log.",
        examples=["urn:uuid:0b6f0c8e-54a3-4b0a-8a4f-5f2f5a1d2c3b"],
    )
    errors: list[FieldError] | None = Field(None, description="Each member that breaks a rule, with kind `invalid`.")


class Refused(TidingsError):
    """A request that is not answered as asked; `members` join the problem's own."""

    def __init__(
        self,
        kind: Kind,
        detail: str = "",
        *,
        errors: list[FieldError] | None = None,
        headers: Mapping[str, str] | None = None,
        members: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail or kind.advice)
        self.kind = kind
        self.errors = errors
        self.headers = dict(headers or {})
        self.members = dict(members or {})

    def problem(self) -> dict[str, Any]:
        """The body of the answer."""
        own = Problem(
            type=self.kind.type,
            title=self.kind.title,
            status=self.kind.status,
            detail=str(self),
            instance=f"urn:uuid:{uuid4()}",
            errors=self.errors,
        )
        return own.model_dump(mode="json", exclude_none=True) | self.members


def problem_responses(*special: Kind) -> dict[int | str, dict[str, Any]]:
    """What an address under `/v1` may answer instead, for the OpenAPI document: what all may, and `special`."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    kinds: dict[int, list[Kind]] = {}
    for kind in (*EVERYWHERE, *special):
        kinds.setdefault(kind.status, []).append(kind)
    return {
        status: {"description": "; or ".join(kind.title.lower() for kind in several).capitalize(), "content": content}
        for status, several in sorted(kinds.items())
    }
