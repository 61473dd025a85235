"""docs/trust.md says the bounds that the code has."""

import json
import re
from pathlib import Path

import pytest

from analytics.trust.signals import (
    BOUNDS,
    FAST_FLOOR_MS,
    FAST_FLOOR_SMS_MS,
    FAST_SHARE,
    FUTURE_MS,
    USUAL_TIMES,
    Signal,
    Suspicion,
)
from api.answers.trust import TrustedRoute

TEXT = (Path(__file__).parents[2] / "docs" / "trust.md").read_text("utf-8")


@pytest.mark.parametrize("signal", Signal)
def test_each_signal_stands_there_with_its_bounds(signal):
    [row] = re.findall(rf"^\| `{signal}` \|.*$", TEXT, re.MULTILINE)
    *_, worth_a_look, alarming = (cell.strip() for cell in row.strip("|").split("|"))

    assert (float(worth_a_look), float(alarming)) == (BOUNDS[signal].worth_a_look, BOUNDS[signal].alarming)


@pytest.mark.parametrize("suspicion", Suspicion)
def test_each_verdict_is_explained(suspicion):
    assert f"| `{suspicion}` |" in TEXT


def test_the_constants_are_those_of_the_code():
    assert (FAST_SHARE, FAST_FLOOR_MS, FAST_FLOOR_SMS_MS, FUTURE_MS, USUAL_TIMES) == (1 / 20, 300, 1000, 2000, 3)
    for told in ("one twentieth", "less than 300 ms, on SMS a second", "more than 2 s after", "at least 3 times"):
        assert told in TEXT


def test_the_example_is_an_answer():
    [block] = re.findall(r"```json\n(.*?)```", TEXT, re.DOTALL)
    [route] = json.loads(block)["routes"]
    told = TrustedRoute.model_validate(route)

    assert told.signals[0].value == pytest.approx(told.signals[0].hits / told.signals[0].n, abs=0.01)
    assert set(route) == set(TrustedRoute.model_fields)
