"""What is fed to the peers and asked of them is the same for all, and a peer that is missing spoils nothing."""

import base64
import hmac
import math

import msgspec
import pytest

from bench.ingest import KEY, signed_callbacks
from bench.peers import parts
from bench.peers.chain import RATES, Step, highest
from bench.peers.outside import PeerFailed
from bench.peers.results import OURS, Runs, Wish, grouped, keep, read_groups
from bench.peers.signature import is_signed
from bench.peers.stream import REPEAT_EVERY, REPEATED_AFTER, with_repeats
from bench.peers.verdicts import advance
from bench.posting import REPEATED_AFTER as POSTED_AGAIN_AFTER
from bench.posting import repeated
from bench.track import reports
from contracts.envelope import source_position


def told(*reports_told):
    """What is said of reports about one attempt, each as (number, status)."""
    state, said = None, []
    for number, status in reports_told:
        after, update = advance(state, b'{"event_id":"%032x","status":"%s"}' % (number << 64, status.encode()))
        state = state if after is None else after
        update = msgspec.json.decode(update)
        said.append((update["verdict"], update["status"], update.get("previous_status")))
    return said


@pytest.mark.parametrize(
    ("reports_told", "last"),
    [
        pytest.param([(1, "sent")], ("applied", "sent", None), id="the first is taken"),
        pytest.param([(1, "sent"), (2, "seen")], ("applied", "seen", "sent"), id="a higher one moves it"),
        pytest.param([(1, "seen"), (2, "sent")], ("outranked", "seen", "seen"), id="a lower one does not"),
        pytest.param([(1, "sent"), (2, "seen"), (1, "sent")], ("repeated", "seen", "seen"), id="a repeat is known"),
        pytest.param([(1, "sent"), (2, "sent")], ("outranked", "sent", "sent"), id="another with the same does not"),
    ],
)
def test_the_least_work_of_a_stream_is_that_of_track(reports_told, last):
    assert told(*reports_told)[-1] == last


def test_one_report_in_twenty_comes_again_in_a_callback_of_its_own():
    messages = 1000
    rows = with_repeats(reports(messages))
    places = [source_position(tuple(headers)) for _, _, headers in rows]
    again = len(range(REPEATED_AFTER, 4 * messages, REPEAT_EVERY))

    assert len(rows) == 4 * messages + again
    assert len({value for _, value, _ in rows}) == 4 * messages
    assert [place.offset for place in places] == list(range(len(rows)))


@pytest.mark.parametrize(("every", "again"), [pytest.param(0, 0, id="none"), pytest.param(20, 5, id="one in twenty")])
def test_posted_callbacks_are_repeated_as_often_as_asked_for(every, again):
    callbacks = [object() for _ in range(POSTED_AGAIN_AFTER + 100)]

    posted = list(repeated(callbacks, every))

    assert len(posted) == len(callbacks) + again
    assert [one for at, one in enumerate(posted) if one not in posted[:at]] == callbacks


def test_every_edge_checks_the_signature():
    key = b"the key"
    header = "TSA customer:" + base64.b64encode(hmac.digest(key, b"body", "sha256")).decode()

    assert is_signed(header, key, b"body")
    assert not is_signed(header, key, b"another body")
    assert not is_signed(None, key, b"body")


def test_the_callbacks_of_the_bench_are_signed_so():
    callback = signed_callbacks(1)[0]

    assert is_signed(callback.headers["authorization"], base64.b64decode(KEY), callback.body)


def test_what_is_not_on_the_machine_is_named_with_what_to_install():
    with pytest.raises(parts.PartMissing, match=r"no `tidings-has-no-such-tool`.*install a tool"):
        parts._require("tidings-has-no-such-tool", "a tool")


def test_a_peer_that_fails_is_left_out_with_its_reason():
    runs = Runs()
    with runs.sparing("Theirs"):
        raise PeerFailed("ended with 1\n  its log")

    assert runs.skipped == {"Theirs": "ended with 1 its log"}
    assert list(runs.without_skipped({OURS: 1, "Theirs": 2})) == [(OURS, 1)]


def test_ours_may_not_fail():
    with pytest.raises(PeerFailed), Runs().sparing(OURS):
        raise PeerFailed("ended with 1")


def test_a_group_that_is_not_measured_again_keeps_its_figures(tmp_path):
    runs = Runs()
    runs.add(OURS, "", cpu_us=1.0)
    runs.add(OURS, "", cpu_us=3.0)
    for name in ("edge", "stream"):
        keep(name, grouped(Wish(rounds=2), 0.5, runs), tmp_path / "results.json")
    kept = read_groups(tmp_path / "results.json")

    assert list(kept) == ["edge", "stream"]
    assert kept["edge"].median(OURS, "", "cpu_us") == 2.0


class Bearing:
    """A chain that bears so much."""

    def __init__(self, most_per_s, *, refuses=False):
        self.most_per_s = most_per_s
        self.refuses = refuses
        self.are_all_answered = True
        self.asked = []

    def take(self, per_s):
        self.asked.append(per_s)
        if per_s <= self.most_per_s:
            return Step(per_s, p99_ms=5.0, posted_per_s=per_s, drained_s=0.1)
        self.are_all_answered = not self.refuses
        return Step(per_s, p99_ms=5.0, posted_per_s=per_s, drained_s=9.0)


@pytest.mark.parametrize(
    ("chain", "held"),
    [
        pytest.param(Bearing(1600.0), 1500.0, id="the last that holds"),
        pytest.param(Bearing(2000.0), 1875.0, id="one between is tried"),
        pytest.param(Bearing(2000.0, refuses=True), 1500.0, id="who refuses is asked no further"),
        pytest.param(Bearing(math.inf), RATES[-1], id="all rates hold"),
        pytest.param(Bearing(0.0), None, id="none does"),
    ],
)
def test_a_chain_is_taken_to_the_rate_that_it_holds(chain, held):
    step = highest(chain)

    assert (step and step.per_s) == held


@pytest.mark.parametrize(
    ("seen", "holds"),
    [
        pytest.param({}, True, id="answered and stored in time"),
        pytest.param({"p99_ms": 1001.0}, False, id="answered late"),
        pytest.param({"drained_s": 3.1}, False, id="stored late"),
        pytest.param({"posted_per_s": 940.0}, False, id="posted more slowly than was asked for"),
    ],
)
def test_when_a_rate_holds(seen, holds):
    assert Step(1000.0, **({"p99_ms": 1000.0, "posted_per_s": 950.0, "drained_s": 3.0} | seen)).holds is holds
