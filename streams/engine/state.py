"""What a stage remembers: bytes in memory, and the same bytes in a compacted changelog.

Every entry begins with a stamp: the epoch of the owner that wrote it, and how far each input topic was applied when it
did. The stamp answers two questions without knowing the stage's format. Was this record applied to this entry already
(a crash can leave the entries of a batch written and its marks not)? And which of two entries is the younger one: an
owner that lost its partition unnoticed may write behind its successor, so what counts when a changelog is read back is
the higher epoch, and only within one epoch the later record.
"""

from collections.abc import Iterable, Sequence
from struct import Struct

from streams.engine.marks import Marks, decode_marks, encode_marks
from streams.engine.stage import SourceRecord

MARKS_KEY = b"\x00marks"
"""No stage's key begins with a zero byte."""

Change = tuple[bytes, bytes | None]


class PartitionState:
    """The state of one partition, and the view that the stage is given of it."""

    def __init__(self, reads: Sequence[str]) -> None:
        self.marks = Marks(turn=reads[0])
        self.epoch = 0
        self._reads = reads
        self._stamp = Struct(f">I{len(reads)}q")
        self._entries: dict[bytes, bytes] = {}
        self._changed: dict[bytes, bytes | None] = {}
        self._highest_epoch = 0
        self._marks_epoch = -1

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: bytes) -> bytes | None:
        if key in self._changed:
            return self._changed[key]
        entry = self._entries.get(key)
        return None if entry is None else entry[self._stamp.size :]

    def put(self, key: bytes, value: bytes | None) -> None:
        self._changed[key] = value

    def unapplied(self, topic: str, records: Iterable[SourceRecord]) -> list[SourceRecord]:
        """Those of `records` that the entry under their key does not contain yet."""
        place = 1 + self._reads.index(topic)
        entries, unpack = self._entries, self._stamp.unpack_from
        return [
            record
            for record in records
            if record.key is None or (entry := entries.get(record.key)) is None or unpack(entry)[place] < record.offset
        ]

    def changes(self) -> list[Change]:
        """What has to be written to the changelog for this batch, once per key, the marks last.

        The marks vouch for the entries, and order within a partition is kept: who reads the marks has read the entries.
        """
        applied = [self.marks.applied.get(topic, -1) for topic in self._reads]
        stamp = self._stamp.pack(self.epoch, *applied)
        written: list[Change] = []
        for key, value in self._changed.items():
            entry = None if value is None else stamp + value
            if entry is None:
                self._entries.pop(key, None)
            else:
                self._entries[key] = entry
            written.append((key, entry))
        self._changed.clear()
        written.append((MARKS_KEY, stamp + encode_marks(self.marks)))
        return written

    def current(self, keys: Iterable[bytes]) -> list[Change]:
        """What stands under `keys` now, to be written again over what somebody else wrote there."""
        return [(key, self._entries.get(key)) for key in keys if key != MARKS_KEY]

    def load(self, key: bytes, entry: bytes | None) -> None:
        """Take one record of the changelog, in its order."""
        if entry is None:
            self._entries.pop(key, None)
            return
        epoch = self._epoch_of(entry)
        self._highest_epoch = max(self._highest_epoch, epoch)
        if key == MARKS_KEY:
            self._load_marks(epoch, entry)
        elif (known := self._entries.get(key)) is None or self._epoch_of(known) <= epoch:
            self._entries[key] = entry

    def begin(self, generation: int) -> None:
        """Own the partition from now on, under an epoch above all that were seen in its changelog."""
        # Generations grow for as long as the group lives; after a group was deleted they start again.
        self.epoch = max(generation, self._highest_epoch + 1)

    def _load_marks(self, epoch: int, entry: bytes) -> None:
        if epoch >= self._marks_epoch:
            self._marks_epoch = epoch
            self.marks = decode_marks(entry[self._stamp.size :])

    @staticmethod
    def _epoch_of(entry: bytes) -> int:
        return int.from_bytes(entry[:4], "big")
