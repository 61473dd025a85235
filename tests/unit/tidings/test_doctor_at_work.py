"""What the doctor finds of what runs, and of what does not."""

import socket
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web
from aiokafka import TopicPartition

from ingest.refusals import problem
from runtime.broker.ports import free_port
from runtime.clock import FixedClock
from runtime.exits import Exit
from runtime.settings import FallbackSettings, IngestSettings, KafkaSettings, Settings
from tests.support.fake_doors import NOTHING_COUNTED, FakeDoor, doors
from tidings.doctor import broker, clocks, configuration, processes
from tidings.doctor.cluster import GroupSeen
from tidings.doctor.groups import Course, judged
from tidings.doctor.patient import Patient
from tidings.doctor.signs import State, fault

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
AT = TopicPartition("tidings-reports-v1", 3)


def patient_of(tmp_path, **sections) -> Patient:
    sections = {"kafka": KafkaSettings(bootstrap_servers="127.0.0.1:9"), **sections}
    return Patient(Settings(data_dir=tmp_path, **sections), None, FixedClock(NOW))


@pytest.fixture
def patient(tmp_path):
    return lambda **sections: patient_of(tmp_path, **sections)


async def test_where_no_broker_listens_the_status_is_that_of_no_broker(patient):
    port = free_port()
    [sign] = await broker.broker(patient(kafka=KafkaSettings(bootstrap_servers=f"127.0.0.1:{port}")))

    assert (sign.state, sign.status) == (State.FAULT, Exit.NO_BROKER)
    assert f"127.0.0.1:{port}" in sign.what
    assert "KAFKA_BOOTSTRAP_SERVERS" in sign.mend


async def test_what_answers_and_is_no_kafka_is_told_as_that(patient):
    with socket.create_server(("127.0.0.1", 0)) as server:

        def be_impolite() -> None:
            caller, _ = server.accept()
            with caller:
                caller.recv(64)
                caller.sendall(b"\0\0\0\x10HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=be_impolite)
        thread.start()
        port = server.getsockname()[1]
        [sign] = await broker.broker(patient(kafka=KafkaSettings(bootstrap_servers=f"127.0.0.1:{port}")))
        thread.join()

    assert sign.status is Exit.NO_BROKER
    assert "what answers is no Kafka" in sign.what


async def test_our_own_broker_is_looked_for_where_it_was_started_last(tmp_path):
    one = patient_of(tmp_path, kafka=KafkaSettings())
    (tmp_path / "broker").mkdir()
    (tmp_path / "broker" / "server.properties").write_text("advertised.listeners=PLAINTEXT://127.0.0.1:23456\n")

    assert one.kafka.bootstrap_servers == "127.0.0.1:23456"


@pytest.mark.parametrize(
    ("versions", "state"),
    [
        pytest.param({0: 11}, State.WELL, id="3.8 is new enough"),
        pytest.param({0: 10}, State.FAULT, id="older ones are not"),
        pytest.param({}, State.FAULT, id="nor is one that cannot be written to"),
    ],
)
def test_the_age_of_kafka(versions, state):
    assert broker._age(versions).state is state


def topic(*, leader=1, replicas=(1,), isr=(1,), count=2):
    return [{"partition": n, "leader": leader, "replicas": replicas, "isr": isr} for n in range(count)]


@pytest.mark.parametrize(
    ("partitions", "words"),
    [
        pytest.param(topic(), [], id="as told is well"),
        pytest.param(topic(count=3), ["3 partitions, where the settings say 2"], id="another count"),
        pytest.param(topic(leader=-1), ["no leader"], id="no leader"),
        pytest.param(topic(isr=()), ["min_insync_replicas"], id="no copy in sync"),
    ],
)
def test_the_layout_of_a_topic(partitions, words):
    signs = broker._layout(partitions, KafkaSettings(partitions=2))

    assert all(word in sign.what for word, sign in zip(words, signs, strict=True))


def test_what_is_so_of_several_topics_is_told_once_and_its_command_names_one_where_it_is_one():
    sign = fault("retention.ms is 1, not 2", f"`--entity-name {broker.TOPIC}`")
    one, many = broker._told_once(sign, ["a"]), broker._told_once(sign, ["a", "b", "c", "d"])

    assert (one.what, one.mend) == ("a: retention.ms is 1, not 2", "`--entity-name a`")
    assert (many.what, many.mend) == ("a, b, c and 1 more: retention.ms is 1, not 2", "`--entity-name TOPIC`")


@pytest.mark.parametrize(
    ("door", "state", "words"),
    [
        pytest.param(FakeDoor(), State.WELL, "ready", id="ready is well"),
        pytest.param(FakeDoor(503, {"reason": "the spool is 80% full"}), State.FAULT, "80% full", id="not ready: why"),
        pytest.param(
            FakeDoor(told={"reason": "Kafka is away; callbacks go to the spool"}),
            State.WARNING,
            "spool",
            id="ready, but",
        ),
        pytest.param(FakeDoor(page="<html>"), State.FAULT, "no process of Tidings", id="somebody else has the port"),
    ],
)
async def test_a_process_by_its_own_word(patient, door, state, words):
    async with doors(ingest=door) as sections:
        signs = await processes.processes(patient(**sections))

    assert (signs[0].state, words in signs[0].what) == (state, True)
    assert [sign.state for sign in signs[1:]] == [State.FAULT, State.FAULT]
    assert "nobody listens" in signs[1].what
    assert "python -m streams" in signs[1].mend


async def test_stages_that_are_not_in_their_group_are_named(patient):
    stages = {"track": {"joined": False, "broker": True}, "session": {"joined": True, "broker": True}}
    async with doors(streams=FakeDoor(503, {"stages": stages, "beside": {}})) as sections:
        signs = await processes.processes(patient(**sections))

    assert "track is not in its group yet" in signs[1].what
    assert "session" not in signs[1].what


async def test_a_process_of_another_version_is_told(patient):
    async with doors(api=FakeDoor(page='tidings_version_info{version="9.9.9"} 1\n'), ingest=FakeDoor()) as sections:
        [sign] = await processes.versions(patient(**sections))

    assert sign.state is State.WARNING
    assert "api runs Tidings 9.9.9" in sign.what


@pytest.mark.parametrize(
    ("records", "oldest_s", "state"),
    [
        pytest.param(0, 0, State.WELL, id="empty is well"),
        pytest.param(7, 3, State.WARNING, id="being drained"),
        pytest.param(7, 300, State.FAULT, id="not drained"),
    ],
)
async def test_the_spool_of_a_process(patient, records, oldest_s, state):
    page = f"{NOTHING_COUNTED}tidings_spool_records {records}\ntidings_spool_oldest_seconds {oldest_s}\n"
    async with doors(ingest=FakeDoor(page=page)) as sections:
        [sign] = await processes.spool(patient(**sections))

    assert sign.state is state


async def test_a_spool_that_takes_no_more_is_a_fault_at_once(patient):
    page = (
        f"{NOTHING_COUNTED}tidings_spool_records 42\ntidings_spool_oldest_seconds 3\n"
        "# TYPE tidings_spool_refused counter\ntidings_spool_refused_total 458\n"
    )
    async with doors(ingest=FakeDoor(page=page)) as sections:
        [sign] = await processes.spool(patient(**sections))

    assert sign.state is State.FAULT
    assert "could not take 458" in sign.what


async def test_what_lies_in_the_spool_while_no_ingest_runs_is_a_fault(patient, tmp_path):
    run = tmp_path / "spool" / "1763719200000-0badcafe"
    run.mkdir(parents=True)
    (run / "000001-0123456789abcdef.segment").write_bytes(b"tidings spool 1\n" * 4)
    (tmp_path / "spool" / "1763719200000-0badcafe-000000.damaged").write_bytes(b"")
    aside, left = await processes.spool(patient(ingest=IngestSettings(admin_port=free_port())))

    assert (aside.state, left.state) == (State.WARNING, State.FAULT)
    assert "64 bytes" in left.what
    assert "python -m ingest" in left.mend


async def test_a_promise_that_is_not_kept_is_a_fault_and_an_alarm_a_warning(patient):
    page = (
        f"{NOTHING_COUNTED}tidings_unexplained_items 2\n"
        'tidings_alarm{kind="quiet_provider",provider="routee",connection="main",channel=""} 1\n'
        'tidings_alarm{kind="unknown_code",provider="infobip",connection="main",channel=""} 0\n'
    )
    async with doors(api=FakeDoor(page=page)) as sections:
        broken, alarm = await processes.promises(patient(**sections))

    assert (broken.state, "2 items" in broken.what) == (State.FAULT, True)
    assert (alarm.state, "quiet_provider is open for routee/main" in alarm.what) == (State.WARNING, True)


@pytest.mark.parametrize(
    ("file", "count"),
    [
        pytest.param(Path("policies.toml"), 1, id="that is not followed is told"),
        pytest.param(None, 0, id="that is not there is none of a process's business"),
    ],
)
async def test_a_file_of_policies(patient, file, count):
    page = f"{NOTHING_COUNTED}tidings_policies_current 0\n"
    async with doors(streams=FakeDoor(page=page), ingest=FakeDoor(page=page)) as sections:
        signs = await processes.promises(patient(fallback=FallbackSettings(policies=file), **sections))

    assert sum("follow an older one" in sign.what for sign in signs) == count


@pytest.mark.parametrize(
    ("ahead", "state"),
    [
        pytest.param(timedelta(0), State.WELL, id="the same"),
        pytest.param(timedelta(seconds=-10), State.WARNING, id="ten seconds behind"),
        pytest.param(timedelta(hours=1), State.FAULT, id="an hour ahead"),
    ],
)
async def test_the_clock_of_a_process(patient, ahead, state):
    async with doors(ingest=FakeDoor(date=NOW + ahead)) as sections:
        of_broker, of_ingest = await clocks.clocks(patient(**sections))

    assert of_broker.state is State.SKIPPED
    assert of_ingest.state is state


async def nowhere(request: web.Request) -> web.Response:
    """The callback port, asked for a connection that there is not."""
    headers, body = problem(404)
    return web.Response(body=body, status=404, headers=dict(headers))


async def not_ours(request: web.Request) -> web.Response:
    return web.Response(text="welcome to nginx", status=404)


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        pytest.param(nowhere, State.WELL, id="that leads here"),
        pytest.param(not_ours, State.FAULT, id="that leads elsewhere"),
        pytest.param(None, State.FAULT, id="that leads nowhere"),
    ],
)
async def test_an_address_for_callbacks(patient, aiohttp_port, answer, state):
    port = await aiohttp_port(answer) if answer else free_port()
    base = f"http://127.0.0.1:{port}"
    [sign] = await configuration.callback_address(patient(ingest=IngestSettings(public_base_url=base)))

    assert (sign.state, base in sign.what) == (state, True)


@pytest.fixture
async def aiohttp_port():
    """Serves one answer for every path."""
    runners = []

    async def serve(answer) -> int:
        app = web.Application()
        app.add_routes([web.route("*", "/{tail:.*}", answer)])
        runners.append(web.AppRunner(app, access_log=None))
        await runners[-1].setup()
        port = free_port()
        await web.TCPSite(runners[-1], "127.0.0.1", port).start()
        return port

    yield serve
    for runner in runners:
        await runner.cleanup()


def seen(committed: int | None, end: int, *, members: int = 1, begin: int = 0) -> GroupSeen:
    return GroupSeen(members, {} if committed is None else {AT: committed}, {AT: begin}, {AT: end})


@pytest.mark.parametrize(
    ("before", "after", "state", "words"),
    [
        pytest.param(seen(9, 9), seen(9, 9), State.WELL, "has read all", id="nothing waits"),
        pytest.param(seen(5, 9), seen(9, 9), State.WELL, "has read all", id="what waited was read"),
        pytest.param(seen(5, 9), seen(7, 9), State.WELL, "gets on (2", id="it gets on"),
        pytest.param(seen(5, 9), seen(5, 9), State.FAULT, "nothing was committed", id="it is stuck"),
        pytest.param(seen(9, 9), seen(9, 12), State.WELL, "gets on (3", id="what just came is no sign of being stuck"),
        pytest.param(seen(None, 9), seen(None, 9), State.FAULT, "nothing was committed", id="it never began"),
        pytest.param(seen(5, 9, members=0), seen(5, 9, members=0), State.FAULT, "nobody is in", id="nobody is there"),
        pytest.param(
            seen(5, 99, begin=50), seen(5, 99, begin=50), State.FAULT, "removed 45", id="retention was quicker"
        ),
        pytest.param(seen(0, 60_000), seen(9_000, 60_000), State.WARNING, "caught up in", id="much, and less of it"),
        pytest.param(seen(0, 50_000), seen(1_000, 60_000), State.WARNING, "a second more", id="much, and ever more"),
    ],
)
def test_a_group(patient, before, after, state, words):
    sign = judged(Course("track", before, after, 5.0), patient())

    assert sign.state is state
    assert words in sign.what


def test_a_send_that_waits_for_its_provider_is_not_stuck(patient):
    sign = judged(Course("dispatch", seen(5, 9), seen(5, 9), 5.0), patient())

    assert sign.state is State.WARNING
