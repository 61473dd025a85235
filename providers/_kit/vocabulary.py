"""Facts in the words of the samples: JSON members that people read, and why each fact is what it is."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from providers._kit.codes import Code
from providers._kit.facts import InboundFact, SignalFact, StatusFact
from providers._kit.provider import Provider

Json = dict[str, Any]

CLICK = "click"


def status_in_words(fact: StatusFact) -> Json:
    """A report. What the provider did not give is left out, save for the members that every report has."""
    return {
        "fact": "status",
        "scope": fact.scope,
        "message_id": fact.message_id,
        "channel": fact.channel,
        "status": fact.status,
        "provider_code": fact.provider_code,
        "occurred_at": _instant(fact.occurred_at),
        "recipient": fact.recipient,
        "reason": fact.description,
        **_given(
            transaction_id=fact.root_id if fact.root_id != fact.message_id else None,
            external_id=fact.external_id,
            error_code=fact.error_code,
            permanent=fact.is_permanent,
            part_id=fact.part,
            parts=fact.parts_count if fact.parts_count != 1 else None,
            failure=fact.reason,
            may_fall_back=fact.may_fall_back or None,
            sent_at=_instant(fact.sent_at),
            sender=fact.sender,
            operator=fact.operator,
            campaign=fact.campaign,
            price=None if fact.price is None else str(fact.price),
            currency=fact.currency,
        ),
    }


def inbound_in_words(fact: InboundFact) -> Json:
    """What a person sent to us."""
    return {
        **fact.extras,
        "fact": "inbound",
        "message_id": fact.message_id,
        "channel": fact.channel,
        "inbound_kind": fact.kind,
        "occurred_at": _instant(fact.occurred_at),
        "from": fact.author,
        "to": fact.addressee,
        "text": fact.text,
        "media_url": fact.media_url,
        "reply_to": fact.reply_to,
        **_given(user_id=fact.author_id, part=fact.part),
    }


def signal_in_words(fact: SignalFact) -> Json:
    """A click, or any other event around a message."""
    kind = {"fact": CLICK} if fact.kind == CLICK else {"fact": "event", "event": fact.kind}
    return {
        **fact.extras,
        **kind,
        "message_id": fact.message_id,
        "channel": fact.channel,
        "occurred_at": _instant(fact.occurred_at),
        **_given(recipient=fact.recipient),
    }


def reasons_of(provider: Provider[Any], fact: StatusFact) -> list[str]:
    """Which rows of the code table made the fact's status, and what they mean."""
    rows = provider.deciding_rows(fact) if provider.deciding_rows else _rows_of_code(provider, fact.provider_code)
    if not rows:
        return [f"no row of {provider.slug}/codes.csv has {fact.provider_code}: unknown, and it starts no fallback"]
    return [_in_words(row, fact) for row in rows]


def _rows_of_code(provider: Provider[Any], code: str) -> Sequence[Code]:
    return [row for row in provider.codes.rows if row.code == code]


def _in_words(row: Code, fact: StatusFact) -> str:
    consequences = [
        row.status or "says nothing about a status",
        *([row.reason] if row.reason else []),
        *([] if row.is_permanent is None else ["permanent" if row.is_permanent else "temporary"]),
        *(["another channel may cure it"] if row.may_fall_back and fact.may_fall_back else []),
    ]
    return f"{row.scale} {row.code} = {', '.join(consequences)}: {row.meaning} ({row.source})"


def _given(**members: object) -> Json:
    return {name: value for name, value in members.items() if value is not None}


def _instant(moment: datetime | None) -> str | None:
    """As UTC with a Z."""
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
