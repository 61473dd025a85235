"""Log lines of libraries: in an outage the Kafka client writes forty a second, which is no reason to fill a disk."""

import logging

from ingest.limits import LogBudget
from runtime.clock import Clock


class Thrift(logging.Filter):
    """Lets a few lines a minute pass from each place in the code, and tells how many were left out."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._budget = LogBudget(clock)

    def filter(self, record: logging.LogRecord) -> bool:
        left_out_count = self._budget.spend((record.name, record.lineno))
        if left_out_count:
            record.msg, record.args = f"{record.getMessage()} (left out before: {left_out_count})", ()
        return left_out_count is not None


def thin_out_chatter(clock: Clock) -> None:
    """For all that libraries log from now on."""
    for handler in logging.getLogger().handlers:
        handler.addFilter(Thrift(clock))
