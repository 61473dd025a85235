"""Exports as jobs: ordered, found, fetched, cancelled, kept over a restart, and nobody else's business."""

import asyncio
import csv
import json
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import httpx2
import msgspec
import pytest
from structlog.testing import capture_logs

from analytics.exports.columns import What
from analytics.exports.order import Format, Wanted
from api.admission.audit_log import Deed
from api.admission.keys import Scope
from api.application import create_app
from api.exports.desk import Asked, ExportDesk
from api.exports.jobs import ExportJob
from api.jobs.book import Asker, JobState
from contracts.errors import StoreUnavailable
from runtime.settings import ExportSettings
from tests.support.patience import until
from tests.unit.api.fakes import FakeExporter, app_over
from tests.unit.api.rows import ATTEMPT, NOON

ABSENT = "0b6f0c8e-54a3-4b0a-8a4f-5f2f5a1d2c3b"


@pytest.fixture
def exporter():
    return FakeExporter()


@pytest.fixture
def desk_over(exporter, parts, tmp_path):
    """A desk on the same folder, as another process would have one."""

    def made(**settings) -> ExportDesk:
        return ExportDesk(exporter, ExportSettings(**settings), tmp_path, parts.clock)

    return made


@pytest.fixture
async def office(desk_over, parts):
    """A desk that works, and clients with keys of these scopes and accounts."""
    desk = desk_over(most_open=2, direct_rows=3)
    desk.start()
    app = app_over(replace(parts, exports=desk))
    clients = []

    def connect(*scopes: Scope, accounts=None) -> httpx2.AsyncClient:
        _, text = parts.ring.create(parts.clock, name="reporting", scopes=scopes or [Scope.EXPORT], accounts=accounts)
        transport = httpx2.ASGITransport(app)
        client = httpx2.AsyncClient(
            transport=transport, base_url="http://test", headers={"Authorization": f"Bearer {text}"}
        )
        clients.append(client)
        return client

    yield connect
    await desk.stop()
    for client in clients:
        await client.aclose()


async def ordered(client, **body) -> dict:
    answer = await client.post("/v1/exports", json=body)
    assert answer.status_code == 202, answer.text
    return answer.json()


async def ended(client, export: dict) -> dict:
    while export["state"] in {"queued", "running"}:
        await asyncio.sleep(0.01)
        export = (await client.get(f"/v1/exports/{export['id']}")).json()
    return export


class TestTheWay:
    """From the order to the file."""

    async def test_an_export_is_ordered_made_and_fetched_whole(self, office):
        client = office()
        done = await ended(client, await ordered(client, format="ndjson"))
        (file,) = done["files"]
        fetched = await client.get(file["href"])

        assert (done["state"], done["rows"], done["progress"]) == ("done", 1, 1.0)
        assert (len(fetched.content), sha256(fetched.content).hexdigest()) == (file["bytes"], file["sha256"])
        assert fetched.headers["content-type"] == "application/gzip"

    async def test_a_range_can_be_fetched_with_the_digest_of_the_whole(self, office):
        client = office()
        done = await ended(client, await ordered(client))
        whole = await client.get(done["files"][0]["href"])
        part = await client.get(done["files"][0]["href"], headers={"Range": "bytes=4-9"})

        assert (part.status_code, part.content) == (206, whole.content[4:10])
        assert part.headers["repr-digest"] == whole.headers["repr-digest"]

    async def test_the_manifest_can_be_fetched(self, office):
        client = office()
        done = await ended(client, await ordered(client))
        manifest = (await client.get(done["manifest_href"])).json()

        assert manifest["token"] == done["token"]
        assert manifest["watermark"] == {"updates": {"0": 7}}

    @pytest.mark.parametrize("name", ["job.json", "x.parquet", "..%2Fjob.json", "messages.parquet.part"])
    async def test_nothing_else_in_its_folder_can_be(self, office, name):
        client = office()
        done = await ended(client, await ordered(client))

        assert (await client.get(f"/v1/exports/{done['id']}/files/{name}")).status_code == 404

    async def test_what_is_not_done_has_no_files(self, office, exporter):
        exporter.go.clear()
        client = office()
        export = await ordered(client)
        answer = await client.get(f"/v1/exports/{export['id']}/files/messages.parquet")
        exporter.go.set()

        assert (export["files"], answer.status_code) == ([], 404)

    async def test_how_far_it_is_is_told(self, office, exporter):
        exporter.go.clear()
        client = office()
        export = await ordered(client)
        while export["progress"] < 0.5:
            await asyncio.sleep(0.01)
            (export,) = (await client.get("/v1/exports")).json()["exports"]
        exporter.go.set()

        assert export["state"] == "running"

    @pytest.mark.parametrize("failure", [StoreUnavailable("the disk is full"), OSError(28, "No space left")])
    async def test_one_that_fails_says_why_and_the_next_one_is_made(self, office, exporter, failure):
        exporter.failure = failure
        client = office()
        failed = await ended(client, await ordered(client))
        exporter.failure = None
        done = await ended(client, await ordered(client))

        assert (failed["state"], failed["reason"]) == ("failed", str(failure))
        assert done["state"] == "done"

    async def test_one_that_breaks_in_a_way_nobody_foresaw_ends_no_other(self, office, exporter):
        exporter.failure = ZeroDivisionError("private")
        client = office()
        broken = await ended(client, await ordered(client))
        exporter.failure = None
        done = await ended(client, await ordered(client))

        assert (broken["state"], "private" in broken["reason"], done["state"]) == ("failed", False, "done")

    async def test_one_whose_files_somebody_took_away_says_so(self, office, tmp_path):
        client = office()
        done = await ended(client, await ordered(client))
        (tmp_path / "exports" / done["id"] / "manifest.json").unlink()
        (told,) = (await client.get("/v1/exports")).json()["exports"]

        assert (told["files"], told["reason"]) == ([], "its files are not there any more; order it again")

    async def test_who_asked_for_what_and_how_much_is_in_the_log(self, office):
        client = office()
        with capture_logs() as logs:
            done = await ended(client, await ordered(client))
        told = {one["event"]: one for one in logs}
        asked = told.pop("audit")

        assert done["requested_by"] == "reporting"
        assert (asked["deed"], asked["name"], asked["details"]["what"]) == ("export_asked", "reporting", "messages")
        assert {(one["key_name"], one["what"]) for one in told.values()} == {("reporting", "messages")}
        assert (told["export_requested"]["export"], told["export_done"]["rows"]) == (done["id"], 1)


class TestWrittenDown:
    """Whatever leaves is written down before it does, with who took it."""

    async def test_what_is_asked_for_and_each_file_that_is_taken(self, office, parts):
        client = office()
        done = await ended(client, await ordered(client))
        (href,) = (file["href"] for file in done["files"])
        await client.get(href)
        await client.get(done["manifest_href"])
        await client.get("/v1/export")
        written = [(one.deed, one.name, one.details) for one in parts.audit.read()]

        assert written == [
            (Deed.EXPORT_ASKED, "reporting", {"what": "messages", "format": "parquet"}),
            (Deed.EXPORT_FETCHED, "reporting", {"export": done["id"], "file": href.rsplit("/", 1)[1]}),
            (Deed.EXPORT_FETCHED, "reporting", {"export": done["id"], "file": "manifest.json"}),
            (Deed.EXPORT_ASKED, "reporting", {"what": "messages", "format": "ndjson"}),
        ]

    async def test_what_cannot_be_written_down_does_not_leave(self, office, exporter, parts):
        client = office()
        done = await ended(client, await ordered(client))
        exporter.written.clear()
        (parts.settings.data_dir / "audit.jsonl").unlink()
        (parts.settings.data_dir / "audit.jsonl").mkdir()
        answers = [
            await client.post("/v1/exports", json={"format": "csv"}),
            await client.get(done["files"][0]["href"]),
            await client.get("/v1/export"),
        ]

        assert {(one.status_code, one.json()["type"]) for one in answers} == {(503, "/problems/audit-unavailable")}
        assert exporter.written == []


class TestAgain:
    """The same request is the same export."""

    async def test_the_same_order_for_the_same_state_is_the_same(self, office):
        client = office()
        first = await ordered(client, provider=["b", "a"])
        again = await ordered(client, provider=["a", "b"])

        assert (again["id"], first["is_repeat"], again["is_repeat"]) == (first["id"], False, True)

    @pytest.mark.parametrize("other", [{"format": "csv"}, {"what": "reports"}, {"provider": "x"}, {"split": "day"}])
    async def test_another_order_is_another(self, office, other):
        client = office()

        assert (await ordered(client, **other))["id"] != (await ordered(client))["id"]

    async def test_another_state_of_the_store_is_another(self, office, exporter):
        client = office()
        first = await ordered(client)
        exporter.offset += 1

        assert (await ordered(client))["id"] != first["id"]

    async def test_under_one_key_it_is_the_same_whatever_the_store_has_since(self, office, exporter):
        client = office()
        client.headers["Idempotency-Key"] = "nightly"
        first = await ordered(client)
        exporter.offset += 1

        assert (await ordered(client))["id"] == first["id"]

    async def test_a_key_cannot_stand_for_something_else(self, office):
        client = office()
        client.headers["Idempotency-Key"] = "nightly"
        await ordered(client)
        answer = await client.post("/v1/exports", json={"format": "csv"})

        assert answer.status_code == 422
        assert answer.json()["errors"][0]["rule"] == "idempotency_key_reused"


class TestOthers:
    """What is not yours looks like what is not there."""

    @pytest.mark.parametrize(
        ("theirs", "mine", "is_seen"),
        [
            pytest.param(("a",), ("a", "b"), True, id="of one of my accounts"),
            pytest.param(("a", "b"), ("a",), False, id="of my account and another"),
            pytest.param(("b",), ("a",), False, id="of another account"),
            pytest.param(None, ("a",), False, id="of all accounts"),
            pytest.param(("b",), None, True, id="of any account, for a key of all"),
        ],
    )
    async def test_who_sees_an_export(self, office, theirs, mine, is_seen):
        owner, client = office(accounts=theirs), office(accounts=mine)
        done = await ended(owner, await ordered(owner))
        place = f"/v1/exports/{done['id']}"
        got = [await client.get(place), await client.get(f"{place}/files/manifest.json"), await client.delete(place)]

        assert [answer.status_code for answer in got] == ([200, 200, 204] if is_seen else [404] * 3)
        assert (len((await client.get("/v1/exports")).json()["exports"]) == 0) or not is_seen

    async def test_a_foreign_export_is_told_like_one_that_is_not_there(self, office):
        owner, client = office(accounts=("b",)), office(accounts=("a",))
        export = await ordered(owner)
        foreign = (await client.get(f"/v1/exports/{export['id']}")).json()
        absent = (await client.get(f"/v1/exports/{ABSENT}")).json()

        assert foreign["detail"] == absent["detail"]

    async def test_the_accounts_of_the_key_are_in_the_order(self, office, exporter):
        client = office(accounts=("a",))
        await ended(client, await ordered(client))

        assert exporter.written[0].wanted.accounts == ("a",)

    async def test_a_token_of_another_account_opens_nothing(self, office):
        owner, client = office(accounts=("b",)), office(accounts=("a",))
        done = await ended(owner, await ordered(owner))
        answer = await client.post("/v1/exports", json={"changed_since": done["token"]})

        assert answer.status_code == 400
        assert answer.json()["type"] == "/problems/question-invalid"

    @pytest.mark.parametrize("scope", [Scope.READ, Scope.SEND, Scope.FEED, Scope.REPLAY])
    async def test_a_key_needs_the_scope(self, office, scope):
        client = office(scope)
        got = [await client.get(f"/v1/{place}") for place in ("exports", "export", f"exports/{ABSENT}")]
        got.append(await client.post("/v1/exports", json={}))

        assert [answer.status_code for answer in got] == [403] * 4


class TestLimits:
    async def test_a_key_may_have_so_many_open_ones(self, office, exporter):
        exporter.go.clear()
        client, other = office(), office()
        for what in ("messages", "reports"):
            await ordered(client, what=what)
        refused = await client.post("/v1/exports", json={"format": "csv"})
        taken = await other.post("/v1/exports", json={"format": "csv"})
        exporter.go.set()

        assert (refused.status_code, refused.json()["type"]) == (429, "/problems/exports-full")
        assert taken.status_code == 202

    async def test_what_is_kept_has_a_limit(self, desk_over, parts, office):
        client = office()
        done = await ended(client, await ordered(client))
        desk = desk_over(most_bytes=done["files"][0]["bytes"])
        desk.start()
        app = create_app(replace(parts, exports=desk))
        async with httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app), base_url="http://test", headers=client.headers
        ) as full:
            answer = await full.post("/v1/exports", json={"what": "reports"})
        await desk.stop()

        assert answer.status_code == 429

    async def test_what_takes_too_long_ends(self, desk_over, exporter, parts, office):
        exporter.go.clear()
        client = office()
        export = await ordered(client)
        await until(lambda: exporter.written)
        parts.clock.advance(ExportSettings().limit_s + 1)
        exporter.go.set()

        assert "took longer" in (await ended(client, export))["reason"]

    async def test_a_disk_that_is_nearly_full_is_left_to_the_store(self, desk_over, exporter):
        desk = desk_over(least_free_bytes=2**62)
        desk.start()
        await desk.request(Asked(Wanted(what=What.MESSAGES), Format.CSV), Asker("key", "name"))
        await until(lambda: not desk.all()[0].is_open)
        await desk.stop()

        assert "little room left" in desk.all()[0].reason

    async def test_what_is_asked_at_once_must_be_small(self, office, exporter):
        exporter.rows *= 4
        answer = await office().get("/v1/export")

        assert answer.status_code == 400
        assert answer.json()["type"] == "/problems/export-too-large"


class TestTheEnd:
    @pytest.mark.parametrize("is_deaf", [pytest.param(False, id="in the middle"), pytest.param(True, id="at the end")])
    async def test_an_open_one_is_cancelled_and_leaves_no_file(self, office, exporter, tmp_path, is_deaf):
        exporter.go.clear()
        exporter.is_deaf = is_deaf
        client = office()
        export = await ordered(client)
        await until(lambda: exporter.written)
        answer = await client.delete(f"/v1/exports/{export['id']}")
        exporter.go.set()
        following = await ended(client, await ordered(client, what="reports"))
        told = (await client.get(f"/v1/exports/{export['id']}")).json()

        assert (answer.status_code, told["state"], following["state"]) == (204, "cancelled", "done")
        assert [path.name for path in (tmp_path / "exports" / export["id"]).iterdir()] == ["job.json"]

    async def test_a_finished_one_is_removed_with_its_files(self, office, tmp_path):
        client = office()
        done = await ended(client, await ordered(client))
        await client.delete(f"/v1/exports/{done['id']}")

        assert (await client.get(f"/v1/exports/{done['id']}")).status_code == 404
        assert not (tmp_path / "exports" / done["id"]).exists()

    async def test_after_its_time_it_is_removed(self, office, desk_over, parts):
        client = office()
        done = await ended(client, await ordered(client))
        parts.clock.advance(timedelta(days=1).total_seconds())
        desk = desk_over()
        desk.start()
        await asyncio.sleep(0)
        left = desk.all()
        await desk.stop()

        assert done["expires_at"] == (NOON + timedelta(days=1)).isoformat().replace("+00:00", "Z")
        assert left == []


class TestRestart:
    """What an earlier process left."""

    async def test_what_ran_is_made_anew_by_the_next_process(self, desk_over, exporter, parts, tmp_path):
        await self._left_running(desk_over, exporter, starts=1)
        desk = desk_over()
        desk.start()
        job = await self._ended(desk)
        await desk.stop()

        assert (job.state, job.starts_count) == (JobState.DONE, 2)

    async def test_what_ended_the_process_again_and_again_is_given_up(self, desk_over, exporter):
        await self._left_running(desk_over, exporter, starts=3)
        desk = desk_over()
        desk.start()
        job = await self._ended(desk)
        await desk.stop()

        assert job.state is JobState.FAILED
        assert "the process ended 3 times" in job.reason

    async def test_a_process_that_stops_in_order_is_not_held_against_it(self, desk_over, exporter, office):
        exporter.go.clear()
        client = office()
        await ordered(client)
        await until(lambda: exporter.written)
        desk = client._transport.app.state.parts.exports
        await desk.stop()
        exporter.go.set()
        (job,) = desk.all()

        assert (job.state, job.starts_count, job.rows, job.progress) == (JobState.QUEUED, 0, 0, 0.0)

    async def test_what_a_crash_left_is_removed_and_nothing_else(self, desk_over, tmp_path):
        left = [tmp_path / "exports" / name for name in (ABSENT, f"direct-{ABSENT}", "mine")]
        for folder in left:
            folder.mkdir(parents=True)
            (folder / "messages.parquet.part").write_text("x")
        desk = desk_over()
        desk.start()
        await desk.stop()

        assert [folder.exists() for folder in left] == [False, False, True]

    async def test_what_is_done_stays_done(self, office, desk_over):
        client = office()
        done = await ended(client, await ordered(client))
        desk = desk_over()
        desk.start()
        job = desk.find(done["id"])
        await desk.stop()

        assert desk.file(job, "messages.parquet").path.is_file()

    async def test_a_record_that_cannot_be_read_harms_no_other(self, office, desk_over, tmp_path):
        client = office()
        await ended(client, await ordered(client))
        (tmp_path / "exports" / "spoilt").mkdir()
        (tmp_path / "exports" / "spoilt" / "job.json").write_text("{")
        desk = desk_over()
        desk.start()
        await desk.stop()

        assert len(desk.all()) == 1

    async def _left_running(self, desk_over, exporter, *, starts: int) -> None:
        desk = desk_over()
        job, _ = await desk.request(Asked(Wanted(what=What.MESSAGES), Format.CSV), Asker("key", "name"))
        desk._book.put(msgspec.structs.replace(job, state=JobState.RUNNING, starts_count=starts))

    async def _ended(self, desk: ExportDesk) -> ExportJob:
        await until(lambda: not desk.all()[0].is_open)
        return desk.all()[0]


class TestAtOnce:
    async def test_the_rows_come_with_their_count_and_a_token(self, office):
        answer = await office().get("/v1/export", params={"provider": "infobip"})

        assert [json.loads(line)["attempt_id"] for line in answer.text.splitlines()] == [ATTEMPT]
        assert answer.headers["tidings-rows"] == "1"
        assert answer.headers["tidings-token"]

    async def test_they_come_as_csv_too(self, office):
        answer = await office().get("/v1/export", params={"format": "csv"})
        (row,) = csv.DictReader(answer.text.splitlines())

        assert (row["attempt_id"], row["is_match"]) == (ATTEMPT, "true")

    async def test_nothing_of_it_stays(self, office, tmp_path):
        await office().get("/v1/export")

        assert list((tmp_path / "exports").iterdir()) == []

    async def test_what_fails_is_a_problem_and_no_half_answer(self, office, exporter):
        exporter.failure = StoreUnavailable("the disk is full")
        answer = await office().get("/v1/export")

        assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")


@pytest.mark.parametrize(
    ("asked", "status", "rule"),
    [
        pytest.param({"status": "arrived"}, 422, "value_error", id="a status that there is not"),
        pytest.param({"channel": "!fax"}, 422, "value_error", id="a channel that there is not"),
        pytest.param({"status": "zz*"}, 422, "value_error", id="a beginning of none"),
        pytest.param({"what": "sessions", "status": "sent"}, 422, "filter_unknown", id="a filter of other rows"),
        pytest.param({"country": "G*R"}, 422, "value_error", id="a filter that breaks the grammar"),
        pytest.param({"provider": "a,,b"}, 422, "value_error", id="an empty member"),
        pytest.param(
            {"from": "2026-11-21T00:00:00Z", "to": "2026-11-20T00:00:00Z"}, 422, "span_not_sensible", id="from after to"
        ),
        pytest.param({"from": "1999-11-21T00:00:00Z"}, 422, "span_not_sensible", id="before there was anything"),
        pytest.param({"from": "2026-11-21T00:00:00"}, 422, "value_error", id="a time without a zone"),
        pytest.param({"format": "xml"}, 422, "enum", id="a format that there is not"),
        pytest.param({"what": "everything"}, 422, "enum", id="a table that there is not"),
        pytest.param({"colour": "red"}, 422, "extra_forbidden", id="a member that there is not"),
        pytest.param({"changed_since": "forged.0000000000000000"}, 400, None, id="a forged token"),
        pytest.param({"changed_since": "é"}, 400, None, id="a token that is no text of ours"),
    ],
)
async def test_what_makes_no_sense_is_refused_with_what_to_do(office, asked, status, rule):
    client = office()
    answers = [await client.post("/v1/exports", json=asked), await client.get("/v1/export", params=asked)]

    for answer in answers:
        told = answer.json()
        assert (answer.status_code, told["status"]) == (status, status)
        assert rule is None or told["errors"][0]["rule"] in {rule, "literal_error"}
