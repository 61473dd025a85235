"""`python -m tests.support.streams_process [stage …]`: the stages as they are, with the ledger as the only provider.

Where its address is given it can be asked, and is, as in life.

`count` stands for the counting stage of the tests.
"""

import asyncio
import sys
from dataclasses import replace

from providers import load_providers
from runtime.clock import SystemClock
from runtime.logging import configure_logging
from runtime.loops import new_loop
from runtime.settings import Settings, load_settings
from streams.asking.asker import Asker, Pauses
from streams.dispatch.dispatcher import Dispatcher
from streams.engine.process import Companion, run_stages
from streams.engine.stage import Decide
from streams.normalise.normaliser import Normaliser
from streams.normalise.stage import NORMALISE, NormaliseBatch
from streams.reconcile.rules import rules_of_connections
from streams.reconcile.stage import RECONCILE, ReconcileBatch
from streams.rehearsing import routes_of
from streams.topology import stages_named
from streams.ways_out import WaysOut
from tests.support.asked_provider import ASKED
from tests.support.streams_counting import COUNT

PROVIDERS = {ASKED.slug: ASKED}


def normalising(settings: Settings) -> Decide:
    return NormaliseBatch(Normaliser(PROVIDERS, settings.connections))


def reconciling(settings: Settings) -> Decide:
    return ReconcileBatch(rules_of_connections(settings, PROVIDERS))


PREPARED = {NORMALISE.name: normalising, RECONCILE.name: reconciling}


if __name__ == "__main__":
    settings = load_settings()
    configure_logging("streams", level=settings.log_level, as_json=True)
    named = [COUNT] if sys.argv[1:] == [COUNT.name] else stages_named(sys.argv[1:])
    chosen = [replace(stage, prepare=PREPARED.get(stage.name, stage.prepare)) for stage in named]
    clock, ways_out = SystemClock(), WaysOut()
    companions: list[Companion] = []
    if RECONCILE in named:
        companions.append(Asker(settings, clock, PROVIDERS, ways_out=ways_out, pauses=Pauses(linger_s=0)))
    if not sys.argv[1:] or "dispatch" in sys.argv[1:]:
        companions.append(Dispatcher(settings, clock, {**load_providers(), **PROVIDERS}, ways_out=ways_out))
    with asyncio.Runner(loop_factory=new_loop) as runner:
        routes = routes_of(chosen, settings, PROVIDERS)
        sys.exit(runner.run(run_stages(chosen, settings, companions, routes=routes)))
