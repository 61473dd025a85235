"""The figures as somebody reads them in a terminal. What asks for a look is yellow, what must not be is red."""

from datetime import timedelta

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from tidings.top.figures import BALANCE, Json

OLD_S, LATE_RECORDS = 60.0, 10_000


def picture(told: Json, *, hint: str = "") -> Group:
    """All of it; `hint` stands at the end of the first line."""
    parts: list[RenderableType] = [_head(told, hint), _stages(told["stages"])]
    if told["sends"]["connections"]:
        parts.append(_sends(told["sends"]))
    parts.append(_rest(told))
    parts += [Text(f"! {_named(alarm)}", style="yellow") for alarm in told["alarms"]]
    parts += [Text(note, style="dim") for note in told["notes"]]
    return Group(*parts)


def _head(told: Json, hint: str) -> Text:
    line = Text(f"tidings  {told['at'][:19].replace('T', ' ')} UTC  ", style="bold")
    for process in told["processes"]:
        line.append(
            f"{'✓' if process['is_ready'] else '✗'} {process['name']}  ", "green" if process["is_ready"] else "red"
        )
    return line.append(hint, style="dim")


def _stages(stages: list[Json]) -> Table:
    table = Table("stage", show_edge=False, pad_edge=False)
    for heading in ("lag", "reads/s", "writes/s", "batch ms", "remembers", "waiting", "oldest"):
        table.add_column(heading, justify="right")
    for one in stages:
        table.add_row(
            one["stage"],
            _lag(one["lag_records"]),
            _rate(one["read_per_s"]),
            _rate(one["written_per_s"]),
            _known(one["batch_ms"]),
            _known(one["keys"]),
            _known(one["waiting"]),
            age(one["oldest_wait_s"]),
        )
    return table


def _sends(sends: Json) -> Table:
    table = Table(f"sends (lag {_known(sends['lag_records'])})", show_edge=False, pad_edge=False)
    for heading in ("accepted/s", "other/s", "waiting", "in doubt", ""):
        table.add_column(heading, justify="right")
    for one in sends["connections"]:
        table.add_row(
            f"{one['provider']}/{one['connection']}",
            _rate(one["accepted_per_s"]),
            _rate(one["other_per_s"]),
            f"{one['waiting']:,}",
            _warned(f"{one['in_doubt']:,}", is_wrong=bool(one["in_doubt"])),
            Text("rests", style="yellow") if one["is_resting"] else "",
        )
    return table


def _rest(told: Json) -> Table:
    table = Table.grid(padding=(0, 2))
    lines = {"callbacks": _callbacks, "spool": _spool, "store": _store, "account": _account}
    for name, line in lines.items():
        seen = told[name]
        table.add_row(Text(name, style="bold"), Text("?", style="dim") if seen is None else line(seen))
    return table


def _callbacks(seen: Json) -> Text:
    line = Text(f"{_rate(seen['taken_per_s'])}/s taken, ")
    line.append(_warned(f"{_rate(seen['refused_per_s'])}/s refused", is_wrong=seen["refused_per_s"] > 0))
    within = "" if seen["p99_within_ms"] is None else f", 99 % answered within {seen['p99_within_ms']:g} ms"
    return line.append(f", {seen['waiting']:,} wait for Kafka{within}")


def _spool(seen: Json) -> Text:
    if not seen["records"]:
        return Text("empty")
    told = f"{seen['records']:,} callbacks, {seen['bytes'] / 1e6:.1f} MB, the oldest {age(seen['oldest_s'])}"
    return _warned(told, is_wrong=True)


def _store(seen: Json) -> Text:
    line = Text(f"{_rate(seen['rows_per_s'])} rows/s, lag ")
    line.append(_lag(seen["lag_records"])).append(f", commit {_known(seen['commit_ms'])} ms")
    if seen["lag_s"] is not None:
        line.append(", answers are ").append(_warned(f"{age(seen['lag_s'])} old", is_wrong=seen["lag_s"] > OLD_S))
    return line.append("" if seen["snapshot_age_s"] is None else f", newest copy {age(seen['snapshot_age_s'])}")


def _account(seen: Json) -> Text:
    words = [f"{name.replace('_', ' ')} {seen[name]:,}" for name in BALANCE if seen[name] is not None]
    return Text(", ".join(words), style="" if seen["is_balanced"] else "bold red")


def _named(alarm: Json) -> str:
    whose = "/".join(alarm[name] for name in ("provider", "connection", "channel") if alarm[name])
    return " ".join(filter(None, (alarm["kind"], whose, alarm["detail"])))


def age(seconds: float | None) -> str:
    """In the two largest units that say something: `3 d 4 h`, `2 min 5 s`, `0.4 s`; `?` when it is not known."""
    if seconds is None:
        return "?"
    if seconds < 10:
        return f"{seconds:.1f} s"
    days, rest = divmod(timedelta(seconds=round(seconds)), timedelta(days=1))
    hours, minutes, left = rest.seconds // 3600, rest.seconds // 60 % 60, rest.seconds % 60
    units = [f"{count} {unit}" for count, unit in ((days, "d"), (hours, "h"), (minutes, "min"), (left, "s")) if count]
    return " ".join(units[:2])


def _rate(per_s: float | None) -> str:
    if per_s is None:
        return "?"
    return f"{per_s:,.0f}" if per_s >= 10 else f"{per_s:.1f}"


def _known(value: float | None) -> str:
    return "?" if value is None else f"{value:,.10g}"


def _lag(records: int | None) -> Text:
    return Text("?", style="dim") if records is None else _warned(f"{records:,}", is_wrong=records > LATE_RECORDS)


def _warned(text: str, *, is_wrong: bool) -> Text:
    return Text(text, style="yellow" if is_wrong else "")
