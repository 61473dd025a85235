"""The steps of an erasure in the files of one installation. Each may be broken off, and all of it begun again."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from analytics.archive.archivist import TOPICS
from analytics.archive.erasing import Blanking
from analytics.archive.keys import FileKeys
from analytics.archive.reading import Shelves
from analytics.archive.shelf import Shelf
from analytics.erasure.renewal import renew
from analytics.erasure.rows import Forgetting, Forgotten, places_of
from analytics.erasure.scan import readable
from analytics.erasure.spelling import Spelling
from analytics.sink.pseudonyms import keep_to
from analytics.store.database import Connection, Database, transaction
from contracts.people import recipient_hash
from contracts.topics import load_topics
from runtime.clock import Clock
from runtime.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Erased:
    """What was taken out of the files, or what would be."""

    archive: dict[str, int]
    """Records, by topic."""
    store: Forgotten
    copies_removed: int = 0
    """Of the store."""
    exports_removed: int = 0


class CatchesUp(Protocol):
    """What brings the archive up to Kafka: `analytics.archive.archivist.Archivist`."""

    async def turn(self, *, at_once: bool = False) -> None: ...


class Eraser:
    """Takes one person out. While it does, nobody else may have the store, and with it nobody writes the archive.

    Raises `ConfigurationInvalid` when the store knows people by another key than `hash_key`.
    """

    def __init__(
        self, settings: Settings, clock: Clock, person: str, *, hash_key: bytes, wishes_too: bool = False
    ) -> None:
        """With `wishes_too` it is forgotten as well that the person does not want to be written to."""
        self._settings = settings
        self._clock = clock
        self.spelling = Spelling(person)
        self._hash_key = hash_key
        self.pseudonym = int(recipient_hash(hash_key, person), 16)
        self._forgetting = Forgetting(self.spelling, self.pseudonym, wishes_too)
        self._archive = settings.data_dir / settings.archive.path
        self._exports = settings.data_dir / settings.exports.path

    def look(self) -> Erased:
        """What an erasure would take out; nothing is changed. Raises `StoreUnavailable` while another has the store."""
        with self._connected() as connection:
            about = places_of(connection, self.pseudonym)
            connection.begin()
            rows = self._forgetting.run(connection)
            connection.rollback()
        found = {}
        for word, directory in self._shelves():
            blanking = self._blanking(word, about)
            for group in Shelves(directory).groups():
                blanking(group)
            found[word] = len(blanking.places)
        return Erased(archive=found, store=rows)

    async def erase(self, archivist: CatchesUp) -> Erased:
        """Take the person out of archive and store, and remove the copies of the store and the exports.

        Raises `StoreUnavailable` while another process has the store, and `BrokerUnavailable` without Kafka.
        """
        with self._connected() as connection:
            # What Kafka still has and the archive has not would be archived later, number and all.
            await archivist.turn(at_once=True)
            found = self._erase_archive(places_of(connection, self.pseudonym))
            with transaction(connection):
                rows = self._forgetting.run(connection)
        copies = renew(self._settings, self._clock)
        return Erased(archive=found, store=rows, copies_removed=copies, exports_removed=self._remove_exports())

    def still_readable(self) -> list[str]:
        """The proof: where the person can be read in what this installation keeps. Kafka's own files are left out."""
        folders = [self._settings.data_dir, self._archive, self._exports]
        return list(readable(folders, self.spelling, apart=[self._settings.data_dir / "broker"]))

    def _erase_archive(self, about: frozenset[tuple[int, int]]) -> dict[str, int]:
        found = {}
        for word, directory in self._shelves():
            blanking = self._blanking(word, about)
            name = load_topics()[word].full_name(self._settings.kafka.topic_prefix)
            Shelf(directory, name, self._clock).rewrite(blanking)
            found[word] = len(blanking.places)
        FileKeys(self._archive).destroy_spare()
        return found

    def _blanking(self, word: str, about: frozenset[tuple[int, int]]) -> Blanking:
        return Blanking(self.spelling, about if word == "callbacks" else frozenset())

    def _shelves(self) -> Iterator[tuple[str, Path]]:
        for word in TOPICS:
            if (self._archive / word).exists():
                yield word, self._archive / word

    def _remove_exports(self) -> int:
        """All of them: each has pseudonyms of before, and may have words. They can be asked for again."""
        found: Sequence[Path] = [one for one in self._exports.glob("*") if one.is_dir()]
        for folder in found:
            shutil.rmtree(folder)
        return len(found)

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        database = Database(self._settings.data_dir / self._settings.store.path, self._settings.store)
        database.open()
        try:
            with closing(database.cursor()) as connection:
                keep_to(connection, self._hash_key)  # by another key nobody would be found
                yield connection
        finally:
            database.close()
