"""The document that describes the API is complete, valid, and the one that is checked in."""

import json
import re

import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from analytics.measures.metrics import Dimension, Measure
from api.application import create_app
from api.describe import COPY, rendered
from api.questions.measuring import MetricsParameters
from tests.unit.api.document import DOCUMENT

OPERATIONS = {operation["operationId"]: operation for path in DOCUMENT["paths"].values() for operation in path.values()}
SCHEMAS = DOCUMENT["components"]["schemas"]
REFERENCES = re.findall(r'"\$ref": "#/components/schemas/(\w+)"', json.dumps(DOCUMENT))


def test_the_copy_that_is_checked_in_is_the_document():
    """When this fails and the change is meant: `python -m api.describe`, and commit what it wrote."""
    assert COPY.read_text("utf-8") == rendered(create_app(None))


def test_it_is_openapi_3_1_and_all_it_refers_to_is_there():
    assert DOCUMENT["openapi"].startswith("3.1")
    assert set(REFERENCES) <= set(SCHEMAS)


@pytest.mark.parametrize("name", SCHEMAS)
def test_each_schema_is_valid_and_says_what_it_is(name):
    try:
        Draft202012Validator.check_schema(SCHEMAS[name])
    except SchemaError as exc:
        pytest.fail(f"{name}: {exc.message}")
    assert SCHEMAS[name]["description"]


@pytest.mark.parametrize("name", OPERATIONS)
def test_each_operation_can_be_read(name):
    operation = OPERATIONS[name]

    assert re.fullmatch(r"(get|register|add|remove|take|plan|cancel|resolve|retry)_[a-z_]+", name)
    assert operation["summary"]
    assert operation["description"]
    assert operation["tags"]


@pytest.mark.parametrize("path", [path for path in DOCUMENT["paths"] if path.startswith("/v1/")])
def test_what_needs_a_key_says_so_and_may_be_refused_with_a_problem(path):
    for operation in DOCUMENT["paths"][path].values():
        refusals = {status: answer for status, answer in operation["responses"].items() if int(status) >= 400}

        assert operation["security"]
        assert {"401", "403", "422", "500", "503"} <= set(refusals)
        assert all(list(answer["content"]) == ["application/problem+json"] for answer in refusals.values())


@pytest.mark.parametrize(
    ("name", "members"),
    [
        pytest.param("MetricsAnswer", {"from", "to"}, id="a span"),
        pytest.param("TrustAnswer", {"from", "to"}, id="a span of a report"),
        pytest.param("BooksOfPartition", {"partition"}, id="a partition"),
    ],
)
def test_a_member_is_called_in_the_document_as_in_the_answer(name, members):
    assert members <= set(SCHEMAS[name]["properties"])
    assert not [member for member in SCHEMAS[name]["properties"] if member.endswith("_")]


@pytest.mark.parametrize("name", [name for name, operation in OPERATIONS.items() if "requestBody" in operation])
def test_a_body_may_be_too_large(name):
    assert "413" in OPERATIONS[name]["responses"]


@pytest.mark.parametrize("name", ["Measure", "Dimension", "Bucket", "DeliveryStatus", "Channel", "Reason", "Verdict"])
def test_closed_sets_are_listed(name):
    assert SCHEMAS[name]["enum"]


OTHERS = {"measure", "group_by", "from_", "to", "bucket", "time_zone", "currency", "fill", "compare"}
OTHERS |= {"changed_since", "min_as_of", "wait_s"}


def test_every_dimension_can_be_filtered_by_and_no_other():
    parameters = set(MetricsParameters.model_fields) - OTHERS

    assert parameters == {dimension.value for dimension in Dimension}


def test_a_row_of_metrics_names_every_measure_and_dimension():
    row = SCHEMAS["MetricsAnswer"]["properties"]["rows"]["items"]

    assert set(row["properties"]) == {"bucket_at", "previous_at", "previous", *Measure, *Dimension}


@pytest.mark.parametrize("name", sorted({"Attempt", "Balance", "Change", "Registration", "FieldError", "Registered"}))
def test_what_people_look_up_has_examples(name):
    members = SCHEMAS[name]["properties"].values()

    assert sum("examples" in member for member in members) > len(members) / 2
