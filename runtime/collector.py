"""The garbage collector of a process that lives long: full collections are the tail of every latency here."""

import gc

THRESHOLDS = (50_000, 20, 100)


def spare_the_collector() -> None:
    """Leave what lives now out of every later collection; call it when all that stays for ever is made.

    A process that loaded DuckDB calls `gc.unfreeze` at its end, or the bindings list all that is frozen as leaked.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
