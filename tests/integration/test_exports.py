"""An export from `python -m api` on a real broker: made, fetched, proven, and still there after a kill."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from analytics.exports.manifest import NAME, load
from api.admission.keys import Scope
from runtime.exits import Exit
from tests.support.exporting import rows_in
from tests.support.running_api import OURS, STORIES, THEIRS, RunningApi, running_api
from tidings.exports import verify_export

pytestmark = pytest.mark.broker


@pytest.fixture(scope="module")
def api(broker: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApi]:
    with running_api(broker, tmp_path_factory.mktemp("exports")) as running:
        yield running


def ended(client: httpx2.Client, export: dict) -> dict:
    while export["state"] in {"queued", "running"}:
        time.sleep(0.1)
        export = client.get(f"/v1/exports/{export['id']}").json()
    return export


def fetch(client: httpx2.Client, export: dict, folder: Path) -> Path:
    folder.mkdir()
    for href in [*(file["href"] for file in export["files"]), export["manifest_href"]]:
        (folder / href.rsplit("/", 1)[1]).write_bytes(client.get(href).content)
    return folder


@pytest.mark.parametrize("form", ["parquet", "arrow", "csv", "ndjson"])
def test_what_was_heard_is_fetched_and_proven(api, tmp_path, form):
    with api.client(Scope.EXPORT) as client:
        done = ended(client, client.post("/v1/exports", json={"format": form}).json())
        folder = fetch(client, done, tmp_path / "export")
    rows = rows_in(folder, load(folder / NAME))

    assert verify_export(folder, as_json=False) is Exit.DONE
    assert {(row["attempt_id"], row["status"]) for row in rows} == {(one.attempt_id, one.end) for one in STORIES}


def test_a_key_gets_the_rows_of_its_accounts(api):
    with api.client(Scope.EXPORT, accounts=("other",)) as client:
        rows = client.get("/v1/export", params={"what": "reports"}).text.splitlines()

    assert len(rows) == 2
    assert all(THEIRS.attempt_id in row and OURS.attempt_id not in row for row in rows)


def test_an_export_outlives_the_process(api, tmp_path):
    with api.client(Scope.EXPORT) as client:
        done = ended(client, client.post("/v1/exports", json={"what": "reports"}).json())
        waiting = client.post("/v1/exports", json={"what": "reports", "split": "day"}).json()
        api.end(signal.SIGKILL)
        api.start()
        again = client.get(f"/v1/exports/{done['id']}").json()

        assert again | {"is_repeat": False} == done
        assert verify_export(fetch(client, again, tmp_path / "export"), as_json=False) is Exit.DONE
        assert ended(client, waiting)["rows"] == 4
