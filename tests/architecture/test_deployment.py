"""The compose file and the image, held to their schema and to the code they start."""

import json
import re
from importlib.metadata import distribution
from pathlib import Path

import jsonschema
import pytest
import yaml

from contracts.topics import load_topics
from runtime.settings import ApiSettings, IngestSettings, Settings, StreamsSettings

ROOT = Path(__file__).parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"].startswith("tidings:")}


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


@pytest.mark.parametrize("name", sorted(SERVICES.keys() - OURS.keys()))
def test_what_is_not_ours_has_a_version_and_logs_that_end(name):
    image, _, version = SERVICES[name]["image"].partition(":")

    assert image
    assert re.match(r"v?\d+\.\d+\.\d+$", version)
    assert SERVICES[name]["logging"] == SERVICES["kafka"]["logging"]


@pytest.mark.parametrize("name", SERVICES)
def test_every_file_of_ours_that_is_mounted_is_there(name):
    mounted = [volume.split(":")[0] for volume in SERVICES[name].get("volumes", []) if volume.startswith("./")]

    assert [path for path in mounted if path != "./tidings.toml" and not (ROOT / path).is_file()] == []


def test_observing_is_a_wish_of_its_own():
    beside = {name for name, service in SERVICES.items() if service.get("profiles") == ["observe"]}

    assert beside == {"prometheus", "tempo", "grafana"} == SERVICES.keys() - OURS.keys() - {"kafka"}
    assert not any(set(service["depends_on"]) & beside for service in OURS.values())


def test_prometheus_asks_each_process_where_it_answers():
    scrapes = yaml.safe_load((ROOT / "docs/observe/prometheus.yml").read_text(encoding="utf-8"))["scrape_configs"]
    asked = {scrape["job_name"]: scrape["static_configs"][0]["targets"] for scrape in scrapes}

    assert asked == {
        "tidings-ingest": [f"ingest:{IngestSettings().admin_port}"],
        "tidings-streams": [f"streams:{StreamsSettings().admin_port}"],
        "tidings-api": [f"api:{ApiSettings().port}"],
    }
    for name, member in (("ingest", "INGEST__ADMIN_HOST"), ("streams", "STREAMS__ADMIN_HOST"), ("api", "API__HOST")):
        assert SERVICES[name]["environment"][f"TIDINGS_{member}"] == "0.0.0.0"


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
