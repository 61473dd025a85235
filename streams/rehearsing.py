"""What would be made of callbacks today: asked over the local port, answered by the normaliser as it runs here.

Nothing is written and nothing is counted.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from aiohttp import web

from contracts.archived import DEAD_LETTER, Archived, Item
from contracts.codec import decode
from contracts.errors import PayloadInvalid
from contracts.raw import read_callback
from contracts.records import DeadLetter, DeliveryReport, InboundMessage, Signal
from contracts.vocabulary import DeadLetterKind
from providers import load_providers
from providers._kit.provider import Provider
from runtime.settings import Settings
from streams.engine.stage import Stage
from streams.normalise.normaliser import Fact, Normaliser
from streams.normalise.stage import NORMALISE

_callbacks = msgspec.json.Decoder(list[Archived])


def routes_of(
    stages: Sequence[Stage], settings: Settings, providers: Mapping[str, Provider[Any]] | None = None
) -> list[web.RouteDef]:
    """`POST /rehearse`, where normalise runs: callbacks in, the items of each out."""
    if NORMALISE.name not in {stage.name for stage in stages}:
        return []
    normaliser = Normaliser(load_providers() if providers is None else providers, settings.connections)

    async def rehearse(request: web.Request) -> web.Response:
        try:
            callbacks = _callbacks.decode(await request.read())
        except (msgspec.MsgspecError, UnicodeDecodeError) as exc:
            return web.json_response({"wrong": f"not a list of callbacks: {exc}"}, status=400)
        told = [items_of(normaliser, one) for one in callbacks]
        return web.Response(body=msgspec.json.encode(told), content_type="application/json")

    return [web.post("/rehearse", rehearse)]


def items_of(normaliser: Normaliser, callback: Archived) -> list[Item]:
    """The items of a callback as they would be now."""
    try:
        read = read_callback(callback.value, callback.timestamp, callback.headers)
    except PayloadInvalid as exc:
        return [Item(DEAD_LETTER, 0, None, f"{DeadLetterKind.UNREADABLE}: {exc}")]
    facts = normaliser.normalise(read, callback.partition, offset=callback.offset)
    return [_item(index, fact) for index, fact in enumerate(facts)]


def _item(index: int, fact: Fact) -> Item:
    match fact.topic:
        case "reports":
            report = decode(DeliveryReport, fact.value)
            return Item("report", index, report.event_id, f"{report.status} (code {report.provider_code})")
        case "inbound":
            message = decode(InboundMessage, fact.value)
            return Item("inbound", index, message.event_id, message.kind)
        case "signals":
            signal = decode(Signal, fact.value)
            return Item("signal", index, signal.event_id, signal.kind)
        case _:
            letter = decode(DeadLetter, fact.value)
            return Item(DEAD_LETTER, index, None, f"{letter.kind}: {letter.reason}")
