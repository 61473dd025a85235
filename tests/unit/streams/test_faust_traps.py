"""What faust does to those who use it as its manual shows, each with what keeps us out of it.

Most of the traps lie in parts that the engine does without: then the test is that it still does. The others are
settings that differ from faust's own, and the ways of the one class that replaces faust's.
"""

import ast
import asyncio
from pathlib import Path
from types import SimpleNamespace

import pytest
from faust.types import TP
from faust.types.enums import ProcessingGuarantee

from runtime.partitioner import crc32_partitioner, partition_of
from runtime.settings import Settings, StreamsSettings
from streams.engine.app import NoTables, make_app
from streams.engine.consumer import BatchConsumer
from streams.engine.writer import DELIVERY_TIMEOUT_S
from streams.topology import STAGES

ROOT = Path(__file__).parents[3]
MODULES = sorted((ROOT / "streams").rglob("*.py"))
HERE = TP("callbacks", 0)

TAKEN = {
    "faust",  # for `faust.App`, which the next test holds to
    "faust.app.base.BootStrategy",
    "faust.tables.manager.TableManager",
    "faust.transport.drivers.aiokafka",
    "faust.types.TP",
    "mode.ServiceT",
}
"""All that the engine takes from faust. Before a name is added here, look which traps come with it."""

LEFT_ALONE = [
    pytest.param({"agent", "Agent"}, id="an agent that raises: its event counts as done and is never seen again"),
    pytest.param({"take", "take_events", "take_with_timestamp"}, id="take: a batch that raises counts as done"),
    pytest.param({"noack_take"}, id="noack_take: a gap that never closes, and a stop that hangs on it"),
    pytest.param(
        {"send_soon", "maybe_send", "send_forever"}, id="a send that is not awaited: its failure is a log line"
    ),
    pytest.param({"concurrency", "isolated_partitions"}, id="concurrency: what is still under way is committed"),
    pytest.param(
        {"Table", "SetTable", "GlobalTable"}, id="tables: no write outside an event, and twenty times the cost"
    ),
    pytest.param(
        {"hopping", "tumbling", "relative_to_now"}, id="windows: some never close, and come back when restarted"
    ),
    pytest.param({"Record", "Schema"}, id="faust records carry the path of a Python module on the wire"),
    pytest.param({"group_by", "through", "join", "sink"}, id="streams that send on their way, each event alone"),
    pytest.param({"timer", "crontab", "task", "on_leader"}, id="timers of faust that know nothing of partitions"),
    pytest.param({"LiveCheck", "ask", "pattern"}, id="extra topics, answers by topic, and patterns that do not work"),
]


def trees() -> list[ast.Module]:
    return [ast.parse(module.read_text(encoding="utf-8")) for module in MODULES]


def imported(tree: ast.Module) -> set[str]:
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    froms = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return names | {f"{node.module}.{alias.name}" for node in froms for alias in node.names}


def last_name(node: ast.expr) -> str:
    """`topic` of `self.app.topic("x")` and of `self.topic`."""
    return ast.unparse(node.func if isinstance(node, ast.Call) else node).split(".")[-1]


def called_of_faust(tree: ast.Module) -> set[str]:
    """Attributes of faust itself and of an app, and the names of arguments."""
    nodes = list(ast.walk(tree))
    attributes = [node for node in nodes if isinstance(node, ast.Attribute)]
    of_app = {node.attr for node in attributes if last_name(node.value) in {"app", "faust", "topic", "stream"}}
    return of_app | {node.arg for node in nodes if isinstance(node, ast.keyword) and node.arg}


def test_no_more_is_taken_from_faust_than_was_looked_at():
    names = {name for tree in trees() for name in imported(tree)}

    assert {name for name in names if name.split(".")[0] in {"faust", "mode"}} == TAKEN


def test_of_faust_itself_only_the_app_is_used():
    attributes = [node for tree in trees() for node in ast.walk(tree) if isinstance(node, ast.Attribute)]

    assert {node.attr for node in attributes if isinstance(node.value, ast.Name) and node.value.id == "faust"} == {
        "App"
    }


@pytest.mark.parametrize("names", LEFT_ALONE)
def test_it_is_left_alone(names):
    assert not names & {name for tree in trees() for name in called_of_faust(tree)}


def test_no_app_is_made_when_a_module_is_read():
    """What is touched of a topic before there is a loop hangs on a loop that never runs."""
    outside = [node for tree in trees() for node in tree.body if isinstance(node, ast.Assign | ast.Expr)]
    called = {ast.unparse(node.func) for one in outside for node in ast.walk(one) if isinstance(node, ast.Call)}

    assert not {name for name in called if name.startswith(("faust", "make_app", "StageApp", "Line"))}


class Nobody:
    """Takes nothing."""


@pytest.fixture
async def app():
    return make_app("a-group", ["callbacks-v1"], Settings(streams=StreamsSettings(instance_id="one")), taker=Nobody())


SETTINGS = [
    pytest.param(
        "processing_guarantee",
        ProcessingGuarantee.AT_LEAST_ONCE,
        id="exactly once: outputs leave outside the transaction",
    ),
    pytest.param("stream_publish_on_commit", False, id="outputs would be held back in memory until a commit"),
    pytest.param("producer_threaded", False, id="a producer whose stop raises"),
    pytest.param("topic_allow_declare", False, id="topics would be made with eight partitions and one replica"),
    pytest.param("topic_disable_leader", True, id="a topic and an odd assignment that nobody asked for"),
    pytest.param("key_serializer", "raw", id="a text key is quoted and lands in another partition"),
    pytest.param("value_serializer", "raw", id="a value that cannot be decoded is dropped inside faust"),
    pytest.param("consumer_auto_offset_reset", "earliest", id="a new group would begin behind what waits for it"),
    pytest.param("stream_wait_empty", True, id="a revocation would not wait for the batch in hand"),
    pytest.param("producer_partitioner", crc32_partitioner, id="the client's own partitioner costs more than our work"),
    pytest.param("consumer_group_instance_id", "one", id="each restart would be a rebalance of all"),
    pytest.param("TableManager", NoTables, id="a second's wait for tables that are not there"),
]


@pytest.mark.parametrize(("name", "value"), SETTINGS)
async def test_the_setting_is_ours_or_held(app, name, value):
    assert getattr(app.conf, name) == value


async def test_partitions_of_one_number_go_to_one_member(app):
    """Without tables and standbys faust takes an assignor that deals partitions out one by one."""
    assert app.conf.table_standby_replicas > 0


async def test_a_batch_in_hand_outlasts_no_deadline_of_the_group(app):
    assert app.conf.broker_rebalance_timeout > DELIVERY_TIMEOUT_S
    assert app.conf.broker_max_poll_interval > DELIVERY_TIMEOUT_S


@pytest.mark.parametrize("session_s", [6.0, 30.0, 300.0])
async def test_any_session_that_may_be_set_is_one_that_faust_takes(session_s):
    """It refuses to start with a session above its request timeout."""
    settings = Settings(streams=StreamsSettings(session_timeout_s=session_s))
    app = make_app("a-group", ["callbacks-v1"], settings, taker=Nobody())

    assert app.conf.broker_session_timeout < app.conf.broker_request_timeout


async def test_a_member_without_agents_subscribes_all_the_same(app):
    assert [topic.get_topic_name() for topic in app.topics] == ["callbacks-v1"]
    assert not app.agents


async def test_what_the_engine_does_itself_is_not_started(app):
    """faust's own producer gives up its flush after a tenth of a second without progress, and the commit follows."""
    boot = app.BootStrategy(app)

    assert not {boot.enable_kafka_producer, boot.enable_web, boot.enable_sensors} - {False}


async def test_two_apps_of_one_process_do_not_share_a_consumer():
    takers = [Nobody(), Nobody()]
    apps = [
        make_app(f"group-{number}", ["callbacks-v1"], Settings(), taker=taker) for number, taker in enumerate(takers)
    ]

    assert [app.transport.Consumer.taker for app in apps] == takers


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_all_that_a_stage_reads_is_spread_by_one_function(stage):
    """The producers of doors and stages and faust's own must agree, or the state is looked for where it is not."""
    for key in (b"telesign:main:35C8B5", "ключ".encode(), b""):
        assert crc32_partitioner(key, list(range(12)), list(range(12))) == partition_of(key, 12)


class SlowTaker:
    """Holds every batch until it is let go."""

    name = "track"

    def __init__(self):
        self.let_go, self.batches = asyncio.Event(), []

    def is_held(self, place):
        return False

    async def carry(self, fetched):
        self.batches.append({place: [record.offset for record in records] for place, records in fetched.items()})
        await self.let_go.wait()


class OneByOne(BatchConsumer):
    """A consumer without a client, whose every fetch brings the next record."""

    def __init__(self, taker):
        self.taker, self.fetches, self.committed = taker, 0, []
        self.app = SimpleNamespace(consumer_generation_id=1)
        self.is_idle = asyncio.Event()
        self.is_idle.set()
        self.refused_commits = 0
        self._carried, self._dropped, self._fetch, self._fetch_generation = {}, {}, None, -1
        self._pace = SimpleNamespace(follow=lambda **_: None)

    def is_live(self):
        return True

    def assignment(self):
        return {HERE}

    async def _getmany(self, wanted, _wait_s):
        self.fetches += 1
        return {HERE: [SimpleNamespace(offset=self.fetches - 1)]}

    async def _commit(self, offsets):
        self.committed.append(dict(offsets))
        return True


async def test_nothing_is_fetched_while_a_batch_is_under_way():
    """Whoever carries two at once may commit the later one before the earlier one is written."""
    consumer = OneByOne(taker := SlowTaker())
    loop = asyncio.create_task(consumer._fetch_and_carry())
    await asyncio.sleep(0.01)
    fetches, offered = consumer.fetches, dict(consumer._carried)
    taker.let_go.set()
    await loop

    assert (fetches, offered) == (1, {})
    assert consumer._carried == {HERE: 1}


async def test_a_batch_outlives_the_loop_that_began_it_and_is_committed():
    """faust cancels the loop at every rebalance and stop; the batch would be repeated though it is written."""
    consumer = OneByOne(taker := SlowTaker())
    loop = asyncio.create_task(consumer._fetch_and_carry())
    await asyncio.sleep(0.01)
    loop.cancel()
    await asyncio.gather(loop, return_exceptions=True)
    waited = asyncio.create_task(consumer.is_idle.wait())
    await asyncio.sleep(0.01)
    in_hand = waited.done()
    taker.let_go.set()
    await waited
    await consumer.force_commit()

    assert not in_hand
    assert consumer.committed == [{HERE: 1}]


async def test_what_was_carried_for_a_generation_that_is_over_is_not_committed():
    consumer = OneByOne(taker := SlowTaker())
    loop = asyncio.create_task(consumer._fetch_and_carry())
    await asyncio.sleep(0.01)
    consumer.app.consumer_generation_id = 2
    taker.let_go.set()
    await loop

    assert consumer._carried == {}
