"""Every producer of keyed topics must agree where a key belongs."""

from confluent_kafka import Producer
from hypothesis import given
from hypothesis import strategies as st

from runtime.partitioner import crc32_partitioner, partition_of


@given(st.binary(min_size=1), st.integers(1, 100))
def test_both_forms_agree(key, count):
    partitions = list(range(count))

    assert crc32_partitioner(key, partitions, partitions) == partition_of(key, count)


def test_a_key_never_moves():
    assert [partition_of(key, 12) for key in (b"telesign:main:A1", b"infobip:main:vb-7003", b"")] == [3, 11, 0]


def test_a_record_without_key_takes_an_available_partition():
    assert crc32_partitioner(None, [0, 1, 2], [2]) == 2
    assert crc32_partitioner(None, [0, 1, 2], []) == 0


def test_librdkafka_knows_the_same_function_by_name():
    Producer({"bootstrap.servers": "127.0.0.1:1", "partitioner": "consistent", "log_level": 0})
