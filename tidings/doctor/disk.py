"""Is there room, and may we write: the data directory, its file systems, and what the broker of our own runs on."""

import os
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

from contracts.errors import BrokerUnavailable
from runtime.broker import BrokerSettings
from runtime.broker.jars import KAFKA_VERSION, broker_jars
from runtime.broker.java import find_java
from tidings.doctor.patient import Patient
from tidings.doctor.signs import Sign, fault, skipped, warning, well

MEBI = 1 << 20


async def data_dir(patient: Patient) -> list[Sign]:
    """Whether files can be made there."""
    place = patient.data_dir
    there = _nearest(place)
    if not there.is_dir():
        return [fault(f"{there} is no directory, so {place} cannot be made", "set data_dir to another place")]
    if not os.access(there, os.W_OK | os.X_OK):
        return [fault(f"{there} cannot be written by this user", f"`chown -R $(id -u) {there}`, or set data_dir")]
    return [well(f"{place} can be written" if there == place else f"{place} can be made")]


async def room(patient: Patient) -> list[Sign]:
    """What is free on each file system that we fill, against what the store, its copy and the spool may need."""
    settings = patient.settings
    wanted = {
        settings.data_dir / settings.store.path: _size(patient.data_dir / settings.store.path),
        settings.data_dir / settings.ingest.spool_dir: settings.ingest.spool_max_bytes,
        settings.data_dir / settings.exports.path: 0,
        settings.data_dir / settings.archive.path: 0,
    }
    needed: dict[int, tuple[Path, int]] = {}
    for place, size in wanted.items():
        there = _nearest(place.absolute() if not place.is_file() else place.absolute().parent)
        device = there.stat().st_dev
        first, sum_so_far = needed.get(device, (there, 0))
        needed[device] = (first, sum_so_far + size)
    return [_judged(place, size, settings.exports.least_free_bytes) for place, size in needed.values()]


def _judged(place: Path, needed: int, least: int) -> Sign:
    free = shutil.disk_usage(place).free
    told = f"{free // MEBI} MiB are free at {place}"
    mend = f"make room (`du -xh --max-depth=2 {place} | sort -h | tail`), or set store.keep_days to drop old facts"
    if free < least:
        return fault(f"{told}, and {least // MEBI} are the least (exports.least_free_bytes)", mend)
    if free < least + needed:
        return warning(
            f"{told}, and {(least + needed) // MEBI} are needed once the spool fills and the store is copied", mend
        )
    return well(told)


async def own_broker(patient: Patient) -> list[Sign]:
    """Java and Kafka's jars, where nobody named a Kafka."""
    if not patient.has_own_broker:
        return [skipped(f"Kafka at {patient.settings.kafka.bootstrap_servers} is used, none is started")]
    told = BrokerSettings()
    return [_java(partial(find_java, told)), _jars(told.cache_dir / f"kafka-{KAFKA_VERSION}")]


def _java(find: Callable[[], Path]) -> Sign:
    try:
        return well(f"Java at {find()}")
    except BrokerUnavailable as exc:
        return fault(str(exc), "`pip install 'tidings[broker]'` brings one, or set JAVA_HOME")


def _jars(folder: Path) -> Sign:
    jars = broker_jars()
    there = [jar for jar in jars if (folder / jar.file_name).exists()]
    if spoiled := [jar for jar in there if not jar.is_sound(folder / jar.file_name)]:
        mend = f"`rm {' '.join(str(folder / jar.file_name) for jar in spoiled)}`; the next start fetches them again"
        return warning(f"{len(spoiled)} of Kafka's jars are not what they should be", mend)
    if missing := [jar for jar in jars if jar not in there]:
        size = sum(jar.size for jar in missing) // MEBI
        mend = "`tidings broker` fetches them now; without a network: docs/broker.md#without-a-network"
        return warning(f"{len(missing)} of Kafka's jars ({size} MiB) are still to be fetched", mend)
    return well(f"Kafka {KAFKA_VERSION}: all {len(jars)} jars are there, and as they should be")


def _nearest(place: Path) -> Path:
    """The place, or the nearest above it that there is."""
    return next(one for one in (place, *place.parents) if one.exists())


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0
