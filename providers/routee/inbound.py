"""What people write to us, and how far campaigns have come."""

from types import MappingProxyType

from contracts.vocabulary import Channel, InboundKind
from providers._kit.facts import InboundFact, SignalFact
from providers._kit.reading import as_channel, as_content, as_e164, as_id, as_int, as_text, read_payload
from providers._kit.times import as_instant
from providers.routee.hints import Hint
from providers.routee.payloads import Inbound, Progress
from providers.routee.reports import external_id_of

CAMPAIGN_PROGRESS = "campaign_progress"
_MOST_STATUSES = 20

_KINDS = MappingProxyType(
    {
        **dict.fromkeys(("jpg", "jpeg", "png", "gif", "webp", "bmp", "heic"), InboundKind.IMAGE),
        **dict.fromkeys(("mp4", "m4v", "mov", "3gp", "3gpp", "avi", "webm"), InboundKind.VIDEO),
        **dict.fromkeys(("mp3", "m4a", "aac", "ogg", "oga", "wav", "amr"), InboundKind.AUDIO),
    }
)


def read_inbound(entry: dict[str, object], hint: Hint) -> InboundFact:
    """What a person wrote. A Viber message has no id of its own; what it says tells it apart."""
    payload = read_payload(Inbound, entry)
    media = as_text(payload.media)
    filename = as_text(payload.file_name_by_table if payload.file_name is None else payload.file_name)
    reference_id = as_id(payload.reference_tracking_id, "referenceTrackingId")
    campaign_id = as_id(payload.campaign_tracking_id, "campaignTrackingId")
    is_ours = hint.is_of_campaign and campaign_id is not None
    channel = _channel(payload)
    return InboundFact(
        # An SMS is a text, if an empty one.
        kind=InboundKind.TEXT if channel is Channel.SMS else _kind(payload, media, filename),
        message_id=as_id(payload.message_id, "messageId"),
        channel=channel,
        occurred_at=as_instant(payload.received_date if payload.sent_date is None else payload.sent_date),
        author=as_e164(payload.sender),
        author_id=None if as_e164(payload.sender) else as_id(payload.sender, "from"),
        addressee=as_e164(payload.recipient) or as_text(payload.recipient),
        text=as_content(payload.message),
        # Kept as it came: the addresses in their own example are not whole, and nobody fetches them unasked.
        media_url=media,
        reply_to=campaign_id if is_ours else reference_id,
        extras=_given(
            filename=filename,
            label=payload.label,
            external_id=hint.send_id or external_id_of(payload.label),
            campaign=payload.campaign_name,
            campaign_id=campaign_id,
            reference_id=reference_id if is_ours else None,
            parts=payload.parts_count,
        ),
    )


def read_progress(entry: dict[str, object]) -> SignalFact:
    """How far a campaign has come: about no single message, so nothing is counted by it."""
    payload = read_payload(Progress, entry)
    counts = payload.message_statuses if isinstance(payload.message_statuses, dict) else {}
    told = {
        f"count_{name.lower()}": str(count)
        for name, value in list(counts.items())[:_MOST_STATUSES]
        if (count := as_int(value)) is not None and len(name) <= 50 and name.isprintable()
    }
    return SignalFact(
        kind=CAMPAIGN_PROGRESS,
        extras={
            **told,
            **_given(
                campaign_id=payload.tracking_id,
                name=payload.name,
                total=payload.total_recipients,
                status=payload.campaign_status,
            ),
        },
    )


def _kind(payload: Inbound, media: str | None, filename: str | None) -> InboundKind:
    """There is no member that says it, so a file's ending must."""
    if media is None and filename is None:
        return InboundKind.TEXT if as_content(payload.message) else InboundKind.UNKNOWN
    ending = _ending(filename) or _ending((media or "").partition("?")[0].rpartition("/")[2])
    return _KINDS.get(ending, InboundKind.FILE) if ending or filename else InboundKind.UNKNOWN


def _ending(name: str | None) -> str:
    stem, dot, ending = (name or "").rpartition(".")
    return ending.lower() if stem and dot else ""


def _channel(payload: Inbound) -> Channel:
    channel = as_channel(payload.originating_service)
    if channel not in (None, Channel.OTHER):
        return channel
    return Channel.VIBER if payload.message_id is None and payload.received_date is None else Channel.SMS


def _given(**members: object) -> dict[str, str]:
    """The members that have a value, as text."""
    return {name: text for name, value in members.items() if (text := as_text(value))}
