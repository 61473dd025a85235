"""The suite's own checks, each seen failing."""

import copy

import pytest

from providers import load_providers
from providers._kit.conformance import Sample, bodies_with_junk, disagreements, real_numbers, samples_of, unfit_items
from providers._kit.facts import RejectedItem, SignalFact

TELESIGN = load_providers()["telesign"]
SAMPLE = next(sample for sample in samples_of("telesign") if sample.name == "unknown_code_3999")


def spoilt(**expect):
    content = copy.deepcopy(dict(SAMPLE.content))
    content["expect"].update(expect)
    return Sample("spoilt", content)


def test_the_sample_agrees_as_it_is():
    assert disagreements(TELESIGN, SAMPLE) == []


@pytest.mark.parametrize(
    ("expect", "wrong"),
    [
        pytest.param({"accept": False}, "accept", id="another answer"),
        pytest.param({"facts": []}, "0 facts expected, 2 found", id="another number of facts"),
        pytest.param({"dead_letters": ["invalid_item"]}, "dead letters", id="other dead letters"),
        pytest.param(
            {"facts": [{**SAMPLE.expect["facts"][0], "status": "failed"}, SAMPLE.expect["facts"][1]]},
            "fact 0: status: expected 'failed'",
            id="another status",
        ),
        pytest.param(
            {"facts": [{**SAMPLE.expect["facts"][0], "occurred_at": None}, SAMPLE.expect["facts"][1]]},
            "fact 0: occurred_at",
            id="another time",
        ),
    ],
)
def test_a_difference_is_named(expect, wrong):
    assert wrong in disagreements(TELESIGN, spoilt(**expect))[0]


@pytest.mark.parametrize(
    ("value", "is_real"),
    [
        pytest.param("447700900123", False, id="fictional British"),
        pytest.param("+12025550123", False, id="fictional American"),
        pytest.param("447700800123", True, id="somebody's British"),
        pytest.param("12025560123", True, id="somebody's American"),
        pytest.param(447911123456, True, id="as a number"),
        pytest.param(1720094700000, False, id="epoch milliseconds are no telephone"),
        pytest.param("1720094700000", True, id="unless they are text"),
        pytest.param("17575032561857950495083", False, id="too long for a telephone"),
    ],
)
def test_numbers_of_people_are_found(value, is_real):
    sample = Sample("one", {"body": {"deep": [{"to": value}]}})

    assert bool(real_numbers(sample)) is is_real


@pytest.mark.parametrize(
    "item",
    [
        pytest.param(SignalFact(kind="click", message_id="x" * 201), id="a long id"),
        pytest.param(SignalFact(kind="a\x00"), id="a NUL character"),
        pytest.param(RejectedItem(reason="x" * 30_000, body=b""), id="a long text"),
    ],
)
def test_items_that_cannot_travel_are_found(item):
    assert unfit_items([item])


def test_junk_goes_into_the_outermost_lists_only():
    bodies = list(bodies_with_junk({"results": [{"content": [{"a": 1}]}], "errors": []}))

    assert len(bodies) == 10
    assert all(len(body["results"]) == 2 for body in bodies)
