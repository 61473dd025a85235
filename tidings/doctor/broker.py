"""Does Kafka answer where it is said to be, is it new enough, and are the topics what the stages count on."""

import asyncio
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import starmap
from typing import Any, TypeGuard

from contracts.topics import Topic, load_topics
from runtime.broker.probe import newest_versions
from runtime.exits import Exit
from runtime.settings import KafkaSettings
from tidings.doctor.cluster import reached
from tidings.doctor.patient import Patient
from tidings.doctor.signs import Sign, fault, warning, well

PROBE_LIMIT_S = 3.0
SHOWN = 3
"""Topics that are named, of those of which the same is told."""
TOPIC = "TOPIC"
"""Stands in a command for each of several."""
OLDEST = "3.8"
PRODUCE, PRODUCE_SINCE_OLDEST = 0, 11
"""Kafka does not tell its version; since 3.8 it understands version 11 of a produce request (KIP-890)."""


async def broker(patient: Patient) -> list[Sign]:
    """Each address that clients are given: first those of the settings, then those that Kafka tells of itself."""
    told = [_split(server) for server in patient.kafka.bootstrap_servers.split(",")]
    answers = await asyncio.gather(*(_probed(host, port) for host, port in told))
    if all(isinstance(answer, str) for answer in answers):
        why = "; ".join(str(answer) for answer in answers)
        return [fault(f"no Kafka answers: {why}", _start(patient), status=Exit.NO_BROKER)]
    ill = [warning(answer, "start that broker, or take it out of the list") for answer in answers if _is_ill(answer)]
    async with reached(patient.kafka) as cluster:
        named = [place for place in await cluster.brokers() if place not in told]
    further = await asyncio.gather(*(_probed(host, port) for host, port in named))
    versions = [answer for answer in (*answers, *further) if isinstance(answer, dict)]
    return [*ill, *_advertised(further), *map(_age, versions[:1])]


def _start(patient: Patient) -> str:
    if patient.has_own_broker:
        return f"{patient.command('up')} starts one beside the processes, {patient.command('broker')} only the broker"
    return "start it, or correct KAFKA_BOOTSTRAP_SERVERS or kafka.bootstrap_servers"


def _advertised(answers: list[dict[int, int] | str]) -> list[Sign]:
    """Kafka answers under one address and sends clients to another; that one has to be reachable from here too."""
    mend = "set advertised.listeners of that broker to an address that this machine reaches"
    ill = filter(_is_ill, answers)
    return [fault(f"Kafka names a broker that cannot be reached: {answer}", mend) for answer in ill]


def _age(versions: Mapping[int, int]) -> Sign:
    if versions.get(PRODUCE, 0) < PRODUCE_SINCE_OLDEST:
        return fault(f"this Kafka is older than {OLDEST}", f"upgrade the brokers to {OLDEST} or newer, one at a time")
    return well(f"Kafka {OLDEST} or newer answers")


async def topics(patient: Patient) -> list[Sign]:
    """Whether each topic is there, with its partitions, copies and limits, and whether it can be written now."""
    kafka = patient.kafka
    wanted = {topic.full_name(kafka.topic_prefix): topic for topic in load_topics().values()}
    async with reached(kafka) as cluster:
        found = await cluster.topics()
        configs = await cluster.configs(name for name in wanted if name in found)
    ill: dict[Sign, list[str]] = {}
    for name in (name for name in wanted if name in found):
        for sign in (*_layout(found[name]["partitions"], kafka), *_limits(wanted[name], configs.get(name, {}), kafka)):
            ill.setdefault(sign, []).append(name)
    signs = [*_missing(wanted, found, patient), *_of_others(wanted, found), *starmap(_told_once, ill.items())]
    return signs or [well(f"{len(wanted)} topics with {kafka.partitions} partitions each, as they should be")]


def _missing(wanted: Mapping[str, Topic], found: Mapping[str, Any], patient: Patient) -> list[Sign]:
    missing = sorted(wanted.keys() - found.keys())
    if not missing:
        return []
    told = f"{len(missing)} of {len(wanted)} topics are missing: {_listed(missing)}"
    return [fault(told, patient.command("topics --create"))]


def _of_others(wanted: Mapping[str, Topic], found: Mapping[str, Any]) -> list[Sign]:
    """Topics of the same installation in another version: somebody runs another Tidings on it."""
    stems = {re.sub(r"\d+$", "", name) for name in wanted}
    others = [name for name in sorted(found.keys() - wanted.keys()) if re.sub(r"\d+$", "", name) in stems]
    mend = "run one version of Tidings everywhere, or give this installation a kafka.topic_prefix of its own"
    return [warning(f"{name} is of another version of Tidings than this", mend) for name in others]


def _layout(partitions: list[dict[str, Any]], kafka: KafkaSettings) -> Iterator[Sign]:
    """What is wrong with the partitions of a topic, without its name."""
    if len(partitions) != kafka.partitions:
        mend = f"set kafka.partitions = {len(partitions)}; the count is part of the state's identity, so it stays"
        what = f"{len(partitions)} partitions, where the settings say {kafka.partitions}"
        yield fault(what, mend, status=Exit.CONFIGURATION)
    if headless := [one["partition"] for one in partitions if one["leader"] < 0]:
        yield fault(f"no leader for partitions {headless}", "bring back the broker that holds them")
    if weak := [one["partition"] for one in partitions if len(one["isr"]) < kafka.min_insync_replicas]:
        what = f"partitions {weak} have fewer copies in sync than kafka.min_insync_replicas, and refuse records"
        yield fault(what, "bring back the brokers that lag behind")
    if few := [one["partition"] for one in partitions if len(one["replicas"]) < kafka.replication_factor]:
        what = f"fewer copies of partitions {few} than kafka.replication_factor ({kafka.replication_factor})"
        yield warning(what, "`kafka-reassign-partitions.sh` adds copies; a topic keeps those it was made with")


def _limits(topic: Topic, told: Mapping[str, str], kafka: KafkaSettings) -> Iterator[Sign]:
    """What is set on Kafka, where it is less than the stages count on; without the name."""
    least = {"max.message.bytes": topic.max_message_bytes}
    if not topic.compacted:
        least["retention.ms"] = topic.retention_days * 86_400_000
    wrong = {key: str(value) for key, value in least.items() if key in told and -1 < int(told[key]) < value}
    policy = "compact" if topic.compacted else "delete"
    if told.get("cleanup.policy", policy) != policy:
        wrong["cleanup.policy"] = policy
    alter = f"kafka-configs.sh --bootstrap-server {kafka.bootstrap_servers} --alter --entity-type topics"
    for key, value in wrong.items():
        yield fault(f"{key} is {told[key]}, not {value}", f"`{alter} --entity-name {TOPIC} --add-config {key}={value}`")


def _told_once(sign: Sign, names: Sequence[str]) -> Sign:
    """What is so of several topics, with their names."""
    mend = sign.mend.replace(TOPIC, names[0]) if len(names) == 1 else sign.mend
    return replace(sign, what=f"{_listed(names)}: {sign.what}", mend=mend)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")


async def _probed(host: str, port: int) -> dict[int, int] | str:
    """What a broker there understands, or why nobody knows."""
    try:
        return await asyncio.to_thread(newest_versions, host, port, limit_s=PROBE_LIMIT_S)
    except OSError as exc:
        return f"{host}:{port} {exc.strerror or str(exc) or 'does not answer'}"


def _is_ill(answer: dict[int, int] | str) -> TypeGuard[str]:
    return isinstance(answer, str)


def _split(server: str) -> tuple[str, int]:
    host, _, port = server.strip().rpartition(":")
    return host.strip("[]"), int(port) if port.isdigit() else 9092
