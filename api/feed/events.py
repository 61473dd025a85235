"""What is told of a record of `updates`: whether it is, of whom, and in which words."""

from collections.abc import Sequence
from enum import StrEnum
from functools import cached_property

import msgspec
import structlog
from pydantic import Field

from api.answers.messages import Change
from api.feed.bookmarks import Bookmark, mark_of
from api.feed.log import Record
from contracts.codec import decode
from contracts.envelope import VERDICT, header
from contracts.errors import PayloadInvalid
from contracts.records import AttemptRegistered, DeliveryReport, StatusChanged
from contracts.vocabulary import Verdict

STATUS_CHANGED = "status-changed"
TOLD = frozenset({Verdict.APPLIED.encode(), Verdict.REGISTERED.encode()})
"""What the others say has been said before, moves nothing, or is of an attempt that nobody has claimed yet."""

Said = DeliveryReport | AttemptRegistered

_written = msgspec.json.Encoder().encode

log = structlog.get_logger()


class Dimension(StrEnum):
    """What the feed can be narrowed to; each is a member of its events."""

    ACCOUNT = "account"
    PROVIDER = "provider"
    CONNECTION = "connection"
    CHANNEL = "channel"
    COUNTRY = "country"
    OPERATOR = "operator"
    CAMPAIGN = "campaign"
    SENDER = "sender"
    STATUS = "status"
    REASON = "reason"


SAID_OF_BOTH = tuple(one.value for one in Dimension if one is not Dimension.STATUS)
"""Members of an event, of which a report and a registration tell by these names, or not at all."""


class FeedEvent(Change):
    """The data of an event `status-changed`. Recipients are never shown."""

    verdict: Verdict = Field(
        description="`applied`, or `registered` when the registration came that earlier reports had waited for; "
        "`status` then is that of the attempt.",
        examples=["applied"],
    )
    update_id: str = Field(
        description="Of this change, for ever the same. After a crash of ours a change may come twice; then by this.",
        examples=["tidings-reports-v1/3/1207/0"],
    )
    account: str = Field(description="Whose it is.", examples=["default"])
    operator: str | None = Field(None, description="Mobile network as MCC and MNC digits.", examples=["23415"])
    campaign: str | None = Field(None, examples=["spring-sale"])
    sender: str | None = Field(None, examples=["ExampleShop"])
    latency_ms: int | None = Field(None, description="From sent to delivered, once both are known.", examples=[2500])


class Event:
    """A change that may be told; put into words when the first asks for it."""

    def __init__(
        self, update: StatusChanged, said: DeliveryReport | AttemptRegistered, *, ids: tuple[str, str]
    ) -> None:
        self.account = said.account
        self._update = update
        self._said = said
        self._update_id, self._mark = ids

    def value_of(self, dimension: Dimension) -> str | None:
        """What the event says of `dimension`."""
        if dimension is Dimension.STATUS and self._update.report is None:
            return self._update.status
        value: str | None = getattr(self._said, dimension.value, None)
        return value

    @cached_property
    def frame(self) -> bytes:
        """The event as it stands in the stream; its data is a `FeedEvent`."""
        # Not by way of the model: to check what we have just read takes ten times as long as to write it.
        return b"event: %s\ndata: %s\nid: %s\n\n" % (
            STATUS_CHANGED.encode(),
            _written(self._told()),
            self._mark.encode(),
        )

    def _told(self) -> dict[str, object]:
        update, report, said = self._update, self._update.report, self._said
        return {
            "received_at": said.received_at if isinstance(said, DeliveryReport) else said.registered_at,
            "occurred_at": report.occurred_at if report else None,
            "message_id": update.message_id or update.attempt_id,
            "attempt_id": update.attempt_id,
            "verdict": update.verdict,
            "status": report.status if report else update.status,
            "attempt_status": update.status,
            "previous_status": update.previous_status,
            "provider_code": report.provider_code if report else None,
            "is_conflict": update.is_conflict,
            "latency_ms": update.latency_ms,
            "update_id": self._update_id,
        } | {name: getattr(said, name, None) for name in SAID_OF_BOTH}


class Course:
    """A way through the log, on which events are met."""

    def __init__(self, begin: Bookmark) -> None:
        self._origin = begin.origin
        self._offsets = list(begin.offsets)

    @property
    def bookmark(self) -> Bookmark:
        """Behind all that was met."""
        return Bookmark(self._origin, tuple(self._offsets))

    def meet(self, partition: int, records: Sequence[Record]) -> list[Event]:
        """Go on behind `records`; the events among them, each with the bookmark behind it."""
        events = []
        for record in records:
            self._offsets[partition] = record.offset + 1
            # Most of what is not told is known by its header, and is not read.
            if header(record.headers, VERDICT) in TOLD and (event := self._event(partition, record)):
                events.append(event)
        return events

    def _event(self, partition: int, record: Record) -> Event | None:
        try:
            update = decode(StatusChanged, record.value or b"")
        except PayloadInvalid as exc:
            log.warning(
                "record_unreadable", topic="updates", partition=partition, offset=record.offset, reason=str(exc)
            )
            return None
        said = update.report or update.registration
        if said is None or (update.verdict is Verdict.REGISTERED and not update.released_applied_count):
            return None
        update_id = (header(record.headers, "ce_id") or b"").decode("utf-8", "replace")
        return Event(update, said, ids=(update_id, mark_of(self._origin, self._offsets)))
