"""A histogram for the hot path: the metrics library's own costs a microsecond a value, as much as a signature."""

from bisect import bisect_left
from collections.abc import Iterable
from itertools import accumulate

from prometheus_client import REGISTRY, Metric
from prometheus_client.core import HistogramMetricFamily
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString


class Durations(Collector):
    """Counts seconds in buckets, each with its upper limit inside. One thread adds; any may collect."""

    def __init__(self, name: str, documentation: str, *, buckets: tuple[float, ...]) -> None:
        self._name = name
        self._documentation = documentation
        self._limits = buckets
        self._counts = [0] * (len(buckets) + 1)
        self._sum_s = 0.0
        REGISTRY.register(self)

    def add(self, seconds: float) -> None:
        """One more."""
        self._counts[bisect_left(self._limits, seconds)] += 1
        self._sum_s += seconds

    def collect(self) -> Iterable[Metric]:
        limits = [*map(floatToGoString, self._limits), "+Inf"]
        buckets = list(zip(limits, accumulate(self._counts), strict=True))
        yield HistogramMetricFamily(self._name, self._documentation, buckets=buckets, sum_value=self._sum_s)
