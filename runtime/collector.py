"""The garbage collector of a process that lives long: full collections are the tail of every latency here."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

THRESHOLDS = (50_000, 20, 100)


@contextmanager
def loading() -> Iterator[None]:
    """Around the imports of a process. Modules make much and drop little: to look through all of it time and again took
    an eighth of a start, a quarter where many models are built, and found nothing. What was loaded is for ever.
    """
    gc.disable()
    yield
    gc.freeze()
    gc.enable()


def spare_the_collector() -> None:
    """Leave what lives now out of every later collection; call it when all that stays for ever is made.

    A process that loaded DuckDB calls `gc.unfreeze` at its end, or the bindings list all that is frozen as leaked.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
