"""Replays as they are asked for, checked and made into what is carried out."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict, Field

from api.admission.access import Caller
from api.problems import CONNECTION_UNKNOWN, Refused
from api.questions.dead_letters import origins_of
from api.questions.spans import span_of
from api.replays.jobs import Wanted
from api.texts import Slug
from api.times import Moment
from runtime.settings import Connection

LONGEST = timedelta(days=100)


class ReplayAsked(BaseModel):
    """Which callbacks of the archive are normalised once more."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    from_: Moment = Field(alias="from", description="Callbacks received at this moment or later,")
    to: Moment = Field(description="and before this moment; at most 100 days.")
    provider: Slug | None = Field(None, description="Only those of this provider.")
    connection: Slug | None = Field(None, description="Only those of connections of this name.")
    dry_run: bool = Field(
        default=False, description="Only say what would change. Look first: a replay takes nothing back."
    )

    def wanted(self, caller: Caller, connections: Sequence[Connection], now: datetime) -> Wanted:
        """What is to be carried out for this caller, who has only what came by the connections of its accounts.

        Raises the problem that names a span that makes no sense, or that no such connection is the caller's: of one
        that nobody has configured a replay would only put everything aside once more.
        """
        begin, end = span_of(
            (self.from_, self.to), now, usual=LONGEST, longest=LONGEST, advice="replay it in parts", place="body"
        )
        self._require_known(caller, connections)
        return Wanted(
            begin=begin,
            end=end,
            provider=self.provider,
            connection=self.connection,
            accounts=caller.accounts,
            origins=origins_of(caller, connections),
            is_dry_run=self.dry_run,
        )

    def _require_known(self, caller: Caller, connections: Sequence[Connection]) -> None:
        seen = [one for one in connections if caller.may_see(one.account)]
        is_all = caller.accounts is None and self.provider is None and self.connection is None
        if is_all or any(self._means(one) for one in seen):
            return
        names = ", ".join(f"{one.provider}/{one.name}" for one in seen) or "none"
        raise Refused(CONNECTION_UNKNOWN, f"No connection is known that is meant; there are: {names}.")

    def _means(self, connection: Connection) -> bool:
        return self.provider in {None, connection.provider} and self.connection in {None, connection.name}
