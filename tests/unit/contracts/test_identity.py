"""Identities are the same on every machine, and differ where the facts differ."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.identity import (
    attempt_id,
    attempt_key,
    derived_message_id,
    keyed_message_id,
    new_message_id,
    report_event_id,
)
from contracts.status import DeliveryStatus
from contracts.vocabulary import Channel

AT = datetime(2026, 11, 21, 10, 0, 0, 250_000, tzinfo=UTC)
FACT = {
    "provider_message_id": "vb-7003",
    "part": None,
    "channel": Channel.VIBER,
    "said": (DeliveryStatus.DELIVERED, "5"),
    "occurred_at": AT,
}


def of(origin=("infobip", "main"), **changed):
    fact = FACT | changed
    return report_event_id(origin, fact.pop("provider_message_id"), **fact)


def test_an_event_id_never_changes_between_releases():
    assert of() == "e8d680f6f47ac54fa55d5a03bdbcb58e"


def test_the_instant_counts_not_its_spelling():
    assert of(occurred_at=AT.astimezone(timezone(timedelta(hours=-3)))) == of()


@pytest.mark.parametrize(
    "changed",
    [
        {"origin": ("infobip", "other")},
        {"origin": ("telesign", "main")},
        {"provider_message_id": "vb-7004"},
        {"part": "1"},
        {"channel": None},
        {"channel": Channel.SMS},
        {"said": (DeliveryStatus.DELIVERED, "2")},
        {"said": (DeliveryStatus.SEEN, "5")},
        {"occurred_at": None},
        {"occurred_at": AT + timedelta(microseconds=1)},
    ],
    ids=lambda changed: f"another {next(iter(changed))} is another fact",
)
def test_what_differs_has_another_identity(changed):
    assert of(**changed) != of()


def test_an_empty_part_is_not_a_missing_part():
    assert of(part="") != of(part=None)


@given(st.integers(0, 2**48 - 1), st.binary())
def test_attempt_ids_are_version_7_carry_the_time_and_are_deterministic(timestamp_ms, key):
    made = UUID(attempt_id(timestamp_ms, key))

    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert made.int >> 80 == timestamp_ms
    assert str(made) == attempt_id(timestamp_ms, key)


@given(st.integers(0, 2**48 - 2))
def test_later_ids_sort_later(timestamp_ms):
    assert attempt_id(timestamp_ms, b"z") < attempt_id(timestamp_ms + 1, b"a")
    assert new_message_id(timestamp_ms) < new_message_id(timestamp_ms + 1)


def test_the_attempt_and_its_message_have_different_ids():
    key = attempt_key("telesign", "main", "A1")

    assert attempt_id(1, key) != derived_message_id(1, key)


def test_the_ids_under_a_key_are_the_same_for_ever_and_version_8():
    made = keyed_message_id("default", "order-1207", 0)

    assert made == "f86f600a-e009-8ce5-b350-628fbd531241"
    assert UUID(made).version == 8


@pytest.mark.parametrize(
    "other", [("other", "order-1207", 0), ("default", "order-1208", 0), ("default", "order-1207", 1)]
)
def test_another_account_key_or_place_is_another_message(other):
    assert keyed_message_id(*other) != keyed_message_id("default", "order-1207", 0)
