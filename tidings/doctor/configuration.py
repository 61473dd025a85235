"""Is what the installation was told whole: connections with their secrets, policies, the address for callbacks."""

import json

import aiohttp

from contracts.errors import ConfigurationInvalid
from ingest.refusals import WHAT_TO_DO
from providers import load_providers
from runtime.exits import Exit
from runtime.policies import load_policies
from runtime.settings import Connection
from tidings.doctor.patient import Patient
from tidings.doctor.signs import Sign, fault, skipped, warning, well
from tidings.doors import silence

NOBODY = "callbacks/doctor/nobody"
"""No connection is called so, as long as no provider is."""
ANSWER_LIMIT_S = 5.0


async def connections(patient: Patient) -> list[Sign]:
    """Each connection as its adapter sees it when the processes start."""
    told = patient.settings.connections
    if not told:
        mend = "add one as [[connections]] to the settings file; docs/configuration.md has an example"
        if patient.config is None:
            mend = f"name the settings file with --config, where it is not ./tidings.toml; else {mend}"
        return [fault("no connection is configured, so no callback is taken", mend, status=Exit.CONFIGURATION)]
    return [_connection(connection) for connection in told]


def _connection(connection: Connection) -> Sign:
    name = f"{connection.provider}/{connection.name}"
    provider = load_providers().get(connection.provider)
    if provider is None:
        mend = f"write one of {', '.join(load_providers())} as its provider, or install the adapter of {name}"
        return fault(f"{name}: there is no such provider", mend, status=Exit.CONFIGURATION)
    try:
        provider.make_verifier(provider.settings.of(connection))
    except ConfigurationInvalid as exc:
        mend = f"mend the connection in the settings file; providers/{provider.slug}/README.md says what belongs there"
        return fault(str(exc), mend, status=Exit.CONFIGURATION)
    return well(f"{name}: settings and secrets are whole")


async def policies(patient: Patient) -> list[Sign]:
    """The file of named policies, as the fallback stage would read it now."""
    try:
        book = load_policies(patient.settings)
    except ConfigurationInvalid as exc:
        mend = "mend the file; running stages keep to what it said before, a stage that starts does not come up"
        return [fault(str(exc), mend, status=Exit.CONFIGURATION)]
    if patient.settings.fallback.policies is None:
        return [skipped("no file of policies is set (fallback.policies)")]
    return [well(", ".join(f"{policy.name} v{policy.version}" for policy in book.policies) or "the file names none")]


async def callback_address(patient: Patient) -> list[Sign]:
    """Whether the address that providers call leads here, asked for a connection that there is not."""
    base = patient.settings.ingest.public_base_url.rstrip("/")
    if not base:
        return [skipped("ingest.public_base_url is not set, so nobody can say whether providers get through")]
    mend = f"compare it with the proxy in front of {patient.installation.callbacks_url}: docs/ingest.md#behind-a-proxy"
    try:
        status, body = await _asked(f"{base}/{NOBODY}")
    except (aiohttp.ClientError, TimeoutError) as exc:
        return [fault(f"{base} cannot be reached from this machine: {silence(exc)}", mend)]
    if not _is_ours(body):
        return [fault(f"{base} is answered with {status} by something else than the callback port", mend)]
    return [_as_providers_see_it(base)]


def _as_providers_see_it(base: str) -> Sign:
    if base.startswith("https://") or "//127.0.0.1" in base or "//localhost" in base:
        return well(f"{base} leads to the callback port")
    return warning(f"{base} leads here without TLS", "put a proxy with a certificate in front: docs/ingest.md")


async def _asked(url: str) -> tuple[int, bytes]:
    limit = aiohttp.ClientTimeout(total=ANSWER_LIMIT_S)
    async with aiohttp.request("GET", url, timeout=limit) as answer:
        return answer.status, await answer.content.read(4096)


def _is_ours(body: bytes) -> bool:
    try:
        return bool(json.loads(body)["detail"] == WHAT_TO_DO[404])
    except (ValueError, KeyError, TypeError):
        return False
