"""The command line: `tidings` and all its commands."""

from typing import Annotated

import typer

from tidings.commands import asking, keeping, keys, running, simulating, watching
from tidings.exits import PlainTyper
from tidings.teaching import unwrapped

app = PlainTyper(
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help=unwrapped("""One honest account of what happened to every Viber and SMS message, whichever provider carried it.

    [bold]tidings demo[/bold] shows it at work, [bold]tidings up[/bold] runs it, [bold]tidings top[/bold] watches it and
    [bold]tidings doctor[/bold] says what is wrong and how to mend it.

    Exit status: 0 done, 1 failed or not as it should be, 2 wrong configuration or usage, 3 no broker."""),
)
for theme in (running, watching, simulating, asking, keeping, keys):
    app.add_typer(theme.commands)


def _print_version(is_asked: bool) -> None:  # noqa: FBT001  # typer calls it with the flag
    if is_asked:
        from importlib.metadata import version  # noqa: PLC0415  # only who asks waits for it

        typer.echo(f"tidings {version('tidings')}")
        raise typer.Exit


@app.callback()
def main(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass
