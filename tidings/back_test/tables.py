"""Answers about the past as tables and sentences."""

from decimal import Decimal

from rich.console import Console
from rich.table import Table

from tidings.api_client import Json

CENT = Decimal("0.01")
WIDEST = 40
"""Letters of the longest bar."""
_SAYS = {
    "at_once": "not even a second pays",
    "too_few": "too few to say",
    "price_unknown": "the fallback has no price; write it under \\[\\[prices]]",
}


def show_back_test(told: Json, console: Console) -> None:
    """The whole, what really happened beside it, and what was assumed."""
    whole = told["whole"]
    console.print(_headline(told))
    if not whole["messages"]:
        return
    console.print(_fates(whole))
    console.print(_accounts(told))
    console.print(_gained(whole))
    if len(told["places"]) > 1:
        console.print(_places(told))
    console.print(_basis(told))
    for caveat in _caveats(told):
        console.print(f"[yellow]{caveat}[/yellow]")


def _headline(told: Json) -> str:
    policy = told["policy"]
    name = f"{policy['name']} v{policy['version']}" if policy else "the plan"
    last = len(told["plan"]) - 1
    steps = " → ".join(
        _way(step) + (f" {step['wait_s']} s" if place < last else "") for place, step in enumerate(told["plan"])
    )
    count = told["whole"]["messages"]
    return f"[bold]{name}: {steps}[/bold], with {count:,} messages from {told['from']} to {told['to']}"


def _way(step: Json) -> str:
    over = "/".join(step[name] for name in ("provider", "connection") if step[name])
    return f"{step['channel']}{f' by {over}' if over else ''}"


def _fates(whole: Json) -> Table:
    rows = (
        ("succeeded", "arrived within the wait: no fallback"),
        ("ended_badly", "fallback at their bad end"),
        ("waited_out", "fallback when the wait was over"),
        ("no_other_way", "ended for a reason no other way cures"),
        ("silent", "their provider went through channels itself"),
        ("undecided", "their wait is not over yet"),
    )
    table = Table("messages", "share", "", "what would have been", title="What the plan would have done", box=None)
    table.columns[0].justify = table.columns[1].justify = "right"
    for name, meaning in rows:
        share = whole[name] / whole["messages"]
        if whole[name]:
            table.add_row(f"{whole[name]:,}", f"{share:.1%}", "█" * max(1, round(share * WIDEST)), meaning)
    return table


def _accounts(told: Json) -> Table:
    whole = told["whole"]
    table = Table("", "the plan", "really", title="Against what really happened")
    table.columns[1].justify = table.columns[2].justify = "right"
    first = told["steps"][0]
    table.add_row("fallbacks sent", f"{first['sends']:,.0f}", f"{whole['really_sent']:,}")
    table.add_row("  for messages that never arrived otherwise", f"{whole['needed']:,}", "")
    table.add_row("  needless: arrived all the same", f"{whole['needless']:,}", "")
    table.add_row("cost of fallbacks", _money(first), _cost(told["really_cost"], told["really_unpriced"]))
    table.add_row("deliveries won", _estimate(first["won"]), f"{whole['really_won']:,}")
    table.add_row("double deliveries", _estimate(told["double_deliveries"]), f"{whole['really_double']:,}")
    for step in told["steps"][1:]:
        table.add_row(f"then {step['channel']}: sends", f"about {step['sends']:,.0f}", "")
        table.add_row("  cost", _money(step), "")
        table.add_row("  deliveries won", _estimate(step["won"]), "")
    return table


def _money(step: Json) -> str:
    return _cost(step["cost"], step["unpriced_sends"])


def _cost(cost: list[Json], unpriced: float) -> str:
    told = [f"{_amount(one['amount'])} {one['currency']}" for one in cost]
    return " + ".join(told + ([f"{unpriced:,.0f} of unknown price"] if unpriced else [])) or "0"


def _amount(told: str) -> str:
    """As exact as it was told, without zeros that say nothing, but with its cents."""
    amount = Decimal(told)
    return f"{amount:,.2f}" if amount == amount.quantize(CENT) else f"{amount.normalize():,f}"


def _estimate(told: Json) -> str:
    return f"about {told['value']:,.0f} ({told['low']:,.0f} to {told['high']:,.0f})"


def _gained(whole: Json) -> str:
    if whole["gained_p50_ms"] is None:
        return "Time gained: not known; no message arrived by which it could be told."
    middle, best = (whole[name] / 1000 for name in ("gained_p50_ms", "gained_p90_ms"))
    return (
        f"Time gained against what really happened, over {whole['gained_count']:,} messages with a fallback that "
        f"arrived in the end: {middle:,.1f} s in the middle, {best:,.1f} s or more for the best tenth."
    )


def _places(told: Json) -> Table:
    columns = ("provider", "connection", "country", "messages", "fallbacks", "needed", "needless", "really sent")
    table = Table(*columns, title="By connection and country")
    for place in told["places"]:
        fallbacks = place["ended_badly"] + place["waited_out"]
        counts = (place["messages"], fallbacks, place["needed"], place["needless"], place["really_sent"])
        where = (place["provider"], place["connection"], place["country"] or "?")
        table.add_row(*where, *(f"{count:,}" for count in counts))
    return table


def _basis(told: Json) -> Table:
    table = Table("step", "country", "arrived of ended", "rate", "price", title="What the estimates rest on")
    for one in told["basis"]:
        rate, price = one["rate"], one["price"]
        channel = told["plan"][one["step"]]["channel"]
        table.add_row(
            channel,
            one["country"] or "?",
            f"{rate['arrived']:,} of {rate['ended']:,}{'' if rate['country'] else ', all countries'}"
            if rate
            else "none",
            f"{rate['value']:.1%} ({rate['low']:.1%} to {rate['high']:.1%})" if rate else "unknown",
            f"{_amount(price['amount'])} {price['currency']}, {_source(price)}" if price else "unknown",
        )
    return table


def _counted(rate: Json) -> str:
    return f"{rate['arrived']:,} of {rate['ended']:,}{'' if rate['country'] else ', all countries'}"


def _source(price: Json) -> str:
    return "written" if price["told_count"] is None else f"told {price['told_count']:,} times"


def _caveats(told: Json) -> list[str]:
    whole, first = told["whole"], told["steps"][0]
    said = (
        (whole["of_unknown_kind"], "bad ends were stored without whether another way cures them; taken as curable."),
        (first["of_unknown_rate"], "needed fallbacks are in no estimate: nothing ended that way in this span."),
        (whole["left_without"], "messages never arrived and would have had no fallback."),
    )
    return [f"{count:,.0f} {sentence}" for count, sentence in said if count]


def show_waits(told: Json, console: Console) -> None:
    """A line for each provider, channel and country."""
    value = told["value_of_minute"]
    worth = f"{value} in the fallback's currency" if value else f"a tenth of the price of one {told['fallback']}"
    console.print(f"A minute sooner is worth {worth}; messages from {told['from']} to {told['to']}.")
    if not told["waits"]:
        console.print("Nothing of these channels began in that span.")
        return
    columns = ("provider", "channel", "country", "wait", "nine in ten", "arrived by then", "later", "observations")
    table = Table(*columns)
    for one in told["waits"]:
        where = (one["provider"], one["channel"], one["country"] or "?")
        table.add_row(*where, *_wait(one), f"{one['observations']:,}")
    console.print(table)


def _wait(one: Json) -> tuple[str, str, str, str]:
    if one["wait_s"] is None:
        return _SAYS[one["verdict"]], "", "", ""
    more = "more than " if one["verdict"] == "longer_than_seen" else ""
    span = f"{one['low_s']:,.0f} to {one['high_s']:,.0f} s"
    return f"{more}{one['wait_s']:,.0f} s", span, f"{one['spared_share']:.1%}", f"{one['spared_later_share']:.1%}"
