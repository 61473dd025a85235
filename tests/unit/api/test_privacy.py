"""Where a person's number can be read, in whatever form, and where it must not be.

`HELD` lists every kind of file that an installation keeps; a kind that is new fails until it is listed and judged.
"""

import re
from fnmatch import fnmatch
from pathlib import Path
from shutil import copy

import duckdb
import pytest
import structlog
from starlette.testclient import TestClient

from api.admission.keys import EVERYTHING
from contracts.errors import StoreUnavailable
from contracts.topics import load_topics
from tests.support.lived_in import DIGITS, NATIONAL, NUMBER, contents, lived_in, spelled, tables
from tests.unit.api.fake_store import FakeStore
from tests.unit.api.fakes import app_over, make_parts
from tests.unit.api.tenants import ACME

HELD = {
    "test.duckdb": False,
    "test.duckdb/dead_letter": True,
    "keys.json": False,
    "key_uses.json": False,
    "sessions.json": False,
    "audit.jsonl": False,
    "hash.key": False,
    "*.lock": False,
    "exports/*/job.json": False,
    "exports/*/manifest.json": False,
    "exports/*/messages.parquet": False,
    "replays/*/job.json": False,
    "archive/callbacks/manifest.json": False,
    "archive/callbacks/day=*/*.parquet": False,
    "opened/archive/callbacks/day=*/*.parquet": True,
    "archive.keys": False,
}
"""Whether numbers can be read in it, by pattern below the data directory, and by table where one of them differs.

docs/privacy.md says why, and for how long.
"""


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(NUMBER, id="E.164"),
        pytest.param(NUMBER.removeprefix("+"), id="without the plus"),
        pytest.param("00" + NUMBER.removeprefix("+"), id="with zeros for the plus"),
        pytest.param("0" + NATIONAL, id="national"),
        pytest.param("%2B" + NUMBER.removeprefix("+"), id="in an address"),
        pytest.param("07700 900 105", id="with spaces"),
        pytest.param("(07700) 900-105", id="with brackets and hyphens"),
        pytest.param("+44 (0) 7700.900.105", id="with a zero in brackets"),
    ],
)
def test_every_spelling_is_found(text):
    assert DIGITS.search(f'{{"to": "{text}"}}')


def is_admitted(name: str) -> bool | None:
    """Whether numbers may be read there; null where nobody has said so. A table may differ from its file."""
    for one in (name, name.partition(".duckdb/")[0] + ".duckdb"):
        for pattern, admitted in HELD.items():
            if fnmatch(one, pattern):
                return admitted
    return None


@pytest.fixture(scope="module")
def installation(tmp_path_factory):
    return lived_in(tmp_path_factory.mktemp("installation"))


def test_every_kind_of_file_is_judged(installation):
    unjudged = [name for name in contents(installation) if is_admitted(name) is None]

    assert not unjudged, "list it in HELD, and in docs/privacy.md"


def test_numbers_can_be_read_only_where_it_is_said(installation):
    kept = contents(installation)
    readable = {name for name, content in kept.items() if spelled(content)}

    assert readable == {name for name in kept if is_admitted(name)}
    assert {name.split("/")[0] for name in readable} == {"test.duckdb", "opened"}


def test_a_number_that_gets_into_the_store_would_be_found(installation, tmp_path):
    store = Path(copy(installation / "test.duckdb", tmp_path))
    with duckdb.connect(str(store)) as changed:
        changed.execute("UPDATE inbound SET text = ?", [f"Call me: {NUMBER}"])

    assert spelled(tables(store)["inbound"])


def test_the_store_has_the_person_by_a_pseudonym(installation):
    with duckdb.connect(str(installation / "test.duckdb"), read_only=True) as store:
        told = store.sql("SELECT count(*), count(DISTINCT author_hash) FROM inbound").fetchall()

    assert told == [(2, 2)]


def test_the_page_judges_every_topic_and_says_how_long_it_stays():
    page = (Path(__file__).parents[3] / "docs" / "privacy.md").read_text("utf-8")
    told = dict(re.findall(r"^\| `([a-z-]+)` \| ([^|]+) \|", page, re.MULTILINE))
    topics = load_topics().items()
    made = {name: "newest of each key" if one.compacted else f"{one.retention_days} d" for name, one in topics}

    assert told == made, "say in docs/privacy.md what each topic has of a person, and for how long"


@pytest.mark.parametrize("topic", sorted(load_topics()))
def test_a_topic_whose_example_or_key_names_a_person_is_not_said_to_name_none(topic):
    page = (Path(__file__).parents[3] / "docs" / "privacy.md").read_text("utf-8")
    said = re.findall(rf"^\| `{topic}` \|.*$", page, re.MULTILINE)
    described = load_topics()[topic]
    names_one = bool(re.search(r"\+447700900\d{3}|\+1\d{3}55501\d\d", described.example)) or any(
        word in described.key for word in ("recipient", "author")
    )

    assert not names_one or "no number" not in "".join(said)


@pytest.mark.parametrize(
    ("method", "address"),
    [
        ("GET", f"/v1/sessions/{ACME.shop}/{NUMBER}"),
        ("GET", f"/v1/inbound?author=%2B{NUMBER.removeprefix('+')}"),
        ("GET", f"/v1/suppressions?recipient=%2B{NUMBER.removeprefix('+')}"),
        ("GET", f"/v1/{NUMBER}"),
    ],
)
def test_the_log_does_not_name_who_was_asked_about(tmp_path, method, address):
    for failure in (StoreUnavailable("the store is away"), RuntimeError(NUMBER)):
        parts = make_parts(tmp_path, store=FakeStore(failure=failure))
        _, text = parts.ring.create(parts.clock, name="bi", scopes=EVERYTHING)
        client = TestClient(app_over(parts), raise_server_exceptions=False)
        with structlog.testing.capture_logs() as lines:
            status = client.request(method, address, headers={"Authorization": f"Bearer {text}"}).status_code

        assert status in {404, 500, 503}
        assert bool(lines) is (status != 404)
        assert not spelled(repr(lines).encode())
