"""The reference of log events in `docs/log-events.md`: what the code tells of each, and what people wrote beside it.

`python -m tidings.events_page docs/log-events.md` brings names, levels and fields up to date and keeps the words; a new
event has none, and a test asks for them.
"""

import re
import sys
from collections.abc import Mapping
from itertools import groupby
from pathlib import Path

from tidings.log_events import Event, logged
from tidings.marked_page import between_markers

MARKERS = ("<!-- events: begin -->", "<!-- events: end -->")
ROW = re.compile(r"^\| `(?P<name>\w+)` \| [^|]* \| [^|]* \| (?P<means>[^|]*) \| (?P<todo>[^|]*) \|$", re.MULTILINE)
HEADINGS = {
    "ingest": "Ingest: the callback port",
    "streams": "Streams: the stages, dispatch, the look-ups",
    "analytics": "The store, in the api process",
    "api": "Api: questions, the feed, exports",
    "providers": "Providers",
    "runtime": "A broker of one's own, and the file of policies",
    "tidings": "The command line and what it starts",
}
Words = Mapping[tuple[str, str], tuple[str, str]]
"""By heading and event, what it means and what to do."""


def events_tables(words: Words) -> str:
    """The whole reference in Markdown."""
    parts = [
        f"### {HEADINGS[room]}\n\n{_table(list(events), words)}"
        for room, events in groupby(logged(), key=lambda event: event.room)
    ]
    return "\n\n".join(parts)


def words_in(text: str) -> Words:
    """What people wrote on the page."""
    found = {}
    for section in re.split(r"^### ", text, flags=re.MULTILINE)[1:]:
        heading = section.splitlines()[0]
        for row in ROW.finditer(section):
            found[heading, row["name"]] = row["means"].strip(), row["todo"].strip()
    return found


def write_page(page: Path) -> str:
    """The text of `page` with its tables brought up to date."""
    return between_markers(page, MARKERS, events_tables(words_in(page.read_text(encoding="utf-8"))))


def _table(events: list[Event], words: Words) -> str:
    rows = [_row(event, *words.get((HEADINGS[event.room], event.name), ("", ""))) for event in events]
    return "\n".join(["| event | level | fields | means | do |", "| --- | --- | --- | --- | --- |", *rows])


def _row(event: Event, means: str, todo: str) -> str:
    levels, fields = ", ".join(sorted(event.levels)), " ".join(f"`{field}`" for field in event.fields)
    return f"| `{event.name}` | {levels} | {fields} | {means} | {todo} |"


if __name__ == "__main__":
    written = Path(sys.argv[1])
    written.write_text(write_page(written), encoding="utf-8")
