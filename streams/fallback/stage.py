"""Plans, updates, outcomes and times in; commands and decisions out, each decision with its reason."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import cast

from contracts.codec import encode
from contracts.envelope import Headers, Position, fixed_headers, with_id
from contracts.errors import PayloadInvalid
from contracts.plans import DecisionMade, SendCommanded
from runtime.clock import SystemClock
from runtime.metrics import DECISIONS
from runtime.policy_file import PolicyFile
from runtime.settings import Settings
from streams.engine.moments import DAY_MS
from streams.engine.stage import Decide, Lookout, Output, Outputs, SourceRecord, Stage, StateView
from streams.engine.unreadable import tell_unreadable
from streams.fallback.policy import Here, Rules, Told, advance, due_ms, held_since_ms
from streams.fallback.reading import MESSAGES, OUTCOMES, UPDATES, Reader
from streams.fallback.state import MessageState, decode_message, encode_message
from streams.fallback.world import COMMANDS, HEALTH, SUPPRESSIONS, World
from streams.tailing import Tail

NAME = "fallback"
DUE = "fallback-due"
DECISIONS_TOPIC = "decisions"
HEADERS: dict[str, Headers] = {
    COMMANDS: fixed_headers("command", NAME),
    DECISIONS_TOPIC: fixed_headers("decision", NAME),
}
HEALTH_COUNTS = timedelta(minutes=15)
"""Longer than any illness is told to last without being told anew."""
DAY = timedelta(days=1)


class FallbackBatch:
    """The stage's function. `world` is what it knows besides its records."""

    def __init__(self, rules: Rules, reader: Reader, world: World | None = None) -> None:
        self.world = world or World()
        self._rules = rules
        self._reader = reader

    def __call__(self, view: StateView, records: Sequence[SourceRecord], /, *, topic: str) -> Outputs:
        outputs: Outputs = defaultdict(list)
        decided: Counter[tuple[str, str]] = Counter()
        for record in records:
            try:
                told = self._follow(view, record, topic)
            except PayloadInvalid as exc:
                # The store reads the same topics and keeps it as unreadable.
                tell_unreadable(record, exc)
                continue
            for item, one in enumerate(told):
                is_decision = isinstance(one, DecisionMade)
                word = DECISIONS_TOPIC if is_decision else COMMANDS
                outputs[word].append(_output(record, word, item, one))
                if isinstance(one, DecisionMade):
                    decided[one.decision, one.because] += 1
                elif isinstance(one, SendCommanded):
                    self.world.count(one, record.timestamp)
        for labels, count in decided.items():
            DECISIONS.labels(*labels).inc(count)
        return outputs

    def _follow(self, view: StateView, record: SourceRecord, topic: str) -> list[Told]:
        """What follows from the record, in its order; the state is kept."""
        if record.key is None:
            raise PayloadInvalid("a record without a key, which names the message")
        data = view.get(record.key)
        before = None if data is None else decode_message(data)
        here = Here(record.key.decode("utf-8", "replace"), record.timestamp, self.world)
        state, told = before, list[Told]()
        for event in self._reader.events(topic, record, before):
            state, news = advance(state, event, here, self._rules)
            told += news
        if state is not before:
            self._keep(view, record.key, state)
        return told

    def _keep(self, view: StateView, key: bytes, state: MessageState | None) -> None:
        if state is None:
            view.put(key, None)
        elif state.plan is not None or self._reader.keeps_unplanned:
            due, held_since = due_ms(state, self._rules), held_since_ms(state)
            view.put(key, encode_message(state), due_ms=due, waits_since_ms=held_since)


def _output(record: SourceRecord, word: str, item: int, told: Told) -> Output:
    position = Position(record.topic, record.partition, record.offset, item)
    return Output(record.key or b"", encode(told), record.timestamp, with_id(HEADERS[word], position.event_id))


def rules_of(settings: Settings) -> Rules:
    fallback = settings.fallback
    return Rules(
        plan_within_ms=int(fallback.plans_may_come_late_s * 1000),
        outcome_within_ms=int(fallback.outcome_within_s * 1000),
        keep_ms=int(fallback.keep_decided_days * DAY_MS),
        keep_held_ms=int(fallback.keep_held_days * DAY_MS),
    )


def reader_of(settings: Settings) -> Reader:
    observed = frozenset((one.provider, one.name) for one in settings.connections if one.observe_only)
    keeps_unplanned = settings.fallback.plans_may_come_late_s > 0
    if settings.fallback.policies is None:
        return Reader(observed, keeps_unplanned=keeps_unplanned)
    file = PolicyFile(settings, SystemClock().monotonic)
    return Reader(observed, keeps_unplanned=keeps_unplanned, policy_of=lambda sent: file.current().applying_to(sent))


def _prepare(settings: Settings) -> Decide:
    return FallbackBatch(rules_of(settings), reader_of(settings), World(settings.budgets))


def _lookout(settings: Settings, decide: Decide) -> Lookout:
    watched: dict[str, timedelta | None] = {SUPPRESSIONS: None, HEALTH: HEALTH_COUNTS}
    if settings.budgets:
        watched[COMMANDS] = DAY
    return Tail(settings.kafka, watched, hear=cast("FallbackBatch", decide).world.hear, clock=SystemClock())


FALLBACK = Stage(
    name=NAME,
    reads=(MESSAGES, UPDATES, OUTCOMES, DUE),
    writes=(COMMANDS, DECISIONS_TOPIC),
    state="fallback-state",
    prepare=_prepare,
    due=DUE,
    watches=(SUPPRESSIONS, HEALTH, COMMANDS),
    lookout=_lookout,
)
