"""The metrics of a process, as somebody outside reads them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from prometheus_client.parser import text_string_to_metric_families

KEPT = ("tidings_", "process_start_time_seconds")

Labels = Mapping[str, str]


@dataclass(frozen=True)
class Samples:
    """What was counted at one moment, of one process or of several together."""

    values: Mapping[str, tuple[tuple[Labels, float], ...]] = field(default_factory=dict)
    """By the name of the sample."""

    @classmethod
    def of(cls, pages: Iterable[str]) -> "Samples":
        """Of pages in the format of Prometheus, one a process; what is no such page raises `ValueError`."""
        found: dict[str, list[tuple[Labels, float]]] = defaultdict(list)
        for page in pages:
            for family in text_string_to_metric_families(page):
                for sample in family.samples:
                    if sample.name.startswith(KEPT):
                        found[sample.name].append((sample.labels, sample.value))
        return cls({name: tuple(values) for name, values in found.items()})

    def total(self, name: str, **labels: str) -> float:
        """The sum over all samples that have these labels; 0 where there are none."""
        return sum(value for told, value in self.values.get(name, ()) if labels.items() <= told.items())

    def most(self, name: str, **labels: str) -> float:
        """The largest of them."""
        return max((value for told, value in self.values.get(name, ()) if labels.items() <= told.items()), default=0.0)

    def by(self, name: str, label: str) -> dict[str, float]:
        """The sums by what `label` is."""
        sums: dict[str, float] = defaultdict(float)
        for told, value in self.values.get(name, ()):
            sums[told.get(label, "")] += value
        return dict(sums)

    def labelled(self, name: str, value: float) -> list[Labels]:
        """The labels of those samples that are exactly `value`."""
        return [told for told, found in self.values.get(name, ()) if found == value]
