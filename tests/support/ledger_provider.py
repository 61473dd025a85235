"""A provider for tests of the stages: its callbacks say in so many words which facts they hold.

The body is a JSON list; each entry says what it `is` (`status`, `inbound`, `signal`, `rejected`) and has the members of
that fact. An entry `{"is": "bug"}` makes the adapter fail as a bug would.
"""

import json
from collections.abc import Sequence
from typing import Any

import msgspec

from contracts.errors import PayloadInvalid
from contracts.records import RawCallback
from providers._kit.codes import CodeTable
from providers._kit.facts import InboundFact, Item, RejectedItem, SignalFact, StatusFact
from providers._kit.provider import CallbackRequest, Provider, Verifier
from providers._kit.script import Script, SimulatedCallback
from providers._kit.settings import ConnectionSettings

SLUG = "ledger"
KINDS: dict[str, type[Any]] = {
    "status": StatusFact,
    "inbound": InboundFact,
    "signal": SignalFact,
    "rejected": RejectedItem,
}


class LedgerSettings(ConnectionSettings):
    """Nothing to tell it."""


def body_of(*entries: dict[str, Any]) -> bytes:
    return json.dumps(entries).encode()


def status(message_id: str, said: str, **members: Any) -> dict[str, Any]:
    """One status entry; the code is the status."""
    return {"is": "status", "message_id": message_id, "status": said, "provider_code": said, **members}


def normalise(callback: RawCallback) -> Sequence[Item]:
    try:
        entries = json.loads(callback.body)
    except ValueError as exc:
        raise PayloadInvalid(f"not JSON: {exc}") from exc
    return [_item(dict(entry)) for entry in entries]


def _item(entry: dict[str, Any]) -> Item:
    kind = entry.pop("is")
    if kind == "bug":
        raise RuntimeError("a bug in the adapter")
    item: Item = msgspec.convert(entry, KINDS[kind])
    return item


def _make_verifier(settings: LedgerSettings) -> Verifier:
    def verify(request: CallbackRequest) -> None:
        """Everybody is believed."""

    return verify


def _no_callbacks(script: Script, settings: LedgerSettings) -> Sequence[SimulatedCallback]:
    return ()


LEDGER = Provider(
    slug=SLUG,
    title="Ledger",
    settings=LedgerSettings,
    methods=frozenset({"POST"}),
    codes=CodeTable([]),
    make_verifier=_make_verifier,
    normalise=normalise,
    simulate=_no_callbacks,
)
