"""Do the stages get on: each group is looked at twice, and what it has left is told with what it gained meanwhile."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import starmap

from aiokafka import TopicPartition

from streams.dispatch.clients import NAME as DISPATCH
from streams.topology import Node, topology_of
from tidings.doctor.cluster import Cluster, GroupSeen, Members, reached
from tidings.doctor.patient import Patient
from tidings.doctor.signs import Sign, fault, warning, well
from tidings.installation import reachable

MANY = 10_000
"""Records that wait; below, a stage that gets on is only busy."""


FURTHER_LOOKS = 3
"""A stage on a busy machine may take longer than one of them to commit, and a send waits for its provider."""


@dataclass(frozen=True)
class Course:
    """A stage's group at two moments."""

    stage: str
    before: GroupSeen
    after: GroupSeen
    waited_s: float

    @property
    def lag(self) -> int:
        return sum(self.after.behind.values())

    @property
    def stuck(self) -> list[TopicPartition]:
        """Where something waited all the time, and nothing was committed."""
        return [
            at
            for at in self.after.behind
            if at in self.before.behind and self.after.committed.get(at, 0) == self.before.committed.get(at, 0)
        ]

    @property
    def is_in_question(self) -> bool:
        """Whether it has something to read and has not been seen to get on; one that nobody runs never is."""
        return bool(self.stuck) and self.after.members > 0

    @property
    def lost(self) -> int:
        """Records that Kafka removed before the group had read them."""
        committed, begins = self.after.committed, self.after.begins
        return sum(begins[at] - offset for at, offset in committed.items() if offset < begins[at])

    @property
    def gain_per_s(self) -> float:
        """By how much the lag shrinks."""
        return (sum(self.before.behind.values()) - self.lag) / self.waited_s if self.waited_s else 0.0


async def groups(patient: Patient) -> list[Sign]:
    """Every stage's group. A second look follows only where something waits, further ones where nothing moves."""
    nodes, waited_s = topology_of(patient.settings), 0.0
    async with reached(patient.kafka) as cluster:
        there = await cluster.topics()
        before = await asyncio.gather(*(_seen(cluster, node, there) for node in nodes))
        courses = [Course(node.stage, seen, seen, waited_s) for node, seen in zip(nodes, before, strict=True)]
        for _ in range(FURTHER_LOOKS):
            if not any(course.is_in_question for course in courses):
                break
            await asyncio.sleep(patient.between_looks_s)
            waited_s += patient.between_looks_s
            after = await asyncio.gather(*(_seen(cluster, node, there) for node in nodes))
            courses = [
                Course(one.stage, first, last, waited_s) for one, first, last in zip(nodes, before, after, strict=True)
            ]
    return [judged(course, patient) for course in courses]


async def _seen(cluster: Cluster, node: Node, there: Mapping[str, Members]) -> GroupSeen:
    found = [(topic, one["partition"]) for topic in node.reads if topic in there for one in there[topic]["partitions"]]
    partitions = list(starmap(TopicPartition, found))
    return await cluster.group(node.group, partitions) if partitions else GroupSeen(0, {}, {}, {})


def judged(course: Course, patient: Patient) -> Sign:
    """What is to be said of a stage."""
    stage, lag = course.stage, course.lag
    if course.lost:
        what = f"{stage}: Kafka removed {course.lost} records before they were read"
        return fault(what, "raise the topic's retention, and bring back those days: docs/archive.md#replays")
    if not lag:
        return well(f"{stage} has read all there is ({course.after.members} in its group)")
    if not course.after.members:
        what = f"{stage}: {lag} records wait, and nobody is in its group"
        return fault(what, f"{patient.command('up')}, or `python -m streams {stage}` where another starts processes")
    if course.stuck:
        return _stuck(course, patient)
    if lag < MANY:
        return well(f"{stage} gets on ({lag} records wait)")
    return warning(f"{stage}: {lag} records wait{_outlook(course)}", f"start `python -m streams {stage}` once more")


def _stuck(course: Course, patient: Patient) -> Sign:
    places = ", ".join(f"{at.topic}/{at.partition}" for at in course.stuck[:5])
    what = f"{course.stage}: {course.lag} records wait, for {course.waited_s:.0f} s nothing was committed of {places}"
    if course.stage == DISPATCH:
        return warning(what, "a send may wait for its provider that long; `tidings top` shows which connection rests")
    streams = patient.settings.streams
    mend = (
        f"`curl {reachable(streams.admin_host, streams.admin_port)}/healthz` says what is ill; a process that does not "
        f"move ends itself after {streams.stall_timeout_s:.0f} s, one that sleeps has to be ended by its number in "
        f"{patient.data_dir}/processes.json"
    )
    return fault(what, mend)


def _outlook(course: Course) -> str:
    gain = course.gain_per_s
    if gain <= 0:
        return f", and {-gain:.0f} a second more"
    return f", caught up in about {course.lag / gain / 60:.0f} min"
