"""The tables in docs/ that are made from the code: `python -m docs.site.tables` writes all of them anew."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from docs.site.commands import commands_table
from docs.site.events import events_tables
from docs.site.metrics import metrics_tables
from docs.site.settings import settings_tables

DOCS = Path(__file__).parents[1]
TABLES: Mapping[str, tuple[str, Callable[[str], str]]] = MappingProxyType(
    {
        "command-line.md": ("commands", lambda _: commands_table()),
        "configuration.md": ("settings", lambda _: settings_tables()),
        "log-events.md": ("events", events_tables),
        "process-metrics.md": ("metrics", lambda _: metrics_tables()),
    }
)
"""By page, what its markers are called, and what stands between them, made of the text that the page has."""


def made_anew(page: str) -> str:
    """The text of a page of `TABLES` as it should be. Raises `ValueError` when it has lost its markers."""
    text = (DOCS / page).read_text(encoding="utf-8")
    what, made = TABLES[page]
    begin, end = f"<!-- {what}: begin -->", f"<!-- {what}: end -->"
    before, after = text[: text.index(begin)], text[text.index(end) :]
    return f"{before}{begin}\n\n{made(text)}\n\n{after}"


if __name__ == "__main__":
    for name in TABLES:
        (DOCS / name).write_text(made_anew(name), encoding="utf-8")
