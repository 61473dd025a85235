"""What another plan would have done with the messages of the period, for several waits side by side."""

from dataclasses import dataclass
from typing import Any

from api.answers.back_tests import BackTestAnswer
from api.endpoints.back_tests import get_back_test
from api.page.address import checked
from api.page.charts import Chart, Series, chart
from api.page.frame import Frame
from api.page.view import duration
from api.questions.back_testing import BackTestAsked, StepAsked

PLAN = ("first", "second", "wait_s")
"""What the form asks: the channels of two steps, and how long the first may take."""
WAITS_S = (15, 30, 60, 120, 300, 900)
"""Those that are drawn beside the one that was asked for."""


@dataclass(frozen=True)
class Replays:
    """The plan that was asked for, and its neighbours."""

    wait_s: int
    asked: BackTestAnswer
    drawn: Chart


async def replayed(frame: Frame) -> Replays | None:
    """Null while nobody asks; raises the problem that says what makes no plan."""
    if not set(PLAN) & set(frame.members):
        return None
    first = checked(StepAsked, {"channel": frame.one("first", "viber"), "wait_s": frame.one("wait_s", "60")})
    second = checked(StepAsked, {"channel": frame.one("second", "sms")})
    wait_s = first.wait_s
    answers = {
        each: await _answer(frame, [first.model_copy(update={"wait_s": each}), second])
        for each in sorted({*WAITS_S, wait_s})
    }
    return Replays(wait_s, answers[wait_s], _chart(answers))


async def _answer(frame: Frame, steps: list[StepAsked]) -> BackTestAnswer:
    narrowed: dict[str, Any] = {end: moment for end, moment in frame.span().items() if moment}
    if provider := frame.one("provider"):
        narrowed["provider"] = provider
    if campaign := frame.members.get("campaign"):
        narrowed["campaign"] = list(campaign)
    return await get_back_test(frame.parts, frame.caller, checked(BackTestAsked, {"steps": steps} | narrowed))


def _chart(answers: dict[int, BackTestAnswer]) -> Chart:
    # Whole where they are whole: six of them stand side by side on a telephone.
    waits = [duration(each * 1000).replace(".0", "") for each in answers]
    needed = [answer.whole.needed for answer in answers.values()]
    needless = [answer.whole.needless for answer in answers.values()]
    lines = [Series("needed", "delivered", needed), Series("needless", "fifth", needless)]
    return chart("Fallbacks by how long one waits", waits, lines, axis="Wait")
