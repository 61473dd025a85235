"""The account of a run, for people, and the last line, for scripts."""

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tests.chaos.diary import ALL, CALM, Diary
from tests.chaos.run import Verdict

SHOWN_DIFFERENCES = 30


def last_line(verdict: Verdict, diary: Diary) -> str:
    """As `tidings demo --once` ends, and how many processes were killed."""
    return f"{verdict.findings.last_line} {verdict.sends.last_line} kills={diary.kills.total()}"


def tell(verdict: Verdict, diary: Diary, console: Console) -> None:
    """What was done, how it came back, how it answered, and what is wrong."""
    console.print(_faults(diary), _recoveries(diary), _answers(diary))
    console.print(_repeats(verdict), highlight=False)
    console.print(_sends(verdict), highlight=False)
    for difference in verdict.differences[:SHOWN_DIFFERENCES]:
        console.print(f"[red]✗[/red] {escape(difference)}", soft_wrap=True, highlight=False)
    if (more := len(verdict.differences) - SHOWN_DIFFERENCES) > 0:
        console.print(f"[red]✗[/red] and {more} more")


def _faults(diary: Diary) -> Table:
    table = Table("kills", "", "faults", "", title="what was done")
    kills, faults = diary.kills.most_common(), diary.faults.most_common()
    for number in range(max(len(kills), len(faults))):
        table.add_row(*_pair(kills, number), *_pair(faults, number))
    return table


def _pair(counts: Sequence[tuple[str, int]], number: int) -> tuple[str, str]:
    return (counts[number][0], str(counts[number][1])) if number < len(counts) else ("", "")


def _recoveries(diary: Diary) -> Table:
    table = Table("behind", "times", "p50 s", "max s", title="until ready again")
    for name, took_s in sorted(diary.recoveries.items()):
        table.add_row(name, str(len(took_s)), f"{_quantile(took_s, 0.5):.1f}", f"{max(took_s):.1f}")
    return table


def _answers(diary: Diary) -> Table:
    table = Table(
        "while", "200", "other", "none", "p50 ms", "p99 ms", "max ms", title="answers to callbacks, under each fault"
    )
    for phase in sorted(diary.answers, key=lambda name: (name != ALL, name != CALM, name)):
        answers, took_s = diary.answers[phase], diary.answer_times[phase]
        others = answers.total() - answers[200] - answers[0]
        times = [f"{1000 * _quantile(took_s, share):.0f}" for share in (0.5, 0.99, 1.0)] if took_s else ["", "", ""]
        table.add_row(phase, str(answers[200]), str(others), str(answers[0]), *times)
    return table


def _repeats(verdict: Verdict) -> str:
    posted = sum(one.items for one in verdict.outcome.providers.values())
    doubtful = sum(one.doubtful_items for one in verdict.outcome.providers.values())
    total = verdict.findings.total
    return (
        f"{len(verdict.outcome.attempts)} attempts, {posted} items in callbacks answered 200, {doubtful} items whose "
        f"answer was lost; {total['received'] - posted} items stored more often than answered, "
        f"{total['repeated']} repeats recognised"
    )


def _sends(verdict: Verdict) -> str:
    sends = verdict.sends
    return (
        f"{sends.messages} messages with plans, {sends.sends} sends taken, {sends.double_sends} twice; "
        f"{sends.resolved} doubts resolved by a person; "
        f"{sends.needless} second steps left because news of the first came too late"
    )


def _quantile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
