"""The tables at the end of a proof: a column for each provider, within eighty columns."""

from collections.abc import Iterable

from rich import box
from rich.table import Table

from tidings.demo.reconciliation import MEMBERS, Findings
from tidings.demo.send_findings import SendFindings
from tidings.simulation.planned import CHANNELS


def items_table(findings: Findings) -> Table:
    """A row for each place where an item may be."""
    providers = {**findings.balances, "together": findings.total}
    table = _table("items", "what the API says, held against the simulator", providers)
    for member in MEMBERS:
        table.add_row(member, *(str(balance[member]) for balance in providers.values()))
    table.add_section()
    ends = [f"{findings.agreeing[provider]} of {findings.asked[provider]}" for provider in findings.balances]
    together = f"{findings.agreeing.total()} of {findings.asked.total()}"
    table.add_row("end as known", *ends, together)
    return table


def sends_table(found: SendFindings, providers: Iterable[str]) -> Table:
    """A row for each step of the plans."""
    columns = [*providers, "together"]
    table = _table("sends", "messages with plans: what left, by step", columns)
    for step, channel in enumerate(CHANNELS):
        taken = {provider: found.taken[step, provider] for provider in columns}
        taken["together"] = sum(taken.values())
        table.add_row(f"{step + 1} {channel}", *map(str, taken.values()))
    return table


def sends_in_words(found: SendFindings) -> str:
    """What the rows do not tell."""
    return (
        f"{found.messages} messages; left twice: {found.double_sends}; in doubt until a person resolved it: "
        f"{found.resolved};\narrived twice, the first too late to know: {found.wasted}; "
        f"sent although news was on its way: {found.needless}"
    )


def _table(first: str, title: str, columns: Iterable[str]) -> Table:
    table = Table(first, title=title, box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for name in columns:
        table.add_column(name, justify="right")
    return table
