"""Records of a fetch are what aiokafka would make of them, but for what nobody asks for."""

import inspect
from itertools import islice

import pytest
from aiokafka.consumer import fetcher
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.structs import TopicPartition

from runtime.fetched import MADE_FOR_EACH_ANSWER, FetchedRecord, FetchedRecords, lighten_records

CHECK_CRCS = True
PLACE = TopicPartition("t-updates-v1", 3)
ROWS = [
    (b"key", b"value", 1_700_000_000_000, [("ce_id", b"1"), ("verdict", b"applied")]),
    (None, b"no key", 1_700_000_000_001, []),
    (b"forgotten", None, 1_700_000_000_002, [("ce_id", b"3")]),
    (b"key", b"", 1_700_000_000_003, []),
]
THEIRS = fetcher.PartitionRecords if fetcher.PartitionRecords is not FetchedRecords else FetchedRecords.__base__


def answer(kind, *, fetch_offset=0):
    batch = BatchBuilder(1 << 16, 0)
    for key, value, timestamp, headers in ROWS:
        batch.append(key=key, value=value, timestamp=timestamp, headers=headers)
    return kind(PLACE, MemoryRecords(bytes(batch._build())), None, fetch_offset, None, None, CHECK_CRCS, 0)


@pytest.mark.parametrize("fetch_offset", [0, 2])
def test_they_say_what_the_clients_own_say(fetch_offset):
    told = list(answer(FetchedRecords, fetch_offset=fetch_offset))
    theirs = list(answer(THEIRS, fetch_offset=fetch_offset))

    assert [record.offset for record in told] == list(range(fetch_offset, len(ROWS)))
    for name in FetchedRecord.__struct_fields__:
        assert [getattr(one, name) for one in told] == [
            list(value) if name == "headers" else value for value in (getattr(one, name) for one in theirs)
        ]


def test_what_was_not_taken_at_once_follows_and_the_place_moves_with_it():
    records = answer(FetchedRecords)
    first = list(islice(records, 2))

    assert records.next_fetch_offset == 2
    assert [record.offset for record in [*first, *records]] == [0, 1, 2, 3]
    assert records.next_fetch_offset == 4


def test_the_client_makes_them_for_each_answer():
    lighten_records()

    assert getattr(fetcher, MADE_FOR_EACH_ANSWER) is FetchedRecords
    assert f"= {MADE_FOR_EACH_ANSWER}(" in inspect.getsource(fetcher.Fetcher._proc_fetch_request)
    assert "for msg in self._partition_records:" in inspect.getsource(fetcher.FetchResult.getall)
    assert "yield consumer_record" in inspect.getsource(THEIRS._unpack_records)
