"""`python -m api` on a real broker and a real store: what the stages write is what the API answers, to whom it may."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.metrics import Dimension, Measure
from api.keys import EVERYTHING, KeyRing, Scope
from api.sessions import offer_sign_in
from contracts.codec import encode
from contracts.envelope import Position, fixed_headers, with_id
from contracts.identity import attempt_id, attempt_key, derived_message_id, new_message_id
from contracts.raw import origin_headers, request_headers
from contracts.records import Cause, DeliveryReport, RawCallback, StatusChanged
from contracts.status import DeliveryStatus
from contracts.topics import load_topics
from contracts.vocabulary import Channel, Reason, Verdict
from contracts.vocabulary import Scope as ReportScope
from runtime.broker.ports import free_port
from runtime.clock import SystemClock
from runtime.kafka import Outgoing, ensure_topics, make_producer, send_records
from runtime.partitioner import partition_of
from runtime.settings import KafkaSettings

pytestmark = pytest.mark.broker

TOPICS = load_topics()
PARTITIONS = 3
NOW = datetime.now(UTC).replace(microsecond=0)
HEARD = NOW - timedelta(seconds=30)
START_LIMIT_S = 60.0

SETTINGS = """
data_dir = "{data_dir}"
[kafka]
bootstrap_servers = "{bootstrap}"
topic_prefix = "{prefix}"
partitions = 3
[api]
port = {port}
[[connections]]
provider = "infobip"
name = "main"
observe_only = true
[[connections]]
provider = "infobip"
name = "other"
account = "other"
observe_only = true
"""


@dataclass(frozen=True)
class Story:
    """One message of one account: two reports in two callbacks, `accepted` and then a bad end or a good one."""

    connection: str
    account: str
    root_id: str
    partition: int
    end: DeliveryStatus

    @property
    def key(self) -> bytes:
        return attempt_key("infobip", self.connection, self.root_id)

    @property
    def attempt_id(self) -> str:
        return attempt_id(_ms(HEARD), self.key)

    @property
    def message_id(self) -> str:
        return derived_message_id(_ms(HEARD), self.key)

    @property
    def statuses(self) -> tuple[DeliveryStatus, DeliveryStatus]:
        return DeliveryStatus.ACCEPTED, self.end

    def body(self, index: int) -> bytes:
        return f'{{"messageId":"{self.root_id}","status":"{self.statuses[index]}"}}'.encode()

    def update(self, index: int) -> StatusChanged:
        status, received_at = self.statuses[index], HEARD + timedelta(seconds=index)
        is_good = status is DeliveryStatus.DELIVERED
        return StatusChanged(
            verdict=Verdict.APPLIED,
            attempt_id=self.attempt_id,
            message_id=self.message_id,
            status=status,
            previous_status=self.statuses[0] if index else None,
            item_status=status,
            sent_at=HEARD - timedelta(seconds=1),
            delivered_at=received_at if is_good else None,
            latency_ms=2000 if is_good else None,
            report=DeliveryReport(
                event_id=f"{self.partition:016x}{index:016x}",
                provider="infobip",
                connection=self.connection,
                account=self.account,
                root_id=self.root_id,
                provider_message_id=self.root_id,
                scope=ReportScope.CHANNEL,
                status=status,
                provider_code=str(5 + index),
                description=f"words about {self.root_id}",
                reason=Reason.ABSENT_RECIPIENT if status.is_bad_end else None,
                received_at=received_at,
                occurred_at=received_at - timedelta(seconds=0.25),
                cause=Cause(partition=self.partition, offset=index),
                channel=Channel.VIBER,
                recipient="+447700900105",
                country="GB",
                sender=f"sender of {self.account}",
                campaign=f"campaign of {self.account}",
            ),
        )


OURS = Story("main", "default", "vb-ours", 0, DeliveryStatus.DELIVERED)
THEIRS = Story("other", "other", "vb-theirs", 1, DeliveryStatus.UNDELIVERED)
STORIES = (OURS, THEIRS)


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


@dataclass
class RunningApi:
    """A process and what one needs to talk to it."""

    kafka: KafkaSettings
    data_dir: Path
    port: int
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def ring(self) -> KeyRing:
        return KeyRing(self.data_dir)

    def configure(self, bootstrap: str) -> None:
        text = SETTINGS.format(
            data_dir=self.data_dir, bootstrap=bootstrap, prefix=self.kafka.topic_prefix, port=self.port
        )
        (self.data_dir / "tidings.toml").write_text(text, "utf-8")

    def launch(self) -> None:
        environment = os.environ | {"TIDINGS_CONFIG": str(self.data_dir / "tidings.toml")}
        environment.pop("KAFKA_BOOTSTRAP_SERVERS", None)
        self.process = subprocess.Popen([sys.executable, "-m", "api"], env=environment)

    def start(self) -> None:
        self.launch()
        self.wait_for("/readyz", lambda answer: answer.status_code == 200)

    def end(self, number: int) -> int:
        self.process.send_signal(number)
        return self.process.wait(15)

    def client(self, *scopes: Scope, accounts: tuple[str, ...] | None = None) -> httpx2.Client:
        _, text = self.ring.create(SystemClock(), name="test", scopes=scopes or EVERYTHING, accounts=accounts)
        return httpx2.Client(base_url=self.url, headers={"Authorization": f"Bearer {text}"}, timeout=30)

    def wait_for(self, path: str, is_so, client: httpx2.Client | None = None) -> httpx2.Response:
        deadline = time.monotonic() + START_LIMIT_S
        asker = client or httpx2.Client(base_url=self.url, timeout=30)
        answer = None
        while time.monotonic() < deadline:
            assert self.process.poll() is None, f"the api ended with status {self.process.returncode}"
            try:
                answer = asker.get(path)
            except httpx2.TransportError:
                answer = None
            if answer is not None and is_so(answer):
                return answer
            time.sleep(0.1)
        pytest.fail(f"{path} never came to be: {answer and answer.text}")


async def tell(kafka: KafkaSettings, *stories: Story) -> None:
    """Write the stories as ingest and track would have."""
    async with make_producer(kafka, "test") as producer:
        for story in stories:
            await _send(producer, kafka, "callbacks", story.partition, [_callback(story, index) for index in (0, 1)])
            place = partition_of(story.message_id.encode(), PARTITIONS)
            await _send(producer, kafka, "updates", place, [_update(kafka, story, index) for index in (0, 1)])


def _applied(count: int):
    return lambda answer: answer.json()["total"]["applied"] == count


async def _send(producer, kafka: KafkaSettings, topic: str, partition: int, records: list[Outgoing]) -> None:
    name = TOPICS[topic].full_name(kafka.topic_prefix)
    await asyncio.gather(*await send_records(producer, name, partition, records))


def _callback(story: Story, index: int) -> Outgoing:
    said = RawCallback(
        provider="infobip",
        connection=story.connection,
        method="POST",
        received_at=HEARD,
        body=story.body(index),
        content_type="application/json",
    )
    headers = origin_headers("infobip", story.connection) + request_headers(said)
    return None, said.body, _ms(HEARD) + index * 1000, headers


def _update(kafka: KafkaSettings, story: Story, index: int) -> Outgoing:
    source = Position(TOPICS["reports"].full_name(kafka.topic_prefix), story.partition, index)
    headers = with_id(fixed_headers("update", "track"), source.event_id)
    headers.append(("verdict", b"applied"))
    return story.message_id.encode(), encode(story.update(index)), _ms(HEARD) + index * 1000, headers


@pytest.fixture(scope="module")
def api(broker: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApi]:
    """Knows the stories."""
    prefix = f"api-{new_message_id(0)[-8:]}-"
    kafka = KafkaSettings(bootstrap_servers=broker, topic_prefix=prefix, partitions=PARTITIONS)
    asyncio.run(ensure_topics(kafka, list(TOPICS.values())))
    asyncio.run(tell(kafka, *STORIES))
    running = RunningApi(kafka, tmp_path_factory.mktemp("api"), free_port())
    running.configure(broker)
    running.start()
    try:
        with running.client() as client:
            running.wait_for("/v1/conservation", _applied(4), client)
        yield running
    finally:
        running.process.kill()
        running.process.wait()


@pytest.fixture
def client(api: RunningApi) -> Iterator[httpx2.Client]:
    with api.client() as client:
        yield client


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.account)
@pytest.mark.parametrize("name", ["message_id", "attempt_id"])
def test_the_life_of_a_message_is_told_with_its_evidence(client, story, name):
    told = client.get(f"/v1/messages/{getattr(story, name)}?evidence=true").json()
    (attempt,) = told["attempts"]

    assert (told["message_id"], told["status"]) == (story.message_id, story.end)
    assert (attempt["attempt_id"], attempt["root_id"], attempt["account"]) == (
        story.attempt_id,
        story.root_id,
        story.account,
    )
    assert [(one["status"], one["previous_status"]) for one in told["timeline"]] == [
        ("accepted", None),
        (story.end, "accepted"),
    ]
    assert told["timeline"][1]["cause"] == {"partition": story.partition, "offset": 1, "index": 0, "items": 1}
    assert told["timeline"][1]["provider_code"] == "6"
    assert [one["body_text"] for one in told["evidence"]] == [story.body(0).decode(), story.body(1).decode()]


def test_no_recipient_is_told_anywhere(client):
    addresses = ["/v1/changes", "/v1/conservation", "/v1/metrics", f"/v1/messages/{OURS.message_id}"]

    assert not [address for address in addresses if "7700900105" in client.get(address).text]


def test_what_was_received_is_accounted_for(client):
    told = client.get("/v1/conservation").json()
    total = told["total"]

    assert told["is_balanced"]
    assert (total["received"], total["applied"], total["unexplained"]) == (4, 4, 0)
    assert [(one["provider"], one["received"]) for one in told["providers"]] == [("infobip", 4)]


def test_the_newest_changes_come_first(client):
    changes = client.get("/v1/changes").json()["changes"]

    assert {one["message_id"] for one in changes[:2]} == {story.message_id for story in STORIES}
    assert [one["status"] for one in changes[2:]] == ["accepted", "accepted"]


@pytest.mark.parametrize("dimension", Dimension)
def test_everything_can_be_counted_by_everything(client, dimension):
    measures = [measure for measure in Measure if not measure.startswith("latency")]
    parameters = {"measure": ",".join(measures), "group_by": dimension, "bucket": "none"}
    answer = client.get("/v1/metrics", params=parameters)
    rows = answer.json()["rows"]

    assert sum(row["sent"] for row in rows) == 2
    assert sum(row["delivered"] for row in rows) == 1
    assert all(set(row) == {dimension, *measures} for row in rows)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        pytest.param("measure=latency_p50&group_by=status", "latencies", id="latencies by where attempts stand"),
        pytest.param("bucket=day&time_zone=Asia/Kolkata", "Asia/Kolkata", id="days that begin within an hour"),
    ],
)
def test_what_cannot_be_asked_together_is_said(client, query, said):
    answer = client.get(f"/v1/metrics?{query}")

    assert answer.status_code == 400
    assert said in answer.json()["detail"]


@pytest.mark.parametrize(("zone", "begins"), [("UTC", "00:00:00Z"), ("Etc/GMT-3", "21:00:00Z")])
def test_days_begin_where_the_clock_of_the_zone_says(client, zone, begins):
    parameters = {"bucket": "day", "time_zone": zone, "measure": "sent,latency_p50"}
    rows = client.get("/v1/metrics", params=parameters).json()["rows"]

    assert [row["sent"] for row in rows] == [2]
    assert rows[0]["bucket_at"].endswith(begins)
    assert rows[0]["latency_p50"] == pytest.approx(2000, rel=0.021)


@pytest.mark.parametrize(("own", "foreign"), [(OURS, THEIRS), (THEIRS, OURS)], ids=["default", "other"])
def test_an_account_sees_nothing_of_another(api, own, foreign):
    words = [foreign.message_id, foreign.attempt_id, foreign.root_id, f"of {foreign.account}"]
    every = ",".join(Dimension)
    with api.client(Scope.READ, accounts=(own.account,)) as client:
        told = [
            client.get("/v1/changes").text,
            client.get("/v1/metrics", params={"group_by": every}).text,
            client.get("/v1/metrics", params={"group_by": every, "account": foreign.account}).text,
            client.get("/v1/metrics", params={"group_by": every, "campaign": f"campaign of {foreign.account}"}).text,
            client.get(f"/v1/messages/{own.message_id}?evidence=true").text,
            client.get("/v1/freshness").text,
        ]
        hidden = client.get(f"/v1/messages/{foreign.message_id}?evidence=true")
        also_hidden = client.get(f"/v1/messages/{foreign.attempt_id}")
        sums = client.get("/v1/metrics", params={"bucket": "none"}).json()["rows"]

    assert (hidden.status_code, also_hidden.status_code) == (404, 404)
    assert not [(word, text) for word in words for text in told if word in text]
    assert foreign.root_id not in hidden.text
    assert [row["sent"] for row in sums] == [1]
    assert own.message_id in told[0]


def test_the_page_shows_it_too(api):
    key, _ = api.ring.create(SystemClock(), name="person", scopes=[Scope.READ])
    link = offer_sign_in(api.data_dir, key.id, SystemClock())
    with httpx2.Client(base_url=api.url, timeout=30) as browser:
        assert browser.get(link).status_code == 200
        overview, message = browser.get("/").text, browser.get(f"/messages/{OURS.message_id}").text

    assert "Every item is accounted for" in overview
    assert OURS.message_id in overview
    assert f"words about {OURS.root_id}" in message


def test_a_registration_over_http_is_acknowledged(client):
    body = {"provider": "infobip", "connection": "main", "root_id": "vb-new", "recipient": "+447700900106"}
    answer = client.post("/v1/attempts", json=[body])

    assert answer.status_code == 202
    assert answer.json()["attempts"][0]["account"] == "default"


VALUES = st.sampled_from([*Measure, *Dimension, "hour", "day", "none", "GB", "viber", "default", "UTC"]) | st.text(
    max_size=40
)
NAMES = st.sampled_from(["measure", "group_by", "bucket", "time_zone", *Dimension])


@settings(max_examples=60, deadline=None)
@given(query=st.lists(st.tuples(NAMES, VALUES), max_size=6))
def test_no_question_breaks_the_store(client_for_all, query):
    pairs = [(name, value.encode("utf-8", "surrogatepass")) for name, value in query]

    assert client_for_all.get("/v1/metrics", params=pairs).status_code in {200, 400, 422}


@pytest.fixture(scope="module")
def client_for_all(api: RunningApi) -> Iterator[httpx2.Client]:
    with api.client() as client:
        yield client


def test_it_stops_in_order_and_comes_back_with_what_it_knew(api, client):
    before = client.get("/v1/conservation").json()["total"]

    assert api.end(signal.SIGTERM) == 0
    api.start()

    assert client.get("/v1/conservation").json()["total"] == before


def test_a_kill_loses_nothing_and_what_came_meanwhile_is_read_once(api, client):
    before = client.get("/v1/conservation").json()["total"]
    later = Story("main", "default", f"vb-{new_message_id(0)}", 2, DeliveryStatus.DELIVERED)

    api.end(signal.SIGKILL)
    asyncio.run(tell(api.kafka, later))
    api.start()
    api.wait_for("/v1/conservation", _applied(before["applied"] + 2), client)
    told = client.get("/v1/conservation").json()

    assert told["is_balanced"]
    assert told["total"]["received"] == before["received"] + 2
    assert client.get(f"/v1/messages/{later.message_id}").json()["status"] == "delivered"


def test_a_second_process_says_who_holds_the_store(api):
    environment = os.environ | {"TIDINGS_CONFIG": str(api.data_dir / "tidings.toml")}
    environment["TIDINGS_API__PORT"] = str(free_port())
    command = [sys.executable, "-m", "api"]
    second = subprocess.run(command, check=False, env=environment, capture_output=True, timeout=60)

    assert second.returncode == 1
    assert b"api_cannot_run" in second.stderr
    assert b"Traceback" not in second.stderr
    assert api.process.poll() is None


def test_without_kafka_it_lives_says_so_and_stops_in_order(tmp_path):
    api = RunningApi(KafkaSettings(), tmp_path, free_port())
    api.configure("127.0.0.1:1")
    api.launch()
    try:
        ready = api.wait_for("/readyz", lambda answer: answer.status_code == 503)
        alive = api.wait_for("/healthz", lambda answer: answer.status_code == 200)
        with api.client() as client:
            refused = client.post("/v1/attempts", json={"provider": "infobip", "connection": "main", "root_id": "1"})
            told = client.get("/v1/conservation")

        assert "Kafka" in ready.json()["reason"]
        assert alive.json()["is_ok"]
        assert refused.json()["type"] == "/problems/kafka-silent"
        assert told.status_code == 200
        assert api.end(signal.SIGINT) == 0
    finally:
        api.process.kill()
