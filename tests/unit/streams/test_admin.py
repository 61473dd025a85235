"""What the local port of the stages tells of how far they are."""

from dataclasses import dataclass, field

from faust.types import TP
from prometheus_client import REGISTRY

from runtime.clock import SystemClock
from runtime.settings import StreamsSettings
from streams.engine.admin import Admin
from streams.engine.line import Progress
from streams.engine.watchdog import Watchdog


@dataclass
class FakeLine:
    name: str
    at: dict[TP, Progress] = field(default_factory=dict)

    async def progress(self):
        return self.at


async def test_lag_is_what_is_still_to_be_read_of_all_partitions():
    lines = [
        FakeLine("track", {TP("reports", 0): Progress(5, 9), TP("reports", 1): Progress(7, 8)}),
        FakeLine("normalise"),
    ]
    admin = Admin(StreamsSettings(), lines, Watchdog(lines, stall_timeout_s=30, clock=SystemClock()))

    await admin._metrics(None)

    lags = {
        name: REGISTRY.get_sample_value("tidings_stage_lag_records", {"stage": name}) for name in ("track", "normalise")
    }
    assert lags == {"track": 5, "normalise": 0}
