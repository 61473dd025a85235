"""`tidings archive`: what is kept of what came in, and whether it is still whole."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table

from analytics.archive.archivist import TOPICS
from analytics.archive.manifest import File, load
from analytics.archive.verification import wrong
from contracts.topics import load_topics
from runtime.exits import Exit
from runtime.settings import Settings, load_settings
from tidings.at_work import at_work


def show_archive(config: Path | None, *, as_json: bool) -> None:
    """Every file, the oldest day first."""
    settings = load_settings(config)
    rows = [_described(word, file) for word, directory in _shelves(settings) for file in _files(word, directory)]
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
        return
    table = Table("topic", "file", "records", "bytes", "oldest", "newest")
    for row in rows:
        table.add_row(*(str(row[name]) for name in ("topic", "file", "records", "bytes", "oldest", "newest")))
    Console().print(table if rows else "nothing is archived yet; the api process does it while it runs")


def verify_archive(config: Path | None, *, as_json: bool) -> Exit:
    """Read everything again; what is wrong goes to standard output, a line each."""
    settings = load_settings(config)
    with at_work("reading every file of the archive"):
        found = [told for _, directory in _shelves(settings) for told in wrong(directory)]
    counts = {word: sum(file.count for file in _files(word, directory)) for word, directory in _shelves(settings)}
    if as_json:
        typer.echo(json.dumps({"records": counts, "wrong": found}, indent=2))
    else:
        for told in found:
            typer.echo(told)
        typer.echo(f"{', '.join(f'{count} {word}' for word, count in counts.items())}: {_verdict(found)}", err=True)
    return Exit.FAILED if found else Exit.DONE


def _verdict(found: list[str]) -> str:
    return f"{len(found)} things are wrong" if found else "each of them once, every file as it was written"


def _shelves(settings: Settings) -> Iterator[tuple[str, Path]]:
    for word in TOPICS:
        yield word, settings.data_dir / settings.archive.path / word


def _files(word: str, directory: Path) -> list[File]:
    return sorted(load(directory, load_topics()[word].full_name()).files, key=lambda file: file.name)


def _described(word: str, file: File) -> dict[str, str | int]:
    return {
        "topic": word,
        "file": file.name,
        "records": file.count,
        "bytes": file.size,
        "sha256": file.sha256,
        "oldest": _at(file.first_ms),
        "newest": _at(file.last_ms),
    }


def _at(milliseconds: int) -> str:
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="seconds")
    except (ValueError, OverflowError, OSError):  # any writer may put any number into a record's time
        return str(milliseconds)
