"""The commands that look at what runs."""

from typing import Annotated

import typer

from tidings.options import AsJson, Config, Picture
from tidings.teaching import Teaching

commands = Teaching()


@commands.taught("tidings doctor --only broker --only topics", ends="1 when something has to be mended")
def doctor(
    *,
    config: Config = None,
    only: Annotated[
        list[str] | None, typer.Option(metavar="CHECK", help="Only this check, such as disk; may be given again.")
    ] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Only what can be told while nothing runs.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Count a warning as a failure.")] = False,
    watch: Annotated[
        float, typer.Option(min=0, metavar="SECONDS", help="Between two looks at stages that have something to read.")
    ] = 5.0,
    picture: Picture = None,
    as_json: AsJson = False,
) -> None:
    """Find what is wrong with an installation and the world around it, and say how to mend it.

    It changes nothing. A warning alone is no failure, unless --strict; the status is 2 when settings have to be mended
    first, and 3 when no Kafka answers.
    """
    from tidings.doctor import command

    wishes = command.Wishes(
        only=tuple(only or ()), is_offline=offline, is_strict=strict, between_looks_s=watch, picture=picture
    )
    raise typer.Exit(command.run(config, wishes, as_json=as_json))


@commands.taught("tidings top --once --json", ends="1 when, with --once, a process is not ready")
def top(
    *,
    config: Config = None,
    once: Annotated[bool, typer.Option("--once", help="One picture, and end; also where no terminal is.")] = False,
    interval: Annotated[float, typer.Option(min=0.2, metavar="SECONDS", help="Between two pictures.")] = 2.0,
    api_key: Annotated[str, typer.Option(envvar="TIDINGS_API_KEY", help="A key that may read.")] = "",
    picture: Picture = None,
    as_json: AsJson = False,
) -> None:
    """Watch what runs: rates, lags and ages of the stages, spool, store, account and alarms; q ends it.

    With --json one object a line; --picture is for once. Without a key account and freshness are not shown.
    """
    from tidings.top import command

    wishes = command.Wishes(key=api_key, interval_s=interval, is_once=once, as_json=as_json, picture=picture)
    raise typer.Exit(command.run(config, wishes))
