"""The commands that answer a question and change nothing: about a callback, and about the past."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from tidings.options import AsJson, Config
from tidings.teaching import Teaching

commands = Teaching()

ApiKey = Annotated[str, typer.Option(envvar="TIDINGS_API_KEY", help="A key that may read.")]
Begin = Annotated[datetime | None, typer.Option("--from", help="Messages that began then or later (UTC); a week ago.")]
End = Annotated[datetime | None, typer.Option("--to", help="Messages that began before (UTC); now.")]
OfProvider = Annotated[str, typer.Option(help="Only messages that began with this provider.")]
Countries = Annotated[list[str] | None, typer.Option(help="Only to numbers of this country; may be given again.")]
Campaigns = Annotated[list[str] | None, typer.Option(help="Only of this campaign; may be given again.")]
ByOccurred = Annotated[
    bool, typer.Option("--by-occurred", help="Judge by when things happened, not by when we heard of them.")
]


@commands.taught(
    "tidings explain --words callback.json",
    ends="2 when a file cannot be read, or is no callback of that provider",
)
def explain(
    files: Annotated[list[Path], typer.Argument(help="Callbacks: samples, or bare bodies with --provider.")],
    *,
    provider: Annotated[str, typer.Option(help="Whose callback a bare body is.")] = "",
    hint: Annotated[str, typer.Option(help="What would follow the connection in its path, such as viber.")] = "",
    words: Annotated[bool, typer.Option("--words", help="Say it in words on standard output, without JSON.")] = False,
) -> None:
    """Say what would be made of a callback, without running anything: the facts, and which code row decided.

    Prints {"file", "accept", "facts", "dead_letters"} as JSON, one object for one file and a list for several; for a
    bare body the words go to standard error beside it.
    """
    from tidings.explain import explain_files

    raise typer.Exit(explain_files(files, provider=provider, hint=hint, is_words=words))


@commands.taught(
    "tidings back-test --step viber:60 --step sms --from 2026-11-01",
    ends="1 when the API does not answer, or refuses the question",
    name="back-test",
)
def back_test(
    *,
    policy: Annotated[str, typer.Option(help="The name of a policy in the installation's file.")] = "",
    step: Annotated[
        list[str] | None,
        typer.Option(metavar="CHANNEL[@PROVIDER[/CONNECTION]][:SECONDS]", help="A step of a plan; twice or more."),
    ] = None,
    begin: Begin = None,
    end: End = None,
    provider: OfProvider = "",
    country: Countries = None,
    campaign: Campaigns = None,
    by_occurred: ByOccurred = False,
    config: Config = None,
    api_key: ApiKey = "",
    as_json: AsJson = False,
) -> None:
    """Say what a plan would have done with messages of the past: sends, cost, deliveries won, delivered twice.

    Nothing is sent. The running installation is asked.
    """
    from tidings.back_test import command

    which = command.Which(
        begin=begin,
        end=end,
        provider=provider,
        countries=tuple(country or ()),
        campaigns=tuple(campaign or ()),
        is_by_occurred=by_occurred,
    )
    access = command.Access(config=config, api_key=api_key)
    raise typer.Exit(command.back_test(access, which, policy=policy, steps=tuple(step or ()), as_json=as_json))


@commands.taught(
    "tidings advise-wait --channel viber --fallback sms --value-of-minute 0.01",
    ends="1 when the API does not answer, or refuses the question",
    name="advise-wait",
)
def advise_wait(
    *,
    channel: Annotated[list[str] | None, typer.Option(help="Of messages on this channel; viber.")] = None,
    fallback: Annotated[str, typer.Option(help="The channel that a fallback would take.")] = "sms",
    value_of_minute: Annotated[
        str, typer.Option(help="What a minute sooner is worth, as money; a tenth of a fallback's price.")
    ] = "",
    least: Annotated[int | None, typer.Option(help="Below so many observations nothing is advised; 200.")] = None,
    begin: Begin = None,
    end: End = None,
    provider: OfProvider = "",
    country: Countries = None,
    campaign: Campaigns = None,
    by_occurred: ByOccurred = False,
    config: Config = None,
    api_key: ApiKey = "",
    as_json: AsJson = False,
) -> None:
    """Say how long to wait before a fallback, by provider, channel and country.

    It is the wait at which another second costs more than it spares, from how long messages really took to arrive.
    """
    from tidings.back_test import command

    which = command.Which(
        begin=begin,
        end=end,
        provider=provider,
        countries=tuple(country or ()),
        campaigns=tuple(campaign or ()),
        is_by_occurred=by_occurred,
    )
    wishes = {
        "channel": channel or [],
        "fallback": fallback,
        "value_of_minute": value_of_minute,
        "least": "" if least is None else str(least),
    }
    access = command.Access(config=config, api_key=api_key)
    raise typer.Exit(command.advise_wait(access, which, wishes=wishes, as_json=as_json))
