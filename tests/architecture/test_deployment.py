"""The compose file and the image, held to their schema and to the code they start."""

import json
from importlib.metadata import distribution
from pathlib import Path

import jsonschema
import pytest
import yaml

from contracts.topics import load_topics
from runtime.settings import Settings

ROOT = Path(__file__).parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if name != "kafka"}


def compose_schema():
    carried = distribution("check-jsonschema").locate_file("check_jsonschema/builtin_schemas/vendor/compose-spec.json")
    return json.loads(Path(str(carried)).read_text(encoding="utf-8"))


def test_the_compose_file_is_valid():
    jsonschema.Draft7Validator(compose_schema()).validate(COMPOSE)


def test_a_wrong_compose_file_would_be_seen():
    wrong = COMPOSE | {"services": {"kafka": {"image": 7}}}

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft7Validator(compose_schema()).validate(wrong)


@pytest.mark.parametrize("name", ["ingest", "streams", "api"])
def test_each_process_is_one_service_with_a_health_check(name):
    service = SERVICES[name]

    assert service["command"] == ["python", "-m", name]
    assert (ROOT / name / "__main__.py").is_file()
    assert service["healthcheck"]["test"]
    assert service["stop_grace_period"]


@pytest.mark.parametrize("name", OURS)
def test_every_setting_a_service_is_given_exists(name):
    for variable in OURS[name]["environment"]:
        section, _, member = variable.removeprefix("TIDINGS_").lower().partition("__")
        if variable == "TIDINGS_CONFIG":
            continue
        field = Settings.model_fields[section]

        assert not member or member in field.annotation.model_fields


@pytest.mark.parametrize("name", SERVICES)
def test_ports_are_published_to_this_machine_only(name):
    for port in SERVICES[name].get("ports", []):
        assert port.startswith("127.0.0.1:")


def test_the_broker_takes_the_largest_callback():
    largest = load_topics()["callbacks"].max_message_bytes

    assert SERVICES["kafka"]["environment"]["KAFKA_MESSAGE_MAX_BYTES"] >= largest


def test_the_image_copies_every_package_and_runs_as_nobody_special():
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    packages = [path.parent.name for path in ROOT.glob("*/__init__.py") if path.parent.name not in {"bench", "tests"}]

    assert packages
    for package in packages:
        assert f"COPY {package} {package}\n" in dockerfile
    assert "\nUSER tidings\n" in dockerfile
