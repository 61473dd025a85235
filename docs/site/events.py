"""The reference of log events in `docs/log-events.md`: what the code tells of each, and what people wrote beside it.

Names, levels and fields come from the code, the words from the page; a new event has none, and a test asks for them.
"""

import re
from collections.abc import Mapping
from itertools import groupby

from docs.site.log_events import Event, logged

ROW = re.compile(r"^\| `(?P<name>\w+)` \| [^|]* \| [^|]* \| (?P<means>[^|]*) \| (?P<todo>[^|]*) \|$", re.MULTILINE)
HEADINGS = {
    "ingest": "Ingest: the callback port",
    "streams": "Streams: the stages, dispatch, the look-ups",
    "analytics": "The store, in the api process",
    "api": "Api: questions, the feed, exports",
    "providers": "Providers",
    "runtime": "Traces, the file of policies, a broker of one's own",
    "tidings": "The command line and what it starts",
}
Words = Mapping[tuple[str, str], tuple[str, str]]
"""By heading and event, what it means and what to do."""


def events_tables(text: str) -> str:
    """The whole reference in Markdown, with the words that people wrote on the page that has `text`."""
    words = words_in(text)
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


def _table(events: list[Event], words: Words) -> str:
    rows = [_row(event, *words.get((HEADINGS[event.room], event.name), ("", ""))) for event in events]
    return "\n".join(["| event | level | fields | means | do |", "| --- | --- | --- | --- | --- |", *rows])


def _row(event: Event, means: str, todo: str) -> str:
    levels, fields = ", ".join(sorted(event.levels)), " ".join(f"`{field}`" for field in event.fields)
    return f"| `{event.name}` | {levels} | {fields} | {means} | {todo} |"
