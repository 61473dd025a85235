"""What runs beside the stages in their process."""

from collections.abc import Sequence

from runtime.clock import SystemClock
from runtime.settings import Settings
from streams.asking.asker import Asker
from streams.engine.process import Companion
from streams.engine.stage import Stage
from streams.reconcile.stage import RECONCILE


def companions_of(stages: Sequence[Stage], settings: Settings) -> tuple[Companion, ...]:
    """Who asks the providers stands beside the stage that says about what."""
    return (Asker(settings, SystemClock()),) if RECONCILE in stages else ()
