"""What is told of a send that was not accepted, so that whoever wrote it can mend it."""

from datetime import UTC, datetime

import pytest

from contracts.errors import ProviderThrottled, RequestInvalid, SendError, SendInDoubt
from streams.dispatch.verdicts import refused
from tests.support.dispatching import command

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        pytest.param(RequestInvalid("sender: at most 20 characters"), "refused", id="which rule was broken"),
        pytest.param(ProviderThrottled("too many at once"), "throttled", id="why it was not taken now"),
        pytest.param(SendInDoubt("the line was cut"), "in_doubt", id="why nobody knows"),
    ],
)
def test_the_reason_is_told_and_not_the_class_alone(error: SendError, outcome: str):
    told = refused(command("m1"), error, NOW)

    assert (told.outcome, told.error, told.note) == (outcome, type(error).__name__, str(error))


def test_no_number_is_told_with_it():
    told = refused(command("m1"), SendInDoubt("not what it documents: to=447700900105"), NOW)

    assert told.note == "not what it documents: to=…"
