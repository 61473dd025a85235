"""What came of a deed, told once on the page that one is led to: beside what renews itself, and without scripts too."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

import msgspec
from fastapi import Request
from fastapi.responses import Response

from api.refusals import refusal_of
from contracts.errors import TidingsError

COOKIE = "tidings_notice"
LASTS_S = 60
"""So long a browser keeps what it was not yet shown."""
LONGEST = 600
"""Characters; what a browser keeps is small."""


@dataclass(frozen=True)
class Notice:
    """What was done, or what kept it from being done.

    No struct, because one is kept by a module: the collector does not see through those, and so would not let go of
    anything that modules refer to when the process ends.
    """

    text: str
    is_good: bool = True

    @classmethod
    def of(cls, error: TidingsError) -> "Notice":
        """Why it was not done, with what to do."""
        problem = refusal_of(error).problem()
        wrong = [f"{one['member']}: {one['detail']}" for one in problem.get("errors", ())]
        told = f"Not done. {'; '.join(wrong)}" if wrong else f"{problem['title']}. {problem['detail']}"
        return cls(told, is_good=False)


class _Left(msgspec.Struct, frozen=True):
    path: str
    notice: Notice


def leave(answer: Response, notice: Notice, address: str) -> None:
    """For the page at `address`, and no other that is open meanwhile."""
    cut = replace(notice, text=notice.text[:LONGEST])
    text = urlsafe_b64encode(msgspec.json.encode(_Left(urlsplit(address).path, cut))).decode()
    answer.set_cookie(COOKIE, text, max_age=LASTS_S, httponly=True, samesite="strict")


def left_for(request: Request) -> Notice | None:
    """What was left for this page."""
    try:
        left = msgspec.json.decode(urlsafe_b64decode(request.cookies.get(COOKIE, "")), type=_Left)
    except (ValueError, msgspec.DecodeError):
        return None
    return left.notice if left.path == request.url.path else None


def forget(answer: Response) -> None:
    """It was told; it is not told again."""
    answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
