"""Whatever the order, whatever comes twice, wherever it crashes: a step leaves once, and the decisions are the same."""

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from contracts.plans import MOST_TRIES, Because, Decision, DecisionMade, InDoubt, SendCommanded, step_and_try
from streams.fallback.policy import Here, Rules, advance
from streams.fallback.state import MessageState, decode_message, encode_message
from tests.support.planned_life import (
    CANCEL,
    ELSEWHERE,
    MESSAGE,
    came,
    curable,
    due,
    planned,
    registered,
    step,
    told,
)
from tests.support.reports import T0_MS

STEPS = 3
WAIT_S = 60
RULES = Rules(keep_ms=10**12, keep_held_ms=10**12, outcome_within_ms=10**12)
FATES = {
    "refused": ["refused"],
    "cured elsewhere": ["refused, curable"],
    "never left": ["withdrawn"],
    "arrives": ["accepted", "registered", "sent", "delivered"],
    "arrives after a doubt": ["in_doubt", "accepted", "registered", "delivered"],
    "a doubt that a report ends": ["in_doubt", "registered", "delivered"],
    "a doubt that no one ends": ["in_doubt"],
    "a doubt, and not taken": ["in_doubt", "refused, curable"],
    "ends badly": ["accepted", "registered", "expired"],
    "ends badly after a doubt": ["in_doubt", "accepted", "expired"],
    "ends badly for good": ["accepted", "failed for good"],
    "is said to end badly and arrives": ["accepted", "expired", "delivered"],
    "silent": ["accepted", "registered"],
}
"""What may be told of a send, in any order."""
TAKEN = {"accepted", "registered", "sent", "expired", "failed for good"}


def event_of(word, of, number, second):
    match word:
        case "refused, curable":
            return came("refused", of, number, second=second, may_fall_back=True)
        case "withdrawn" | "refused" | "accepted" | "in_doubt":
            return came(word, of, number, second=second)
        case "registered":
            return registered(of, number)
        case "expired":
            return curable("expired", of, number)
        case "failed for good":
            return told("failed", of, number)
    return told(word, of, number)


@dataclass
class Model:
    """What should follow, the plain way: what was told of each try, as words, and the tries that were made."""

    resends: bool
    tries: dict[tuple[int, int], set[str]] = field(default_factory=lambda: {(0, 0): set()})
    is_over: bool = False

    def hear(self, of, number, word):
        self.tries[of, number].add(word)
        self.follow(has_time_passed=False)

    def follow(self, *, has_time_passed):
        while not self.is_over and (following := self.following(has_time_passed)):
            has_time_passed = False  # of the new one none has passed
            self.tries[following] = set()

    def following(self, has_time_passed):
        if any("delivered" in words for words in self.tries.values()):
            return self.stop()
        of = max(one for one, _ in self.tries)
        stands = [self.stand(self.tries[of, number]) for number in range(MOST_TRIES) if (of, number) in self.tries]
        if "open" in stands:
            return self.next_step(of) if has_time_passed else None
        if "untold" in stands:
            return None
        if "doubt" in stands and not any(words & TAKEN for (one, _), words in self.tries.items() if one == of):
            may_resend = self.resends and stands[-1] == "doubt" and len(stands) < MOST_TRIES
            return (of, len(stands)) if may_resend else None
        return self.stop() if "for good" in stands else self.next_step(of)

    def stand(self, words):
        if words & TAKEN:
            return "for good" if "failed for good" in words else "curable" if "expired" in words else "open"
        if "refused" in words:
            return "for good"
        if words & {"refused, curable", "withdrawn"}:
            return "curable"
        return "doubt" if words else "untold"

    def next_step(self, of):
        return (of + 1, 0) if of + 1 < STEPS else self.stop()

    def stop(self):
        self.is_over = True


class Fallback(RuleBasedStateMachine):
    """One message; what is told of its sends comes in any order and again, and the process is killed at will."""

    @initialize(resends=st.booleans())
    def plan(self, resends):
        self.second = 0
        self.state: bytes | None = None
        self.saved: list[tuple[bytes | None, object]] = []
        self.told: list[object] = []
        self.pending: list[tuple[int, int, str]] = []
        self.known: set[tuple[int, int]] = set()
        self.model = Model(resends)
        mode = InDoubt.RESEND if resends else InDoubt.HOLD
        steps = [step(number, wait_s=WAIT_S) for number in range(STEPS)]
        self.live((planned(*steps, in_doubt=mode), 0))

    def live(self, timed):
        """One event, from the state as it was written."""
        self.saved.append((self.state, timed))
        self.decide(timed)

    def decide(self, timed):
        event, second = timed
        before: MessageState | None = None if self.state is None else decode_message(self.state)
        state, news = advance(before, event, Here(MESSAGE, T0_MS + second * 1000), RULES)
        self.state = None if state is None else encode_message(state)
        self.told += news

    @rule(data=st.data(), fate=st.sampled_from(sorted(FATES)))
    @precondition(lambda self: self.model.tries.keys() - self.known)
    def a_provider_is_asked(self, data, fate):
        one = data.draw(st.sampled_from(sorted(self.model.tries.keys() - self.known)))
        self.known.add(one)
        self.pending += [(*one, word) for word in FATES[fate]]

    @rule(data=st.data())
    @precondition(lambda self: self.pending)
    def something_is_told(self, data):
        of, number, word = self.pending.pop(data.draw(st.integers(0, len(self.pending) - 1)))
        self.model.hear(of, number, word)
        self.live((event_of(word, of, number, self.second), self.second))

    @rule(data=st.data())
    @precondition(lambda self: len(self.saved) > 1)
    def something_is_told_again(self, data):
        again = data.draw(st.sampled_from(self.saved))[1]
        self.live((again[0], self.second) if not isinstance(again[0], type(due(0)[0])) else again)

    @rule()
    def much_time_passes(self):
        self.second += 10 * WAIT_S
        self.model.follow(has_time_passed=True)
        self.live(due(self.second))

    @rule(back=st.integers(1, 6))
    @precondition(lambda self: self.saved)
    def it_is_killed_before_its_state_is_written(self, back):
        """What it had told stands; from the older state the same records are read again."""
        read_again = self.saved[-back:]
        self.state = read_again[0][0]
        for _, timed in read_again:
            self.decide(timed)

    @invariant()
    def what_is_sent_is_what_the_model_says(self):
        if hasattr(self, "model"):
            assert self.commanded().keys() == self.model.tries.keys()

    @invariant()
    def a_command_is_the_same_each_time(self):
        for commands in (self.commanded() if hasattr(self, "model") else {}).values():
            assert all(command == commands[0] for command in commands)

    @invariant()
    def a_step_is_sent_once_unless_in_doubt_and_so_planned(self):
        if hasattr(self, "model") and not self.model.resends:
            assert all(number == 0 for _, number in self.commanded())

    @invariant()
    def the_decisions_are_those_of_a_life_without_crashes(self):
        if hasattr(self, "model"):
            assert set(map(repr, self.told)) == set(map(repr, lived([timed for _, timed in self.saved])))

    def commanded(self):
        found = {}
        for one in self.told:
            if isinstance(one, SendCommanded):
                found.setdefault(step_and_try(MESSAGE, one.send_id), []).append(one)
        return found


def lived(timed, rules=RULES):
    state, told_all = None, []
    for event, second in timed:
        state, news = advance(state, event, Here(MESSAGE, T0_MS + second * 1000), rules)
        told_all += news
    return told_all


TestFallback = Fallback.TestCase
TestFallback.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


def decisions(events):
    """Without the moments at which they were told."""
    news = lived([(event, 0) for event in events])
    return {(one.decision, one.because, one.step) for one in news if isinstance(one, DecisionMade)}


CONCURRENT = {
    "ends badly": [came("accepted"), registered(), told("sent"), curable("expired"), came("in_doubt")],
    "ends for good": [came("accepted"), registered(), told("sent"), told("failed")],
    "arrives": [came("accepted"), registered(), told("sent"), told("delivered"), told("seen")],
    "doubt that is resolved": [came("in_doubt"), came("refused", may_fall_back=True)],
}
TRANSIENT = {(Decision.HOLD, Because.IN_DOUBT, 0)}
"""A doubt that is known to be none was held or not, as it happened to be heard of."""


@st.composite
def two_orders(draw):
    """What is told of one send, some of it more than once, in two orders behind its plan."""
    events = CONCURRENT[draw(st.sampled_from(sorted(CONCURRENT)))]
    said = [*events, *draw(st.lists(st.sampled_from(events), max_size=3))]
    return draw(st.permutations(said)), draw(st.permutations(said))


@given(two_orders())
def test_the_order_of_what_is_told_of_a_send_does_not_matter(orders):
    one, other = (decisions([planned(), *said]) - TRANSIENT for said in orders)

    assert one == other


@given(st.permutations([ELSEWHERE, told("sent", external_id=None), curable("expired", external_id=None), CANCEL]))
def test_what_was_sent_elsewhere_falls_back_once_or_is_cancelled_whichever_comes_first(events):
    found = decisions([*events, *events])

    assert found - {(Decision.SEND, Because.ENDED_BADLY, 1)} in (
        {(Decision.CANCELLED, Because.BY_REQUEST, 0)},
        {(Decision.CANCELLED, Because.BY_REQUEST, 1)},
    )


@given(st.permutations([ELSEWHERE, told("sent", external_id=None), curable("expired", external_id=None)]))
def test_a_plan_that_comes_late_decides_as_one_that_came_first(events):
    assert decisions(events) == {(Decision.SEND, Because.ENDED_BADLY, 1)}
