"""What happens, as it happens."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query

from api.admission.access import Follower
from api.feed.bookmarks import LONGEST
from api.feed.parameters import FeedParameters
from api.feed.response import FeedResponse
from api.parts import Provided
from api.problems import FEED_FULL, FEED_SILENT, POSITION_GONE, QUESTION_INVALID, problem_responses

EXAMPLE = """\
event: status-changed
data: {"status":"delivered","attempt_status":"delivered","message_id":"019aa5a1-0000-7000-8000-000000000001"}
id: 5f0c9a1be2d4-17.9.0

"""
STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Server-Sent Events. The data of `status-changed` is a `FeedEvent`; `dropped` is the last event "
        "of a stream that the server ends, and its data has `reason`, `advice` and `resume_id`.",
        "content": {
            "text/event-stream": {
                "schema": {
                    "type": "string",
                    "contentMediaType": "application/json",
                    "contentSchema": {"$ref": "#/components/schemas/FeedEvent"},
                },
                "example": EXAMPLE,
            }
        },
    }
}

router = APIRouter(
    tags=["feed"], responses=problem_responses(QUESTION_INVALID, POSITION_GONE, FEED_SILENT, FEED_FULL) | STREAM
)


@router.get("/feed", summary="Changes as they happen", status_code=200, response_class=FeedResponse)
async def get_feed(
    parts: Provided,
    caller: Follower,
    parameters: Annotated[FeedParameters, Query()],
    last_event_id: Annotated[
        str | None,
        Header(max_length=LONGEST, description="The id of the last event that was seen; it comes before `since`."),
    ] = None,
) -> FeedResponse:
    """Every report that changes something, as Server-Sent Events, until one of both sides ends the stream.

    Each event has an id. Send the last one as `Last-Event-ID` to go on right behind it, without a gap and without a
    repeat. Events of one message come in order; recipients are not shown.
    """
    wanted = parameters.wanted(caller, parts.settings.connections)
    begin = parameters.begin(last_event_id, parts.clock.now())

    def may_go_on() -> bool:
        return parts.ring.is_opened_by(caller.key_id, caller.digest, parts.clock.now())

    stream = await parts.feed.open(wanted, begin, may_go_on)
    return FeedResponse(stream, patience_s=parts.settings.feed.patience_s)
