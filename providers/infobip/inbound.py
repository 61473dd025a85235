"""What people send, and what happens around it: inbound messages, bot events, typing and clicks."""

from types import MappingProxyType

from contracts.vocabulary import Channel, InboundKind
from providers._kit.facts import InboundFact, SignalFact
from providers._kit.reading import as_content, as_e164, as_id, as_text, read_payload
from providers._kit.times import as_instant
from providers.infobip.channels import channel_of
from providers.infobip.payloads import BotPayload, ClickPayload, ContentPayload, InboundPayload
from providers.infobip.reports import as_external_id

_KINDS = MappingProxyType(
    {
        "TEXT": InboundKind.TEXT,
        "IMAGE": InboundKind.IMAGE,
        "VIDEO": InboundKind.VIDEO,
        "FILE": InboundKind.FILE,
        "DOCUMENT": InboundKind.FILE,
        "AUDIO": InboundKind.AUDIO,
        "VOICE": InboundKind.AUDIO,
        "LOCATION": InboundKind.LOCATION,
        "CONTACT": InboundKind.CONTACT,
        "STICKER": InboundKind.STICKER,
    }
)
_BOT_EVENTS = MappingProxyType(
    {
        # The platform's own delivery report comes as well; this one is the bot's, under an id of its own.
        "DELIVERED": "bot_delivered",
        "SUBSCRIBED": "subscribed",
        "UNSUBSCRIBED": "unsubscribed",
        "CONVERSATION_STARTED": "conversation_started",
    }
)
_BOT_MESSAGE = "MESSAGE"
_NO_CONTENT = ContentPayload()


def read_inbound(entry: dict[str, object], hint: str) -> InboundFact | SignalFact:
    """What a person sent in one piece, or an event of a bot; raises `PayloadInvalid` for wrong types."""
    payload = read_payload(InboundPayload, entry)
    message = payload.message
    if message is None:
        # An SMS has no object around its text.
        kind = "TEXT" if payload.text is not None else None
        return _message(payload, read_payload(ContentPayload, {**entry, "type": kind}), hint=hint)
    kind = type_of(message.get("type"))
    if kind == _BOT_MESSAGE:
        return _unwrapped(payload, read_payload(BotPayload, message), hint)
    if kind in _BOT_EVENTS or (kind not in _KINDS and _is_bot(payload, hint)):
        return _bot_event(payload, read_payload(BotPayload, message), hint)
    return _message(payload, read_payload(ContentPayload, message), hint=hint)


def read_contents(entry: dict[str, object], hint: str) -> list[InboundFact]:
    """The pieces of one message of the Messages API; raises `PayloadInvalid` when one of them cannot be read."""
    payload = read_payload(InboundPayload, entry)
    return [
        _message(payload, read_payload(ContentPayload, content), hint=hint, part=str(number))
        for number, content in enumerate(payload.content or [])
    ]


def read_typing(entry: dict[str, object], hint: str) -> SignalFact:
    """A person began or ceased to type."""
    payload = read_payload(InboundPayload, entry)
    return SignalFact(
        kind=type_of(payload.event).lower(),
        message_id=as_id(payload.message_id, "messageId"),
        channel=channel_of(payload.channel, hint=hint),
        occurred_at=as_instant(payload.received_at),
        recipient=as_e164(payload.sender),
        extras=_present(user_id=_opaque(payload.sender), sender=payload.destination),
    )


def read_click(entry: dict[str, object], hint: str) -> SignalFact:
    """A person followed a link. When is not said: the time in it is that of the send."""
    payload = read_payload(ClickPayload, entry)
    kind = type_of(payload.kind)
    sent_at = as_instant(payload.sent_at)
    return SignalFact(
        kind="click" if kind in {"CLICKED", ""} else kind.lower(),
        message_id=as_id(payload.message_id, "messageId"),
        channel=channel_of(hint=hint),
        recipient=as_e164(payload.recipient),
        extras=_present(
            url=payload.url,
            sent_at=sent_at and sent_at.isoformat().replace("+00:00", "Z"),
            external_id=as_external_id(payload.external_id),
        ),
    )


def _message(
    payload: InboundPayload,
    content: ContentPayload,
    *,
    hint: str,
    part: str | None = None,
    bot: BotPayload | None = None,
) -> InboundFact:
    kind = _KINDS.get(type_of(content.type), InboundKind.UNKNOWN)
    author = _author(payload)
    is_place = kind is InboundKind.LOCATION
    return InboundFact(
        kind=kind,
        message_id=as_id(payload.message_id, "messageId"),
        channel=channel_of(payload.channel, payload.integration_type, hint=hint) or _by_shape(payload, bot),
        occurred_at=(as_instant(bot.timestamp) if bot else None) or as_instant(payload.received_at),
        author=as_e164(author),
        author_id=_opaque(author),
        addressee=_addressee(payload),
        text=as_content(content.text or content.caption or content.text),
        # The address of a map is not a file that was sent.
        media_url=None if is_place else as_text(content.url),
        reply_to=as_id(payload.reply_to, "pairedMessageId"),
        part=part,
        extras=_present(
            type=content.type if kind is InboundKind.UNKNOWN else None,
            tracking=content.tracking,
            keyword=content.keyword or payload.keyword,
            clean_text=content.clean_text,
            file_name=content.file_name,
            latitude=content.latitude,
            longitude=content.longitude,
            map_url=content.url if is_place else None,
            external_id=as_external_id(payload.external_id),
        ),
    )


def _unwrapped(payload: InboundPayload, bot: BotPayload, hint: str) -> InboundFact:
    """What a person wrote to a bot, out of its second wrapping."""
    return _message(payload, bot.content or _NO_CONTENT, hint=hint, bot=bot)


def _bot_event(payload: InboundPayload, bot: BotPayload, hint: str) -> SignalFact:
    kind = type_of(bot.type)
    user = bot.user or bot.sender
    return SignalFact(
        kind=_BOT_EVENTS.get(kind) or f"bot_{kind.lower() or 'event'}",
        message_id=as_id(payload.message_id, "messageId"),
        channel=channel_of(payload.channel, payload.integration_type, hint=hint) or Channel.VIBER_BOT,
        occurred_at=as_instant(bot.timestamp) or as_instant(payload.received_at),
        recipient=as_e164(_author(payload)),
        extras=_present(
            user_id=bot.user_id or (user and user.id) or _opaque(_author(payload)),
            reply_to=payload.reply_to,
            message_token=bot.message_token,
            conversation_type=bot.conversation_type,
            context=bot.context,
        ),
    )


def _by_shape(payload: InboundPayload, bot: BotPayload | None) -> Channel | None:
    """Only bots wrap a message twice, and only an SMS has its text without an object around it."""
    if bot is not None:
        return Channel.VIBER_BOT
    return Channel.SMS if payload.message is None and payload.text is not None else None


def _is_bot(payload: InboundPayload, hint: str) -> bool:
    return channel_of(payload.channel, payload.integration_type, hint=hint) is Channel.VIBER_BOT


def _author(payload: InboundPayload) -> object:
    return payload.sender if payload.from_ is None else payload.from_


def _addressee(payload: InboundPayload) -> str | None:
    """Our number in E.164, or our name as it is written."""
    name = payload.destination if payload.to is None else payload.to
    return as_e164(name) or as_text(name)


def _opaque(person: object) -> str | None:
    """The person's id when it is no telephone number."""
    return None if as_e164(person) else as_id(person, "sender")


def type_of(value: object) -> str:
    return (as_text(value) or "").upper()


def _present(**members: object) -> dict[str, str]:
    """The members that have a value, as text."""
    return {name: text for name, value in members.items() if (text := as_text(value))}
