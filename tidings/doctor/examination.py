"""All checks, in the order in which somebody would mend what they find."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from contracts.errors import BrokerUnavailable, TidingsError
from tidings.doctor import broker, clocks, configuration, disk, groups, processes, store
from tidings.doctor.patient import Patient
from tidings.doctor.signs import Finding, Sign, fault, skipped

CHECK_LIMIT_S = 60.0

Look = Callable[[Patient], Awaitable[list[Sign]]]


@dataclass(frozen=True)
class Check:
    """Something that is looked at, and why it matters."""

    name: str
    why: str
    look: Look


AT_REST = (
    Check("connections", "A connection that is not whole keeps processes from starting.", configuration.connections),
    Check("policies", "A wrong file is not followed; messages fall back as an older one says.", configuration.policies),
    Check("data-dir", "Spool, store, archive and keys are written there.", disk.data_dir),
    Check("disk", "A full disk ends the api process, and the spool cannot keep what Kafka does not take.", disk.room),
    Check("own-broker", "Without Java and its jars the broker of our own cannot start.", disk.own_broker),
    Check("store", "Answers come from it; what is wrong with it shows at the next start.", store.store),
    Check("snapshots", "Without a copy a damaged store is filled anew from Kafka, which takes long.", store.snapshots),
)
"""What can be told while nothing runs."""

AT_WORK = (
    Check("broker", "Without Kafka callbacks are only kept in the spool, and nothing is answered anew.", broker.broker),
    Check("topics", "Stages count on names, partitions and limits; what differs loses records.", broker.topics),
    Check("clocks", "Times of receipt, waits of fallbacks and retention are judged by clocks.", clocks.clocks),
    Check(
        "processes", "One that is not ready takes no callbacks, decides nothing or answers old.", processes.processes
    ),
    Check("versions", "Two versions at once may write what the other cannot read.", processes.versions),
    Check("groups", "What a stage does not read is in no answer, and no fallback leaves for it.", groups.groups),
    Check("spool", "What lies in the spool is safe, and in no answer.", processes.spool),
    Check("callback-address", "A provider that does not get through gives up in time.", configuration.callback_address),
    Check("promises", "They are kept at any moment, or somebody has to know.", processes.promises),
)

CHECKS = (*AT_REST, *AT_WORK)


async def examine(patient: Patient, checks: tuple[Check, ...]) -> AsyncIterator[Finding]:
    """What each check finds, as it is found; a check that cannot be made is a finding too."""
    for check in checks:
        for sign in await _looked(check, patient):
            yield Finding(check.name, check.why, sign)


async def _looked(check: Check, patient: Patient) -> list[Sign]:
    try:
        return await asyncio.wait_for(check.look(patient), CHECK_LIMIT_S)
    except BrokerUnavailable as exc:
        return [skipped(str(exc))]
    except TimeoutError:
        return [fault(f"nothing was found out within {CHECK_LIMIT_S:.0f} s", "look at the machine's load and network")]
    except TidingsError as exc:
        return [fault(str(exc), "mend what it names, and look again")]
    except OSError as exc:
        return [fault(f"{exc.filename or check.name}: {exc.strerror or exc}", "mend what is named, and look again")]
