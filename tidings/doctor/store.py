"""Can the store be opened, by this Tidings, and is there a copy of it."""

from datetime import timedelta

from analytics.store.checkup import Checkup, check_up
from analytics.store.database import log_of
from tidings.doctor.patient import Patient
from tidings.doctor.signs import Sign, fault, skipped, warning, well
from tidings.doors import doors_of

A_MOMENT_S = 60.0
"""A copy is made of what was written just before."""
OVERDUE = 3
"""So many times the interval, and a snapshot should have been made."""


async def store(patient: Patient) -> list[Sign]:
    """The store's file."""
    found = check_up(patient.settings, patient.clock)
    mend = f"remove it when nobody wants to look at it any more: `rm {found.path}.damaged*`"
    signs = [warning(f"{path.name} was damaged and is kept aside", mend) for path in found.aside]
    return [*signs, _file(found)]


def _file(found: Checkup) -> Sign:
    if found.suspicion:
        mend = "start the api process again: it reads the whole file, and goes on from a copy when it is damaged"
        return fault(f"damage was met in {found.path}: {found.suspicion}", mend)
    if not found.is_there:
        return _absent(found)
    if found.trouble:
        mend = "start the api process: it moves a damaged file aside and goes on from a good copy: docs/store.md"
        return fault(found.trouble, mend)
    if found.is_held:
        return well(f"{found.path} is open in the api process")
    return _shape(found)


def _absent(found: Checkup) -> Sign:
    if found.snapshot_at is None:
        return well("there is no store yet; the api process makes it")
    mend = "start the api process: it goes on from the newest good copy, and from Kafka"
    return warning(f"{found.path} is gone, and there are copies of it", mend)


def _shape(found: Checkup) -> Sign:
    if found.step is not None and found.step > found.known_step:
        what = f"{found.path} has had migration {found.step}, and this Tidings knows only {found.known_step}"
        return fault(what, "`pip install --upgrade tidings`, or move the file and its snapshots aside: docs/store.md")
    if found.step != found.known_step:
        return well(f"{found.path} is of an older Tidings; the api process brings it up to date when it opens it")
    return well(f"{found.path} can be opened, and is as this Tidings makes it")


async def snapshots(patient: Patient) -> list[Sign]:
    """Whether there is a copy to fall back on, and how old it is."""
    settings = patient.settings
    every = timedelta(seconds=settings.store.snapshot_every_s)
    if not every:
        return [warning("no copies of the store are made", "set store.snapshot_every_s: docs/store.md#snapshots")]
    found = check_up(settings, patient.clock)
    if not found.is_there:
        return [skipped("there is no store yet")]
    url = f"{patient.installation.api_url}/v1/snapshots"
    made_at, mend = found.snapshot_at, f'`curl -X POST -H "Authorization: Bearer $TIDINGS_API_KEY" {url}` makes one now'
    if made_at is None:
        return [await _never_copied(patient, OVERDUE * every, mend)]
    age = patient.clock.now() - made_at
    if age > OVERDUE * every and _was_written_after(found):
        return [warning(f"the newest copy of the store is {age.total_seconds() / 3600:.1f} h old", mend)]
    return [well(f"the newest copy of the store was made at {made_at:%Y-%m-%d %H:%M:%S} UTC")]


async def _never_copied(patient: Patient, patience: timedelta, mend: str) -> Sign:
    """A store of today has no copy yet; one that the api process has held for long should have."""
    api = next(door for door in await doors_of(patient.settings, patient.clock) if door.name == "api")
    if api.started_at is not None and patient.clock.now() - api.started_at > patience:
        return warning("there is no copy of the store, although the api process has run for long enough", mend)
    return well("there is no copy of the store yet; one is made while the api process runs")


def _was_written_after(found: Checkup) -> bool:
    """Where nothing was stored since, no copy is made either."""
    files = (path for path in (found.path, log_of(found.path)) if path.exists())
    written_at = max((path.stat().st_mtime for path in files), default=0.0)
    return found.snapshot_at is not None and written_at > found.snapshot_at.timestamp() + A_MOMENT_S
