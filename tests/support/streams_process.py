"""`python -m tests.support.streams_process [stage …]`: the stages as they are, with the ledger as the only provider.

`count` stands for the counting stage of the tests.
"""

import asyncio
import sys
from dataclasses import replace

import uvloop

from runtime.logging import configure_logging
from runtime.settings import Settings, load_settings
from streams.engine.process import run_stages
from streams.engine.stage import Decide
from streams.normalise.normaliser import Normaliser
from streams.normalise.stage import NORMALISE, NormaliseBatch
from streams.topology import stages_named
from tests.support.ledger_provider import LEDGER
from tests.support.streams_counting import COUNT


def prepare(settings: Settings) -> Decide:
    return NormaliseBatch(Normaliser({LEDGER.slug: LEDGER}, settings.connections))


if __name__ == "__main__":
    settings = load_settings()
    configure_logging("streams", level=settings.log_level, as_json=True)
    named = [COUNT] if sys.argv[1:] == [COUNT.name] else stages_named(sys.argv[1:])
    chosen = [replace(stage, prepare=prepare) if stage is NORMALISE else stage for stage in named]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.exit(runner.run(run_stages(chosen, settings)))
