"""What speaks against sends, as far as this process knows: who wants no messages, what is ill, what is spent."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from contracts.codec import decode
from contracts.errors import PayloadInvalid
from contracts.plans import ConnectionHealth, SendCommanded, read_command
from contracts.suppressions import SuppressionList
from runtime.settings import Budget
from streams.engine.moments import DAY_MS, ms_of
from streams.engine.stage import SourceRecord
from streams.engine.unreadable import tell_unreadable

SUPPRESSIONS, HEALTH, COMMANDS = "suppressions", "health", "commands"


class World:
    """Told by the topics of these names, record by record; asked by the stage."""

    def __init__(self, budgets: Iterable[Budget] = ()) -> None:
        self._suppressions = SuppressionList()
        self._ill_until_ms: dict[tuple[str, str], int] = {}
        self._most = {(budget.account, budget.name): budget.most_sends_per_day for budget in budgets}
        self._counted: dict[tuple[str, str], dict[int, set[int]]] = defaultdict(dict)
        """By budget and day, the sends in short. A day that is full is not added to."""

    def hear(self, topic: str, records: Sequence[SourceRecord]) -> None:
        """Records of one partition, in order; what cannot be read tells nothing."""
        for record in records:
            try:
                self.take(topic, record.key or b"", record.value, record.timestamp)
            except PayloadInvalid as exc:
                # Whoever wrote it counts it as a dead letter, or the store keeps it as unreadable.
                tell_unreadable(record, exc)

    def take(self, topic: str, key: bytes, value: bytes | None, at_ms: int) -> None:
        """One record; raises `PayloadInvalid` when it cannot be read."""
        if topic == SUPPRESSIONS:
            self._suppressions.take(key, value)
        elif topic == HEALTH:
            self._take_health(decode(ConnectionHealth, value or b""))
        elif topic == COMMANDS and isinstance(told := read_command(value or b""), SendCommanded):
            self.count(told, at_ms)

    def count(self, commanded: SendCommanded, at_ms: int) -> None:
        """Against its budget, once however often it is told."""
        name = commanded.account, commanded.budget or ""
        if name not in self._most:
            return
        days, day = self._counted[name], at_ms // DAY_MS
        sends = days.setdefault(day, set())
        if len(sends) < self._most[name]:
            sends.add(hash(commanded.send_id))
        for past in [one for one in days if one < day - 1]:
            del days[past]

    def has_opted_out(self, account: str, sender: str, *, recipient: str) -> bool:
        return self._suppressions.find(account, sender, recipient=recipient) is not None

    def is_spent(self, account: str, budget: str, *, send_id: str, at_ms: int) -> bool:
        """A budget that the settings do not know has no limit."""
        if (most := self._most.get((account, budget))) is None:
            return False
        sends = self._counted[account, budget].get(at_ms // DAY_MS, set())
        return len(sends) >= most and hash(send_id) not in sends

    def is_ill(self, provider: str, connection: str, *, at_ms: int) -> bool:
        return at_ms < self._ill_until_ms.get((provider, connection), 0)

    def _take_health(self, health: ConnectionHealth) -> None:
        self._ill_until_ms[health.provider, health.connection] = ms_of(health.until) if health.is_ill else 0
