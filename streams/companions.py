"""What runs beside the stages in their process."""

from runtime.clock import SystemClock
from runtime.settings import Settings
from streams.asking.asker import Asker
from streams.dispatch.clients import NAME as DISPATCH
from streams.dispatch.dispatcher import Dispatcher
from streams.engine.process import Companion
from streams.reconcile.stage import RECONCILE
from streams.ways_out import WaysOut


def companions_of(names: list[str], settings: Settings) -> tuple[Companion, ...]:
    """Who asks the providers stands beside the stage that says about what; who sends can be named, as a stage can.

    Both call over the same ways out, so that together they keep the pace of a connection.
    """
    clock, ways_out = SystemClock(), WaysOut()
    asker = [Asker(settings, clock, ways_out=ways_out)] if not names or RECONCILE.name in names else []
    dispatcher = [Dispatcher(settings, clock, ways_out=ways_out)] if not names or DISPATCH in names else []
    return (*asker, *dispatcher)
