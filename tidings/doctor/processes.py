"""Do the processes answer, are they this Tidings, and do they keep what is promised."""

from runtime.version import installed_version
from tidings.doctor.patient import Patient
from tidings.doctor.signs import Sign, fault, skipped, warning, well
from tidings.doors import Door, doors_of
from tidings.samples import Labels, Samples

DRAINED_WITHIN_S = 60.0
"""While Kafka answers, the spool is empty long before."""


async def processes(patient: Patient) -> list[Sign]:
    """Each of the three processes by its own word."""
    return [_process(door, patient) for door in await doors_of(patient.settings, patient.clock)]


def _process(door: Door, patient: Patient) -> Sign:
    log = f"the end of its log: `tail -n 50 {patient.data_dir}/logs/{door.name}.log`"
    if door.trouble.startswith("what answers"):
        mend = f"`ss -ltnp 'sport = :{door.url.rpartition(':')[2]}'` says what has the port"
        return fault(f"{door.name}: {door.trouble} ({door.url})", mend)
    if door.trouble:
        mend = f"{patient.command('up')} starts all, `python -m {door.name}` this one alone; {log}"
        return fault(f"{door.name} does not answer at {door.url}: {door.trouble}", mend)
    if not door.is_ready:
        return fault(f"{door.name} is not ready: {door.reason or 'it does not say why'}", log)
    if door.reason and door.name == "ingest":
        return warning(f"ingest is ready, but {door.reason}", "mend what it names; callbacks are safe meanwhile")
    return well(f"{door.name} is ready" + (f" ({door.reason})" if door.reason else ""))


async def versions(patient: Patient) -> list[Sign]:
    """Whether every process that runs is of the package that is installed here."""
    ours = installed_version()
    running = [door for door in await doors_of(patient.settings, patient.clock) if not door.trouble]
    if not running:
        return [skipped("no process runs")]
    others = [door for door in running if door.version != ours]
    mend = "stop and start it: it runs what was installed when it was started"
    told = [f"{door.name} runs Tidings {door.version or 'of an older version'}, installed is {ours}" for door in others]
    return [warning(what, mend) for what in told] or [well(f"all that runs is Tidings {ours}")]


async def spool(patient: Patient) -> list[Sign]:
    """Whether what was kept on the disk while Kafka was away goes to Kafka."""
    ingest = next(door for door in await doors_of(patient.settings, patient.clock) if door.name == "ingest")
    place = patient.data_dir / patient.settings.ingest.spool_dir
    left = sum(path.stat().st_size for path in place.glob("*/*.segment"))
    aside = sorted(place.glob("*.damaged"))
    mend = "look at the disk: docs/ingest.md#the-spool says what is in such a file"
    signs = [warning(f"{path} could not be read whole, and was kept aside", mend) for path in aside]
    if ingest.trouble:
        return [*signs, _unattended(left, patient)]
    return [*signs, _drained(Samples.of([ingest.page]))]


def _unattended(left_bytes: int, patient: Patient) -> Sign:
    if not left_bytes:
        return well("nothing is in the spool")
    what = f"{left_bytes} bytes of callbacks lie in the spool, and no ingest process is there to bring them to Kafka"
    return fault(what, f"{patient.command('up')}, or `python -m ingest`; nothing is lost meanwhile")


def _drained(ingest: Samples) -> Sign:
    count, oldest_s = ingest.total("tidings_spool_records"), ingest.most("tidings_spool_oldest_seconds")
    if not count:
        return well("the spool is empty")
    told = f"{count:.0f} callbacks are in the spool, the oldest for {oldest_s:.0f} s"
    if refused := ingest.total("tidings_spool_refused_total"):
        mend = "bring Kafka back; meanwhile give the disk room or ingest.spool_max_bytes more, and restart ingest"
        return fault(
            f"{told}; it could not take {refused:.0f} since ingest was started, which were told to come again", mend
        )
    if oldest_s < DRAINED_WITHIN_S:
        return warning(told, "nothing yet: it is drained as soon as Kafka acknowledges")
    return fault(told, "Kafka does not take them: mend what is said of broker and topics; nothing is lost meanwhile")


async def promises(patient: Patient) -> list[Sign]:
    """What the running processes themselves know not to be so."""
    pages = {door.name: door.page for door in await doors_of(patient.settings, patient.clock) if not door.trouble}
    if not pages:
        return [skipped("no process runs")]
    seen = Samples.of(pages.values())
    alarms = map(_alarm, seen.labelled("tidings_alarm", 1))
    kept = _policies(Samples.of([pages.get("streams", "")]), patient)
    return [*_broken(seen), *kept, *alarms] or [well("nothing is missing, no alarm is open")]


def _broken(seen: Samples) -> list[Sign]:
    signs = []
    if count := seen.most("tidings_unexplained_items"):
        what = f"{count:.0f} items are not accounted for"
        signs.append(fault(what, "GET /v1/conservation names their positions: docs/alarms.md has what to do"))
    if count := seen.total("tidings_archive_missing_records"):
        what = f"Kafka removed {count:.0f} records before they were archived"
        signs.append(fault(what, "raise the retention of their topics above the longest outage of the api process"))
    return signs


def _policies(streams: Samples, patient: Patient) -> list[Sign]:
    if patient.settings.fallback.policies is None or not streams.labelled("tidings_policies_current", 0):
        return []
    mend = f"{patient.command('doctor --only policies')} names what is wrong with it"
    return [warning("the file of policies is wrong, and the stages follow an older one", mend)]


def _alarm(labels: Labels) -> Sign:
    kind = labels.get("kind", "")
    whose = "/".join(labels[name] for name in ("provider", "connection", "channel") if labels.get(name))
    return warning(f"the alarm {kind} is open{' for ' + whose if whose else ''}", f"docs/alarms.md, `{kind}`")
