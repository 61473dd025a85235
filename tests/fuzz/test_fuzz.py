"""A few thousand of the cases of `make fuzz`, always the same."""

import pytest

from contracts.errors import PayloadInvalid
from providers import load_providers
from tests.fuzz.cases import specimens, spoilt, wrong_with

SEED, CASES, AT_ONCE = 7, 2000, 500


@pytest.mark.parametrize("begin", range(0, CASES, AT_ONCE))
def test_whatever_a_sample_becomes_it_ends_as_facts_or_dead_letters(begin):
    wrong = {
        number: found for number in range(begin, begin + AT_ONCE) if (found := wrong_with(spoilt(SEED, number)[1]))
    }

    assert wrong == {}


def test_the_same_seed_spoils_the_same_way():
    assert [spoilt(SEED, number) for number in range(50)] == [spoilt(SEED, number) for number in range(50)]
    assert spoilt(SEED, 1) != spoilt(SEED + 1, 1)


def test_every_provider_is_met():
    assert {spoilt(SEED, number)[0].provider for number in range(CASES)} == set(load_providers())


def test_samples_are_spoilt_and_not_only_replaced():
    """Else nothing of an adapter behind its first check would be seen."""
    cases = [spoilt(SEED, number) for number in range(300)]

    assert sum(not _is_refused(callback) for _, callback in cases) > 100
    assert sum(callback != specimen.callback for specimen, callback in cases) > 280


def _is_refused(callback) -> bool:
    try:
        return not load_providers()[callback.provider].normalise(callback)
    except PayloadInvalid:
        return True


def test_samples_are_as_they_should_be_before():
    assert [specimen.name for specimen in specimens() if wrong_with(specimen.callback)] == []


@pytest.fixture
def careless(monkeypatch):
    """An adapter that trusts what it reads."""
    slug = next(iter(load_providers()))
    broken = type(load_providers()[slug])(
        **{**vars(load_providers()[slug]), "normalise": lambda callback: [{}["status"]]}
    )
    monkeypatch.setattr("tests.fuzz.cases.load_providers", lambda: {slug: broken})
    return slug


def test_an_exception_that_escapes_is_a_finding(careless):
    callback = next(specimen.callback for specimen in specimens() if specimen.provider == careless)

    assert "KeyError escapes" in wrong_with(callback)[0]
