"""The command: what would be taken out, the question whether, the steps, and an answer that says what is left."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import typer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from pydantic import TypeAdapter, ValidationError

from analytics.archive.archivist import Archivist
from analytics.erasure.eraser import Erased, Eraser
from analytics.sink.pseudonyms import load_hash_key
from api.admission.audit_log import Deed
from api.people import Person
from contracts.errors import BrokerUnavailable, ConfigurationInvalid
from contracts.people import masked
from runtime.clock import SystemClock
from runtime.exits import Exit
from runtime.logging import configure_logging
from runtime.settings import Settings, load_settings
from tidings.at_work import at_work
from tidings.audit import written_down
from tidings.erase.retention import forgotten_at, told_by_kafka
from tidings.erase.state import CLIENT, WISHES, Keys, counted, forget, remembered, require_rest
from tidings.installation import at_its_kafka

_person = TypeAdapter(Person).validate_python


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What a user asks for."""

    dry_run: bool = False
    yes: bool = False
    """Without being asked."""
    wishes_too: bool = False


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What was done, or would be, and what is left until when."""

    person: str
    is_dry_run: bool
    files: Erased
    state: dict[str, int]
    """Keys that were removed, by topic."""
    wishes_kept: int
    readable: list[str]
    """Where the person can still be read; empty when it is proven that nowhere."""
    forgets_at: dict[str, datetime | None]
    """Until when each topic may still have the number."""

    @property
    def as_json(self) -> dict[str, object]:
        return {
            "person": self.person,
            "is_dry_run": self.is_dry_run,
            "archive": self.files.archive,
            "store": {"rows": self.files.store.rows, "cells": self.files.store.cells},
            "store_copies_removed": self.files.copies_removed,
            "exports_removed": self.files.exports_removed,
            "state": self.state,
            "wishes_kept": self.wishes_kept,
            "readable": self.readable,
            "kafka_forgets_at": {word: at and at.isoformat() for word, at in self.forgets_at.items()},
            "forgotten_at": self.forgotten_at and self.forgotten_at.isoformat(),
        }

    @property
    def forgotten_at(self) -> datetime | None:
        """When the last topic has forgotten; null when one never does."""
        times = list(self.forgets_at.values())
        return max((at for at in times if at), default=None) if all(times) else None


def run(config: Path | None, text: str, wishes: Wishes, *, as_json: bool) -> Exit:
    """Erase the person. Exit status 1 when the person can still be read in something that this installation keeps."""
    settings = at_its_kafka(load_settings(config))
    configure_logging("erase", level="WARNING")
    eraser = Eraser(
        settings, SystemClock(), person_of(text), hash_key=load_hash_key(settings), wishes_too=wishes.wishes_too
    )
    if not (wishes.dry_run or wishes.yes):
        typer.confirm(
            f"{masked(eraser.spelling.person)} is erased for good, and no backup from here on brings it back. Go on?",
            abort=True,
        )
    with at_work("reading all that is kept"):
        answer = asyncio.run(erase(settings, eraser, wishes))
    typer.echo(json.dumps(answer.as_json, indent=2) if as_json else "\n".join(said(answer)))
    return Exit.FAILED if answer.readable and not wishes.dry_run else Exit.DONE


async def erase(settings: Settings, eraser: Eraser, wishes: Wishes) -> Answer:
    """All of it, or a look at it.

    Raises `ErasureRefused`, `StoreUnavailable`, `BrokerUnavailable`, and `ConfigurationInvalid` by another key.
    """
    async with _admin(settings) as admin:
        await require_rest(admin, settings)
        found = await remembered(settings, eraser.spelling)
        kept = {} if wishes.wishes_too else {word: found.pop(word) for word in WISHES & found.keys()}
        files = eraser.look() if wishes.dry_run else await _erase(settings, eraser, found)
        return Answer(
            person=masked(eraser.spelling.person),
            is_dry_run=wishes.dry_run,
            files=files,
            state=counted(found),
            wishes_kept=sum(counted(kept).values()),
            readable=eraser.still_readable(),
            forgets_at=await _times(admin, settings, kept),
        )


async def _erase(settings: Settings, eraser: Eraser, found: Mapping[str, Keys]) -> Erased:
    """Written down first, so that nothing is done of which nobody can tell."""
    written_down(settings.data_dir, Deed.PERSON_ERASED, person=f"{eraser.pseudonym:016x}")
    files = await eraser.erase(Archivist(settings, SystemClock()))
    await forget(settings, found)
    return files


def person_of(text: str) -> str:
    """A number as we keep it, or an id; raises `ConfigurationInvalid`."""
    try:
        return _person(text)
    except ValidationError as exc:
        advice = exc.errors()[0]["msg"].removeprefix("Value error, ")
        raise ConfigurationInvalid(f"this is neither a number nor an id: {advice}") from exc


def said(answer: Answer) -> list[str]:
    """The answer in lines for people."""
    verb = "would be" if answer.is_dry_run else "was"
    files = answer.files
    lines = [f"{answer.person}: {verb} taken out of"]
    lines += [f"  archive/{word}: {count} records" for word, count in files.archive.items()]
    lines += [f"  store, {name}: {count} rows" for name, count in files.store.rows.items()]
    lines += [f"  store, {name}: {count} cells blanked" for name, count in files.store.cells.items()]
    lines += [f"  {word}: {count} keys" for word, count in answer.state.items()]
    if not answer.is_dry_run:
        lines += [f"removed: {files.copies_removed} copies of the store, {files.exports_removed} exports"]
    if answer.wishes_kept:
        lines += [f"kept: {answer.wishes_kept} keys of wishes not to be written to; --wishes-too forgets them as well"]
    lines += [f"can still be read: {place}" for place in answer.readable]
    if not answer.readable:
        lines += ["proven: in no file of this installation can the person be read"]
    return [*lines, _until(answer)]


def _until(answer: Answer) -> str:
    if answer.forgotten_at is not None:
        return f"Kafka has forgotten what came until now at {answer.forgotten_at:%Y-%m-%d %H:%M} UTC at the latest"
    endless = ", ".join(word for word, at in answer.forgets_at.items() if at is None)
    return f"Kafka gives no time for {endless}: what stands there stays until it is compacted or removed by hand"


async def _times(
    admin: AIOKafkaAdminClient, settings: Settings, kept: Mapping[str, Keys]
) -> dict[str, datetime | None]:
    now = SystemClock().now()
    told = await told_by_kafka(admin, settings.kafka)
    return {word: None if word in kept else forgotten_at(config, now) for word, config in sorted(told.items())}


@asynccontextmanager
async def _admin(settings: Settings) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka.bootstrap_servers, client_id=CLIENT)
    try:
        await admin.start()
        yield admin
    except (KafkaError, TimeoutError) as exc:
        raise BrokerUnavailable(f"Kafka at {settings.kafka.bootstrap_servers} does not answer: {exc!r}") from exc
    finally:
        await admin.close()
