"""Which reports an attempt has had, within bounds."""

import os

from streams.track.seen import ENTRY, MOST, is_seen, remember, short_id

KEEP_S = 100


def seen_at(*moments: int) -> bytes:
    seen = b""
    for moment in moments:
        seen = remember(seen, ENTRY.pack(0, b"%08d" % moment)[4:], moment, keep_s=KEEP_S)
    return seen


def knows(seen: bytes, moment: int) -> bool:
    return is_seen(seen, b"%08d" % moment)


def test_what_was_seen_is_known_and_nothing_else():
    seen = seen_at(1, 2, 3)

    assert [knows(seen, moment) for moment in range(5)] == [False, True, True, True, False]


def test_what_is_too_old_is_forgotten():
    seen = seen_at(1000, 1050, 1101)

    assert [knows(seen, moment) for moment in (1000, 1050, 1101)] == [False, True, True]


def test_the_number_is_bounded_and_the_oldest_go_first():
    seen = seen_at(*[1000] * MOST, 1001)

    assert len(seen) == MOST * ENTRY.size
    assert knows(seen, 1001)


def test_an_id_that_lies_across_two_entries_is_none():
    seen = seen_at(1, 2)
    across = seen[6:14]

    assert seen.find(across) == 6
    assert not is_seen(seen, across)


def test_a_false_start_does_not_hide_the_true_one():
    event = os.urandom(8)
    seen = ENTRY.pack(0, b"\x00\x00" + event[:6]) + event[6:8] + b"\x00" * 2 + b"x" * 8
    seen = seen + ENTRY.pack(0, event)

    assert is_seen(seen, event)


def test_times_before_the_epoch_are_taken_as_the_epoch():
    assert is_seen(remember(b"", b"12345678", -5, keep_s=KEEP_S), b"12345678")


def test_ids_that_are_not_ours_stand_for_themselves():
    assert short_id("9f2d0c1be4f64c6f8a4c2f6d5b1a7e30") == bytes.fromhex("9f2d0c1be4f64c6f")
    assert len({short_id("not hex at all"), short_id("not hex either"), short_id("ab"), short_id("")}) == 4
