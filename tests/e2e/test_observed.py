"""A real Prometheus looks at an installation that is up, set up as it is beside compose, with our rules and panels."""

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest
import yaml

from runtime.broker.ports import free_port
from tests.e2e.conftest import Installed, answers, eventually
from tests.support.patience import LIMIT_S

pytestmark = [pytest.mark.broker, pytest.mark.long]

DOCS = Path(__file__).parents[2] / "docs"
DASHBOARD = json.loads((DOCS / "observe/tidings-dashboard.json").read_text("utf-8"))
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
QUIET = {
    "Age of the newest copy",
    "Decisions",
    "A call to a provider, p95",
    "Put aside and not understood",
    "Sends",
}
"""Panels that are empty while nobody sends, nothing is odd, and there is no copy of the store yet."""

Ask = Callable[[str], Any]


def set_up(installed: Installed, place: Path) -> Path:
    """The settings that lie beside compose, with the addresses that are here and a pace for people in a hurry."""
    told = yaml.safe_load((DOCS / "observe/prometheus.yml").read_text("utf-8"))
    here = {
        "tidings-ingest": installed.settings.ingest.admin_port,
        "tidings-streams": installed.settings.streams.admin_port,
        "tidings-api": installed.settings.api.port,
    }
    told["global"] = dict.fromkeys(told["global"], "1s")
    told["rule_files"] = [str(DOCS / "alerts/tidings.yml")]
    for job in told["scrape_configs"]:
        job["static_configs"] = [{"targets": [f"127.0.0.1:{here.pop(job['job_name'])}"]}]
    assert not here
    file = place / "prometheus.yml"
    file.write_text(yaml.safe_dump(told), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def ask(installed: Installed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    """Takes a path of Prometheus' API and gives its data; callbacks have come by then."""
    program = shutil.which("prometheus")
    if program is None:
        pytest.skip("prometheus is not installed; it is Debian's package of that name")
    place, port = tmp_path_factory.mktemp("prometheus"), free_port()
    url = f"http://127.0.0.1:{port}"
    options = {"config.file": set_up(installed, place), "storage.tsdb.path": place, "web.listen-address": url[7:]}
    with (place / "prometheus.log").open("w") as log:
        process = subprocess.Popen([program, *(f"--{name}={value}" for name, value in options.items())], stderr=log)
    try:
        eventually(lambda: answers(f"{url}/-/ready"), LIMIT_S, "Prometheus is ready")
        play(installed)

        def asked(path: str) -> Any:
            with urlopen(f"{url}/api/v1/{path}", timeout=10) as answer:
                return json.load(answer)["data"]

        yield asked
    finally:
        process.kill()
        process.wait()


def play(installed: Installed) -> None:
    """Simulated providers call back, for long enough that rates have something to be made of."""
    key = json.loads(installed.run("keys", "create", "observer", "--scope", "send", "--json"))["key"]
    installed.run("simulate", "--messages", "200", "--rate", "40", "--seed", "7", "--json", TIDINGS_API_KEY=key)


def panels(titles: Callable[[str], bool]) -> list[Any]:
    return [pytest.param(panel, id=panel["title"]) for panel in PANELS if titles(panel["title"])]


def series_of(ask: Ask, panel: dict[str, Any]) -> list[Any]:
    """What its expressions give now, as the dashboard asks them of all providers."""
    asked = [target["expr"].replace("$__rate_interval", "1m").replace("$provider", ".*") for target in panel["targets"]]
    return [one for expression in asked for one in ask(f"query?{urlencode({'query': expression})}")["result"]]


def test_every_process_is_reached(ask):
    eventually(lambda: not targets_down(ask), LIMIT_S, "all targets are up")
    assert len(ask("targets")["activeTargets"]) == 3


def targets_down(ask: Ask) -> list[Any]:
    return [one for one in ask("targets")["activeTargets"] if one["health"] != "up"]


@pytest.mark.parametrize("panel", panels(lambda title: title not in QUIET))
def test_a_panel_shows_something(ask, panel):
    eventually(lambda: bool(series_of(ask, panel)), 30, f"{panel['title']} has a line")


@pytest.mark.parametrize("panel", panels(lambda title: title in QUIET))
def test_a_panel_of_what_is_rare_is_understood(ask, panel):
    assert isinstance(series_of(ask, panel), list)


def test_rules_are_evaluated_and_none_that_wakes_somebody_fires(ask):
    eventually(lambda: all(one["health"] == "ok" for one in rules(ask)), LIMIT_S, "all rules were looked at")
    woken = [one["name"] for one in rules(ask) if one["state"] == "firing" and one["labels"]["severity"] == "page"]

    assert woken == []


def rules(ask: Ask) -> list[Any]:
    return [rule for group in ask("rules")["groups"] for rule in group["rules"]]
