"""Turns everything that can go wrong in a request into a problem; the framework's own refusals too."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from api.problems import (
    AUDIT_UNAVAILABLE,
    BY_STATUS,
    FAILED,
    INVALID,
    KAFKA_SILENT,
    MALFORMED,
    MEDIA_TYPE,
    NOT_FOUND,
    QUESTION_INVALID,
    STORE_UNAVAILABLE,
    FieldError,
    Refused,
)
from contracts.errors import AuditUnavailable, BrokerUnavailable, NotFound, QueryInvalid, StoreUnavailable

RETRY_AFTER = {"Retry-After": "2"}
ERRORS_SHOWN = 100
PLACES = {"body", "query", "path", "header", "cookie"}
UNION_TAGS = {"one", "many"}
"""Names that pydantic puts into the place of an error to say which form of a body it tried."""
CONTENT = "content"
"""Behind this member it puts the kind of the content, which is no member."""
UNREADABLE = "json_invalid"
"""The place of such an error is one in the text, and no member."""

log = structlog.get_logger()


def install_refusals(app: FastAPI) -> None:
    """Answer with problems, whatever raises."""
    app.add_exception_handler(Refused, _answer)
    app.add_exception_handler(HTTPException, _answer)
    app.add_exception_handler(RequestValidationError, _answer)
    app.add_exception_handler(AuditUnavailable, _answer)
    app.add_exception_handler(BrokerUnavailable, _answer)
    app.add_exception_handler(StoreUnavailable, _answer)
    app.add_exception_handler(QueryInvalid, _answer)
    app.add_exception_handler(Exception, _answer)


async def _answer(request: Request, error: Exception) -> Response:
    refused = refusal_of(error)
    problem = refused.problem()
    if refused.kind.status >= 500:
        # The server logs the traceback of what nobody expected; what such an error says may concern a person.
        reason = type(error).__name__ if refused.kind is FAILED else str(error)
        log.warning("request_failed", path=_place(request), instance=problem["instance"], reason=reason)
    render = getattr(request.app.state, "render_problem", None)
    if render and _is_read_by_a_person(request):
        page: Response = render(request, problem)
        page.headers.update(refused.headers)
        return page
    return JSONResponse(problem, refused.kind.status, refused.headers, MEDIA_TYPE)


def _place(request: Request) -> str:
    """The address without what was filled in: that may name a person."""
    return getattr(request.scope.get("route"), "path", "unknown")


def refusal_of(error: Exception) -> Refused:
    """What to answer when `error` ends a request."""
    match error:
        case Refused():
            return error
        case RequestValidationError():
            return Refused(INVALID, errors=field_errors(error.errors()))
        case HTTPException():
            return _of_framework(error)
        case NotFound():
            return Refused(NOT_FOUND, str(error))
        case QueryInvalid():
            return Refused(QUESTION_INVALID, str(error))
    return _of_elsewhere(error)


def _of_elsewhere(error: Exception) -> Refused:
    match error:
        case AuditUnavailable():
            return Refused(AUDIT_UNAVAILABLE)
        case StoreUnavailable():
            return Refused(STORE_UNAVAILABLE, f"{error}. {STORE_UNAVAILABLE.advice}", headers=RETRY_AFTER)
        case BrokerUnavailable():
            return Refused(KAFKA_SILENT, f"{error}. {KAFKA_SILENT.advice}", headers=RETRY_AFTER)
    return Refused(FAILED)


def _of_framework(error: HTTPException) -> Refused:
    kind = BY_STATUS.get(error.status_code, MALFORMED if error.status_code < 500 else FAILED)
    # The framework's words are the status's name again, except where they are ours.
    detail = error.detail if kind.status == 413 else ""
    return Refused(kind, detail, headers=error.headers)


def field_errors(errors: Sequence[Any]) -> list[FieldError]:
    """The members that break a rule, without what was sent."""
    return [_field_error(error) for error in errors[:ERRORS_SHOWN]]


def _field_error(error: dict[str, Any]) -> FieldError:
    place, *members = error["loc"]
    if error["type"] == UNREADABLE:
        members = []
    named = [member for before, member in pairwise([place, *members]) if member not in UNION_TAGS and before != CONTENT]
    expected = error.get("ctx", {}).get("expected_tags")
    return FieldError(
        place=place if place in PLACES else "body",
        member=_path(named),
        rule=error["type"],
        detail=f"It must be one of {expected}" if expected else _detail(error),
    )


def _detail(error: dict[str, Any]) -> str:
    if error["type"] == "extra_forbidden":
        return "There is no such member; leave it out, or take one of those that GET /openapi.json names"
    if error["type"] == UNREADABLE:
        return f"It is no JSON: {error['ctx']['error']}, at character {error['loc'][-1]}"
    said: str = error["msg"].removeprefix("Value error, ")
    return said


def _path(members: Sequence[str | int]) -> str:
    """`[3].recipient`, `measure[0]`."""
    text = "".join(f"[{member}]" if isinstance(member, int) else f".{member}" for member in members)
    return text.removeprefix(".")


def _is_read_by_a_person(request: Request) -> bool:
    return not request.url.path.startswith("/v1/") and "text/html" in request.headers.get("accept", "")
