"""What stands in a stream beside the events."""

import json

from fastapi.sse import format_sse_event

from api.feed.bookmarks import Bookmark
from api.feed.listener import End

RETRY_MS = 2_000
DROPPED = "dropped"
ADVICE = {
    End.TOO_SLOW: "More events waited than may wait. Go on from this id; read faster, or ask for less.",
    End.STOPPING: "This process stops. Go on from this id; it comes back, or another takes its place.",
    End.RECORDS_GONE: "Kafka no longer has what comes next. Go on from this id to be told what there is.",
    End.KAFKA_SILENT: "Kafka cannot be read now. Go on from this id in a moment.",
    End.KEY_REVOKED: "The key, or this text of it, has stopped working. Go on from this id with one that works.",
}


def opening(bookmark: Bookmark) -> bytes:
    """Where the stream begins, so that whoever loses it before its first event misses nothing either."""
    return format_sse_event(comment="the feed begins", id=str(bookmark), retry=RETRY_MS)


def heartbeat(bookmark: Bookmark) -> bytes:
    """A comment. The id beside it makes no event, but whoever waits for something rare stays near the present."""
    return format_sse_event(comment="still here", id=str(bookmark))


def dropped(why: End, bookmark: Bookmark) -> bytes:
    """The last event: why the stream ends, and the id to go on from."""
    told = {"reason": why, "advice": ADVICE[why], "resume_id": str(bookmark)}
    return format_sse_event(event=DROPPED, data_str=json.dumps(told), id=str(bookmark))
