"""What a stage remembers: bytes in memory, and the same bytes in a compacted changelog.

Every entry begins with a stamp: the epoch of the owner that wrote it, and how far each input topic was applied when it
did. The stamp answers two questions without knowing the stage's format. Was this record applied to this entry already
(a crash can leave the entries of a batch written and its marks not)? And which of two entries is the younger one: an
owner that lost its partition unnoticed may write behind its successor, so what counts when a changelog is read back is
the higher epoch, and only within one epoch the later record.

Behind the stamp stand two times: when the entry is due, to the tenth of a second, and since which second it waits for
something. So they are read back without knowing the format either.
"""

from collections.abc import Iterable, Sequence
from struct import Struct

from streams.engine.agenda import Agenda
from streams.engine.marks import Marks, decode_marks, encode_marks
from streams.engine.stage import SourceRecord

MARKS_KEY = b"\x00marks"
"""No stage's key begins with a zero byte."""

UNTOLD_RECORDS = 1000
UNTOLD_MS = 60_000
"""So far, and for so long, an owner reads on without a word in its changelog while nothing follows from what it reads.
Who takes over must know how far behind the marks to look for what was in flight, and what somebody else has written
into a changelog is found when its owner writes. The first batch is always told of, and so under which epoch.
"""

Change = tuple[bytes, bytes | None]

_TIMES = Struct(">IBI")
_NO_TIMES = (0.0, 0)
_LAST_SECOND = 2**32 - 1


_Put = tuple[bytes | None, int, int]
"""What a stage has put under a key in this batch: the value, when it is due, and since when it waits, both in ms."""


class PartitionState:
    """The state of one partition, and the view that the stage is given of it."""

    def __init__(self, reads: Sequence[str]) -> None:
        self.marks = Marks(turn=reads[0])
        self.epoch = 0
        self._reads = reads
        self._stamp = Struct(f">I{len(reads)}q")
        self._body = self._stamp.size + _TIMES.size
        self._entries: dict[bytes, bytes] = {}
        self._changed: dict[bytes, _Put] = {}
        self.due = Agenda(lambda key: self._times_under(key)[0])
        self.waiting = Agenda(lambda key: self._times_under(key)[1])
        self._overwritten: set[bytes] = set()
        self._forgotten: dict[bytes, bytes] = {}
        """While loading: what the tombstones since the last marks have forgotten."""
        self._highest_epoch = 0
        self._marks_epoch = -1
        self.read_ms = 0
        """Kafka's time of the last record that was read."""
        self._told = (reads[0], -1, 0)
        """The turn of the marks that were last written, how far that topic was applied then, and `read_ms`."""

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: bytes) -> bytes | None:
        if key in self._changed:
            return self._changed[key][0]
        entry = self._entries.get(key)
        return None if entry is None else entry[self._body :]

    def put(self, key: bytes, value: bytes | None, /, *, due_ms: int = 0, waits_since_ms: int = 0) -> None:
        self._changed[key] = value, due_ms, waits_since_ms

    def unapplied(self, topic: str, records: Iterable[SourceRecord]) -> list[SourceRecord]:
        """Those of `records` that the entry under their key does not contain yet."""
        place = 1 + self._reads.index(topic)
        entries, unpack = self._entries, self._stamp.unpack_from
        return [
            record
            for record in records
            if record.key is None or (entry := entries.get(record.key)) is None or unpack(entry)[place] < record.offset
        ]

    def has_news(self) -> bool:
        """Whether the changelog has to be told of what was read, be it only because it is much or long ago."""
        turn, applied, read_ms = self._told
        return (
            bool(self._changed or self._overwritten)
            or self.marks.turn != turn
            or self.marks.applied.get(turn, -1) - applied >= UNTOLD_RECORDS
            or self.read_ms - read_ms >= UNTOLD_MS
        )

    def changes(self) -> list[Change]:
        """What has to be written to the changelog for this batch, once per key, the marks last.

        The marks vouch for the entries, and order within a partition is kept: who reads the marks has read the entries.
        """
        applied = [self.marks.applied.get(topic, -1) for topic in self._reads]
        stamp = self._stamp.pack(self.epoch, *applied)
        written = self.current(self._overwritten - self._changed.keys())
        self._overwritten.clear()
        for key, put in self._changed.items():
            written.append((key, self._change(key, put, stamp)))
        self._changed.clear()
        self._told = self.marks.turn, self.marks.applied.get(self.marks.turn, -1), self.read_ms
        written.append((MARKS_KEY, stamp + encode_marks(self.marks)))
        return written

    def _change(self, key: bytes, put: _Put, stamp: bytes) -> bytes | None:
        value, due_ms, waits_since_ms = put
        was_due, was_waiting = self._times_under(key)
        if value is None:
            entry, due, waits_since = None, *_NO_TIMES
            self._entries.pop(key, None)
        else:
            # Upwards, so that what is sent when it is due is never before the time that was asked for.
            times = _TIMES.pack(*_tenths(due_ms + 99), _tenths(waits_since_ms)[0])
            entry = self._entries[key] = b"%b%b%b" % (stamp, times, value)
            due, waits_since = self._times_under(key)
        if due != was_due:
            self.due.moved(key, was_due, due)
        if waits_since != was_waiting:
            self.waiting.moved(key, was_waiting, waits_since)
        return entry

    def current(self, keys: Iterable[bytes]) -> list[Change]:
        """What stands under `keys` now, to be written again over what somebody else wrote there."""
        return [(key, self._entries.get(key)) for key in keys if key != MARKS_KEY]

    def load(self, key: bytes, entry: bytes | None) -> None:
        """Take one record of the changelog, in its order."""
        if entry is None:
            if (known := self._entries.pop(key, None)) is not None:
                self._forgotten[key] = known
            return
        epoch = self._epoch_of(entry)
        self._highest_epoch = max(self._highest_epoch, epoch)
        if key == MARKS_KEY:
            self._load_marks(epoch, entry)
        elif (known := self._entries.get(key)) is None or self._epoch_of(known) <= epoch:
            self._entries[key] = entry
            self._overwritten.discard(key)
        else:  # what stands last is what compaction keeps, so the better one has to be written once more
            self._overwritten.add(key)

    def begin(self, generation: int) -> None:
        """Own the partition from now on, under an epoch above all that were seen in its changelog."""
        # Generations grow for as long as the group lives; after a group was deleted they start again.
        self.epoch = max(generation, self._highest_epoch + 1)
        self._forgotten.clear()
        for key in self._entries:
            due, waits_since = self._times_under(key)
            if due:
                self.due.moved(key, 0, due)
            if waits_since:
                self.waiting.moved(key, 0, waits_since)

    def _times_under(self, key: bytes) -> tuple[float, int]:
        """The second in which it is due, with its tenth, and the one since which it waits; 0 for none."""
        entry = self._entries.get(key)
        if entry is None:
            return _NO_TIMES
        second, tenth, waits_since = _TIMES.unpack_from(entry, self._stamp.size)
        return second + tenth / 10, waits_since

    def _load_marks(self, epoch: int, entry: bytes) -> None:
        # A tombstone has no stamp, and would forget what a later owner knows. The marks behind it tell whose it is.
        for key, known in self._forgotten.items():
            if self._epoch_of(known) > epoch and key not in self._entries:
                self._entries[key] = known
                self._overwritten.add(key)
        self._forgotten.clear()
        if epoch >= self._marks_epoch:
            self._marks_epoch = epoch
            self.marks = decode_marks(entry[self._stamp.size :])

    @staticmethod
    def _epoch_of(entry: bytes) -> int:
        return int.from_bytes(entry[:4], "big")


def _tenths(moment_ms: int) -> tuple[int, int]:
    """The second and the tenth in which the moment lies."""
    second, rest_ms = divmod(moment_ms, 1000)
    return (second, rest_ms // 100) if 0 <= second <= _LAST_SECOND else (0, 0) if second < 0 else (_LAST_SECOND, 0)
