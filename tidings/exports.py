"""`tidings verify-export`: whether an export that was fetched is whole."""

import json
from pathlib import Path

import typer

from analytics.exports.verification import wrong
from runtime.exits import Exit
from tidings.at_work import at_work


def verify_export(place: Path, *, as_json: bool) -> Exit:
    """Read every file of the export; what is wrong goes to standard output, a line each."""
    with at_work("reading every file of the export"):
        found = list(wrong(place))
    if as_json:
        typer.echo(json.dumps({"wrong": found}, indent=2))
    else:
        for told in found:
            typer.echo(told)
        verdict = f"{len(found)} things are wrong" if found else "every file is as the manifest says"
        typer.echo(f"{place}: {verdict}", err=True)
    return Exit.FAILED if found else Exit.DONE
