"""What another plan would have done with the messages of the period, for several waits side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from analytics.back_test.questions import TimeBy
from api.answers.back_tests import BackTestAnswer
from api.endpoints.back_tests import get_back_test
from api.page.address import checked, refused_member
from api.page.charts import Chart, Series, chart
from api.page.frame import Frame
from api.page.notices import Notice
from api.page.view import duration, plain
from api.questions.back_testing import BackTestAsked, StepAsked, policies_for
from contracts.errors import TidingsError
from contracts.filters import parse_filter
from contracts.plans import SucceedOn
from contracts.vocabulary import Channel

PLAN = ("policy", "first", "first_by", "wait_s", "succeed_on", "second", "second_by", "clock")
"""What the form asks: a policy, or two steps and how long the first may take; and by which clock."""
NARROWING = ("campaign", "country")
"""Filters of the page that say of which messages."""
WAITS_S = (15, 30, 60, 120, 300, 900)
"""Those that are drawn beside the one that was asked for."""
EVERY_S = 10.0
"""It takes long, and changes little."""
FIRST, SECOND, WAIT_S = "viber", "sms", "60"
CLOCKS = {TimeBy.RECEIVED.value: "we heard it", TimeBy.OCCURRED.value: "its provider says it happened"}


class Field(NamedTuple):
    """What can be chosen in the form, with the words for it; a number where there is nothing to choose from."""

    name: str
    words: str
    values: Mapping[str, str]
    usual: str = ""


@dataclass(frozen=True)
class Replays:
    """The plan that was asked for, and its neighbours."""

    asked: BackTestAnswer
    drawn: Chart


async def replayed(frame: Frame) -> Replays | Notice | None:
    """Null while nobody asks; why it cannot be asked so."""
    if not set(PLAN) & set(frame.members):
        return None
    return await frame.kept("replayed", lambda: _replayed(frame), every_s=EVERY_S)


def fields(frame: Frame) -> list[Field]:
    """The form, with what can be chosen by whoever looks."""
    connections = [one for one in frame.parts.settings.connections if frame.caller.may_see(one.account)]
    policies = policies_for(frame.caller, frame.parts.policies(), connections)
    named = {one.name: one.name for one in policies.values() if len(one.steps) > 1}
    channels = {one.value: plain(one) for one in Channel}
    ways = sorted({one.provider for one in connections} | {f"{one.provider}/{one.name}" for one in connections})
    by = {"": "any provider"} | dict(zip(ways, ways, strict=True))
    return [
        *([Field("policy", "Plan", {"": "the steps beside this"} | named)] if named else ()),
        Field("first", "First", channels, FIRST),
        Field("first_by", "First by", by),
        Field("wait_s", "Wait, in seconds", {}, WAIT_S),
        Field("succeed_on", "Until it is", {one.value: plain(one) for one in SucceedOn}, SucceedOn.DELIVERED.value),
        Field("second", "Then", channels, SECOND),
        Field("second_by", "Then by", by),
        Field("clock", "A report counts from when", CLOCKS, TimeBy.RECEIVED.value),
    ]


async def _replayed(frame: Frame) -> Replays | Notice:
    try:
        asked = await _answer(frame, policy=frame.one("policy")) if frame.one("policy") else await _of_steps(frame)
        first, *others = (StepAsked.model_validate(step, from_attributes=True) for step in asked.plan)
        answers = {first.wait_s: asked}
        for wait_s in set(WAITS_S) - {first.wait_s}:
            answers[wait_s] = await _answer(frame, steps=[first.model_copy(update={"wait_s": wait_s}), *others])
    except TidingsError as exc:
        return Notice.of(exc)
    return Replays(asked, _chart(dict(sorted(answers.items()))))


async def _of_steps(frame: Frame) -> BackTestAnswer:
    given = {"wait_s": frame.one("wait_s", WAIT_S)}
    given |= {"succeed_on": frame.one("succeed_on")} if frame.one("succeed_on") else {}
    steps = [
        checked(StepAsked, {"channel": frame.one("first", FIRST)} | _way(frame.one("first_by")) | given),
        checked(StepAsked, {"channel": frame.one("second", SECOND)} | _way(frame.one("second_by"))),
    ]
    return await _answer(frame, steps=steps)


def _way(text: str) -> dict[str, str]:
    """A provider, perhaps with one of its connections behind a slash, or nothing for any."""
    provider, _, connection = text.partition("/")
    return {name: value for name, value in (("provider", provider), ("connection", connection)) if value}


async def _answer(frame: Frame, **plan: Any) -> BackTestAnswer:  # noqa: ANN401  # a policy's name, or steps
    narrowed: dict[str, Any] = {end: moment for end, moment in frame.span().items() if moment}
    narrowed |= {name: _whole(name, frame.members[name]) for name in NARROWING if name in frame.members}
    narrowed |= {"clock": frame.one("clock")} if frame.one("clock") else {}
    return await get_back_test(frame.parts, frame.caller, checked(BackTestAsked, plan | narrowed))


def _whole(member: str, texts: Sequence[str]) -> list[str]:
    """The values that a filter of the page names; raises the problem that it does not name them one by one."""
    chosen = parse_filter(texts)
    if chosen.none_of or any(one.is_prefix for one in chosen.any_of):
        raise refused_member(member, "a plan is replayed with values that are named in whole, without ! and *")
    return [one.text for one in chosen.any_of]


def _chart(answers: dict[int, BackTestAnswer]) -> Chart:
    # Whole where they are whole: six of them stand side by side on a telephone.
    waits = [duration(each * 1000).replace(".0", "") for each in answers]
    needed = [answer.whole.needed for answer in answers.values()]
    needless = [answer.whole.needless for answer in answers.values()]
    lines = [Series("needed", "delivered", needed), Series("needless", "fifth", needless)]
    return chart("Fallbacks by how long one waits", waits, lines, axis="Wait")
