"""Starting a broker where that cannot be: each time a clear error, and nothing left behind."""

import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from contracts.errors import BrokerUnavailable
from runtime.broker import BrokerSettings, running_broker
from runtime.broker.installation import Installation
from runtime.broker.leash import Leash
from runtime.broker.lock import DirectoryLock
from runtime.broker.ports import FIRST, free_port, is_free
from runtime.broker.probe import answers


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        opened.listen()
        yield opened


def test_a_broker_that_the_user_names_is_used_and_none_is_started(tmp_path: Path) -> None:
    settings = BrokerSettings(bootstrap_servers="kafka.example:9092")

    with running_broker(tmp_path / "data", settings) as bootstrap:
        assert bootstrap == "kafka.example:9092"

    assert not (tmp_path / "data").exists()


def test_an_empty_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "")

    assert BrokerSettings().bootstrap_servers is None


@pytest.mark.parametrize(
    ("environment", "cache"),
    [
        pytest.param({"TIDINGS_CACHE_DIR": "/srv/cache"}, Path("/srv/cache"), id="the one that is named"),
        pytest.param({"XDG_CACHE_HOME": "/srv/xdg"}, Path("/srv/xdg/tidings"), id="else in the desktop's"),
        pytest.param({"HOME": "/srv/home"}, Path("/srv/home/.cache/tidings"), id="else in the home directory"),
    ],
)
def test_the_cache_stands_where_it_is_expected(
    environment: dict[str, str], cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TIDINGS_CACHE_DIR", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    assert BrokerSettings().cache_dir == cache


def test_the_second_on_a_directory_is_told_where_the_first_is(tmp_path: Path) -> None:
    first, second = DirectoryLock(tmp_path), DirectoryLock(tmp_path, patience_s=0.1)
    first.take("started by process 7, address 127.0.0.1:20001")

    with pytest.raises(BrokerUnavailable, match=r"already \(started by process 7, address 127\.0\.0\.1:20001\)"):
        second.take("another")

    first.release()
    second.take("another")
    second.release()


def test_a_lock_lives_as_long_as_the_process_that_inherited_it(tmp_path: Path) -> None:
    first, second = DirectoryLock(tmp_path), DirectoryLock(tmp_path, patience_s=0.1)
    descriptor = first.take("the first")
    heir = subprocess.Popen(["sleep", "60"], pass_fds=(descriptor,))
    first.release()

    with pytest.raises(BrokerUnavailable, match="the first"):
        second.take("the second")

    heir.kill()
    heir.wait()
    second.take("the second")
    second.release()


def test_a_child_on_a_leash_ends_when_its_parent_is_killed() -> None:
    program = (
        "import subprocess, time; from runtime.broker.leash import Leash\n"
        "child = subprocess.Popen(['sleep', '60'], start_new_session=True, stdout=subprocess.DEVNULL)\n"
        "leash = Leash(child.pid); print(child.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())

    parent.kill()
    parent.communicate()

    assert has_ended(child)


def test_a_child_let_go_lives_on() -> None:
    child = subprocess.Popen(["sleep", "60"])

    Leash(child.pid).let_go()

    assert child.poll() is None
    child.kill()
    child.wait()


def has_ended(pid: int, patience_s: float = 20) -> bool:
    deadline = time.monotonic() + patience_s
    # Where nobody reaps orphans, one that ended stays as a zombie.
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def test_a_port_in_use_is_not_free(listener: socket.socket) -> None:
    assert not is_free(listener.getsockname()[1])


def test_a_chosen_port_is_free_and_below_those_of_outgoing_connections() -> None:
    port = free_port(besides=FIRST)

    assert is_free(port)
    assert FIRST < port < 32_768


@pytest.mark.parametrize(
    ("answer", "is_broker"),
    [
        pytest.param(struct.pack(">iii", 8, 1, 1), True, id="one that names a broker"),
        pytest.param(struct.pack(">iii", 8, 1, 0), False, id="one that names none is not ready"),
        pytest.param(b"HTTP/1.1 400 Bad Request", False, id="one that speaks something else"),
        pytest.param(struct.pack(">i", 8), False, id="one that breaks off"),
        pytest.param(b"", False, id="one that hangs up"),
    ],
)
def test_a_broker_is_known_by_its_answer(answer: bytes, *, is_broker: bool, listener: socket.socket) -> None:
    def speak() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(1024)
            connection.sendall(answer)

    with ThreadPoolExecutor(1) as pool:
        pool.submit(speak)

        assert answers("127.0.0.1", listener.getsockname()[1]) is is_broker


def test_one_who_listens_and_says_nothing_is_no_broker(listener: socket.socket) -> None:
    assert not answers("127.0.0.1", listener.getsockname()[1])


def test_where_nobody_listens_there_is_no_broker() -> None:
    assert not answers("127.0.0.1", free_port())


def test_the_properties_carry_the_ports_and_leave_nothing_open(tmp_path: Path) -> None:
    installation = Installation(tmp_path)

    installation.write_properties(20_001, 20_002)

    told = (tmp_path / "server.properties").read_text()
    assert "\nlisteners=PLAINTEXT://127.0.0.1:20001,CONTROLLER://127.0.0.1:20002\n" in told
    assert "$" not in told


def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")

    with pytest.raises(BrokerUnavailable, match=r"file/data cannot be made .*; give another one"):
        Installation(tmp_path / "file" / "data").make()


def test_the_tool_that_refuses_is_quoted(tmp_path: Path) -> None:
    refusing = ["/bin/sh", "-c", "echo 'no room'; exit 3"]

    with pytest.raises(BrokerUnavailable, match=r"status 3 .*It said:\nno room"):
        Installation(tmp_path).format(refusing, descriptor=0)


def test_a_formatted_directory_is_not_formatted_again(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "meta.properties").write_text("version=1")

    Installation(tmp_path).format(["/bin/false"], descriptor=0)


MANY = "\n".join(f"x INFO line {number}" for number in range(40))
WHY = "x ERROR why\n\tat there\nx INFO shutting down"


@pytest.mark.parametrize(
    ("log", "console", "told"),
    [
        pytest.param(f"{MANY}\n{WHY}\n", "", WHY, id="from the first error on"),
        pytest.param(f"{WHY}\n{MANY}", "", "\n".join(f"{WHY}\n{MANY}".splitlines()[:15]), id="as far as fits a screen"),
        pytest.param(MANY, "", "\n".join(MANY.splitlines()[-15:]), id="else the last lines"),
        pytest.param("x INFO up", "no memory\n", "x INFO up\nno memory", id="then what Java said itself"),
        pytest.param("", "", "(both logs are empty)", id="or that there is nothing"),
    ],
)
def test_an_error_shows_what_the_logs_tell(log: str, console: str, told: str, tmp_path: Path) -> None:
    installation = Installation(tmp_path)
    installation.make()
    installation.log_file.write_text(log)
    installation.console_file.write_text(console)

    assert installation.log_end() == told
