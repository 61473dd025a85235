"""`python -m tests.fuzz --cases 200000 --seed 7`: prints the seed, so that what is found can be found again."""

from concurrent.futures import ProcessPoolExecutor
from secrets import randbelow
from time import monotonic
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track

from tests.fuzz.cases import specimens, spoilt, wrong_with

MOST_SHOWN = 20
AT_ONCE = 500


def main(
    cases: Annotated[int, typer.Option(min=1, help="How many.")] = 200_000,
    seed: Annotated[int | None, typer.Option(help="The same seed spoils the same samples the same way.")] = None,
    only: Annotated[int | None, typer.Option(help="Only the case of this number; shows its body.")] = None,
) -> None:
    """Spoil samples of all providers and see that each ends as facts or dead letters."""
    console = Console(stderr=True)
    seed = randbelow(1_000_000) if seed is None else seed
    console.print(f"seed {seed}, {len(specimens())} samples")
    if only is not None:
        console.print(spoilt(seed, only)[1], markup=False)
    began = monotonic()
    chunks = [(seed, range(begin, min(begin + AT_ONCE, cases))) for begin in range(0, cases, AT_ONCE)]
    with ProcessPoolExecutor() as pool:
        runs = pool.map(findings, *zip(*(chunks if only is None else [(seed, range(only, only + 1))]), strict=True))
        found = [line for lines in track(runs, "cases", len(chunks), console=console, transient=True) for line in lines]
    for line in found[:MOST_SHOWN]:
        console.print(line, markup=False, soft_wrap=True)
    typer.echo(f"seed={seed} cases={cases} findings={len(found)} seconds={monotonic() - began:.1f}")
    raise typer.Exit(bool(found))


def findings(seed: int, numbers: range) -> list[str]:
    """What is wrong with these cases."""
    lines = []
    for number in numbers:
        specimen, callback = spoilt(seed, number)
        if wrong := wrong_with(callback):
            lines.append(f"case {number}, {specimen.provider}/{specimen.name}: {'; '.join(wrong[:3])}")
    return lines


if __name__ == "__main__":
    typer.run(main)
